/** For tests: a node over a memory disk and a clock that stands still, a workflow in one call, and stores that fail. */
import assert from 'node:assert/strict';
import { openVirtualClock, type VirtualClock } from '../../test/support/virtual-clock.ts';
import type { StepError } from '../core/errors.ts';
import { type ExecutionState, statusOf } from '../core/state.ts';
import { Fault } from '../kit/fault.ts';
import type { Json } from '../kit/json.ts';
import { seededRandom } from '../kit/random.ts';
import { parseDocuments } from '../model/parse.ts';
import { type MemoryDisk, makeMemoryDisk } from '../storage/memory/memory-disk.ts';
import { openMemoryStore } from '../storage/memory/memory-store.ts';
import type { Outcome, Store, Write } from '../storage/store.ts';
// Loaded beforehand: what is loaded on first use would take time that a clock standing still does not know.
import './definitions/deployments.ts';
import '../core/compile/compile-program.ts';
import type { Engine, HandedTask, Operation, StartRequest, TaskAnswer } from './engine.ts';
import { type EngineDeps, openEngineOver } from './open-engine.ts';

/** What a store does with one commit: keeps it, forgets it, or keeps it and loses the answer. */
export type Fate = 'kept' | 'refused' | 'unknown';

export interface Node {
  readonly engine: Engine;
  readonly clock: VirtualClock;
  readonly disk: MemoryDisk;
  readonly warnings: string[];
  /** Batches as they were committed. */
  readonly batches: (readonly Write[])[];
  /** The fate of commits to come; when it is empty, all are kept. */
  readonly fates: Fate[];
  deploy(spec: string, name?: string, version?: string): Promise<void>;
  start(input?: Json, more?: Partial<StartRequest>): Promise<string>;
  state(id: string): Promise<Readonly<ExecutionState>>;
  status(id: string): Promise<string>;
  operate(id: string, operation: Operation): Promise<string>;
  claim(more?: Partial<Parameters<Engine['tasks']['claim']>[0]>): Promise<readonly HandedTask[]>;
  /** Claims the one task there is. */
  claimOne(): Promise<HandedTask>;
  complete(task: HandedTask, output?: unknown): Promise<TaskAnswer>;
  fail(task: HandedTask, error?: Partial<StepError>): Promise<TaskAnswer>;
}

export type NodeOptions = Partial<Omit<EngineDeps, 'store' | 'clock'>> & {
  readonly disk?: MemoryDisk;
  readonly clock?: VirtualClock;
};

/** `type: function, …`: what a step that calls executor `e` needs. */
export const call = 'type: function, executor: e, function: f';
export const workspace = 'default';

export function textOf(spec: string, name = 'flow', version = '1.0.0'): string {
  const indented = spec.replaceAll('\n', '\n  ');
  return `apiVersion: workflow.magic-flow.io/v2\nkind: Workflow\nmetadata: {name: ${name}, version: ${version}}\nspec:\n  ${indented}\n`;
}

let seed = 0;

export async function makeEngine(options: NodeOptions = {}): Promise<Node> {
  const { disk = makeMemoryDisk(), clock = openVirtualClock(), ...rest } = options;
  const warnings: string[] = [];
  const batches: (readonly Write[])[] = [];
  const fates: Fate[] = [];
  seed += 1;
  const engine = openEngineOver({
    store: failing(await openMemoryStore({ disk }), { fates, batches }),
    clock,
    random: seededRandom(seed),
    parse: async (text, file) => parseDocuments(text, file === undefined ? {} : { file }),
    warn: (message, error) => warnings.push(`${message}: ${String(error)}`),
    ...rest,
  });
  const only = (answers: readonly TaskAnswer[]): TaskAnswer => {
    const [answer] = answers;
    assert.ok(answer);
    return answer;
  };
  const named = ({ taskId, leaseToken }: HandedTask) => ({ taskId, leaseToken });
  const node: Node = {
    engine,
    clock,
    disk,
    warnings,
    batches,
    fates,
    async deploy(spec, name, version) {
      await engine.versions.deploy(workspace, textOf(spec, name, version));
    },
    async start(input = {}, more = {}) {
      return (await engine.executions.start({ workspace, workflow: 'flow', input, ...more })).executionId;
    },
    state: (id) => engine.executions.read(workspace, id, (state) => state),
    // Read in the callback: the state may move on before a promise is looked at.
    status: (id) => engine.executions.read(workspace, id, statusOf),
    operate: async (id, operation) => statusOf(await engine.executions.operate(workspace, id, operation)),
    claim: (more) => engine.tasks.claim({ workspace, executor: 'e', workerId: 'w', maxTasks: 10, waitMs: 0, ...more }),
    async claimOne() {
      const [task, ...others] = await node.claim();
      assert.ok(task && others.length === 0, 'there is not exactly one task');
      return task;
    },
    complete: async (task, output = {}) =>
      only(await engine.tasks.complete(workspace, [{ ...named(task), status: 'completed', output }])),
    fail: async (task, error = {}) =>
      only(
        await engine.tasks.complete(workspace, [
          { ...named(task), status: 'failed', error: { code: 'BOOM', message: 'it failed', ...error } },
        ]),
      ),
  };
  return node;
}

/** The process is gone, its clock stands still for ever, and another one starts over the same disk. */
export function restarted({ disk, clock }: Node, options: NodeOptions = {}): Promise<Node> {
  return makeEngine({ disk, clock: openVirtualClock(clock.nowMs()), ...options });
}

function failing(store: Store, { fates, batches }: Pick<Node, 'fates' | 'batches'>): Store {
  return {
    ...store,
    async commit(writes): Promise<readonly Outcome[]> {
      const fate = fates.shift() ?? 'kept';
      batches.push(writes);
      if (fate === 'refused') throw new Fault('STORE_UNREACHABLE', 'the store is away');
      const outcomes = await store.commit(writes);
      if (fate === 'unknown') throw new Fault('STORE_UNREACHABLE', 'the answer was lost');
      return outcomes;
    },
  };
}

/** An execution's rows that are left behind once it has ended: there should be none. */
export function leftovers({ disk }: Node, id: string): string[] {
  const tasks = [...disk.tasks.values()].filter((task) => task.executionId === id).map((task) => task.taskId);
  const slots = [...disk.slots.values()].flatMap((holders) => [...holders.values()]).filter((holder) => holder === id);
  return [...tasks, ...slots, ...(disk.wakes.has(id) ? [`wake of ${id}`] : [])];
}
