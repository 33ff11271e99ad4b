/**
 * An engine for tests of the API: everything in memory, a workflow is its first step, and the test says what happens.
 * Execution states are made by the real `evolve`, so that answers are tested on the states that there really are.
 */
import { createHash } from 'node:crypto';
import type { ExecutionEvent } from '../core/events.ts';
import { evolve } from '../core/evolve/evolve.ts';
import { type ExecutionState, emptyState, isEnded, statusOf } from '../core/state.ts';
import type {
  ClaimRequest,
  Engine,
  EngineCounters,
  HandedTask,
  NumberedEvent,
  StartRequest,
  TaskResult,
} from '../engine/engine.ts';
import { viewOf } from '../engine/executions/view.ts';
import { present } from '../kit/assert.ts';
import { Fault } from '../kit/fault.ts';
import type { Json } from '../kit/json.ts';
import { parseDocuments } from '../model/parse.ts';
import type { StoredVersion } from '../storage/catalog.ts';
import type { Statistics, StoredView, ViewQuery } from '../storage/views.ts';
import { noBulk } from './test-bulk.ts';
import { noDeadLetters } from './test-dead-letters.ts';
import { noHumanTasks } from './test-human-tasks.ts';
import { noRetention } from './test-retention.ts';

export interface TestEngine extends Engine {
  /** What happened to an execution, as one durable move. */
  append(executionId: string, ...events: ExecutionEvent[]): void;
  /** The next call of the engine rejects with this. */
  failNext(error: unknown): void;
  readonly calls: { readonly name: string; readonly arguments: readonly unknown[] }[];
  readonly watcherCount: number;
  isReady: boolean;
  /** Who holds every task that is handed out. */
  holderSince: number | undefined;
  /** What the last heartbeat told. */
  holderProgress: Json | undefined;
  statistics: Statistics;
}

interface Kept {
  readonly state: ExecutionState;
  readonly events: NumberedEvent[];
}

const hash = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 16);

export const testNowMs = Date.UTC(2026, 0, 31, 12);

export function openTestEngine(): TestEngine {
  const versions = new Map<string, StoredVersion[]>();
  const kept = new Map<string, Kept>();
  const keys = new Map<string, { id: string; body: string }>();
  const tasks: HandedTask[] = [];
  const leases = new Map<string, HandedTask>();
  const watchers = new Map<string, Set<(position: number, isEnded: boolean) => void>>();
  const calls: { name: string; arguments: readonly unknown[] }[] = [];
  const counters: EngineCounters = {
    started: 0,
    ended: { completed: 2 },
    commits: 7,
    moves: 0,
    conflicts: 0,
    tasksHandedOut: 0,
    staleResults: 0,
    timersFired: 0,
    recovered: 0,
    removed: 0,
  };
  let failure: unknown;
  let wakeClaim: () => void = () => undefined;

  const called = (name: string, ...given: readonly unknown[]): void => {
    calls.push({ name, arguments: given });
    const error = failure;
    failure = undefined;
    if (error !== undefined) throw error;
  };

  const history = (workspace: string, name: string): StoredVersion[] => {
    const found = versions.get(`${workspace}/${name}`);
    if (!found?.length) throw new Fault('WORKFLOW_NOT_FOUND', `there is no workflow ${name}`);
    return found;
  };

  const find = (workspace: string, executionId: string): Kept => {
    const found = kept.get(executionId);
    if (found?.state.workspace !== workspace)
      throw new Fault('EXECUTION_NOT_FOUND', `there is no execution ${executionId}`);
    return found;
  };

  const append = (executionId: string, ...events: ExecutionEvent[]): void => {
    const { state, events: past } = present(kept.get(executionId), executionId);
    for (const event of events) {
      evolve(state, event, testNowMs + state.position);
      past.push({ position: state.position, at: testNowMs + state.position - 1, event });
    }
    for (const listener of watchers.get(executionId) ?? []) listener(state.position, isEnded(state));
  };

  const begin = (request: StartRequest, version: StoredVersion): string => {
    const id = `exec_${String(kept.size + 1).padStart(4, '0')}`;
    kept.set(id, { state: emptyState(id), events: [] });
    const { workspace, workflow, metadata = {}, tags = [], priority = 5 } = request;
    const input = request.input as Json;
    append(
      id,
      {
        type: 'execution.started',
        workspace,
        workflow,
        version: version.version,
        definition: version.hash,
        input,
        metadata,
        tags,
        labels: {},
        seed: 1,
        priority,
        queued: false,
      },
      { type: 'frame.opened', frame: '', list: '' },
      {
        type: 'step.scheduled',
        step: 'greet',
        name: 'greet',
        kind: 'function',
        frame: '',
        visit: 1,
        origin: 'flow',
        task: { executor: 'hello', function: 'greet', timeoutMs: 30_000 },
      },
    );
    tasks.push({
      taskId: `${id}:greet`,
      leaseToken: `lease_${id}`,
      executionId: id,
      workflow,
      version: version.version,
      step: 'greet',
      function: 'greet',
      attempt: 1,
      input,
      deadlineAt: testNowMs + 30_000,
      leaseExpiresAt: testNowMs + 60_000,
      idempotencyKey: `${id}/greet#1`,
      traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
    });
    counters.started += 1;
    wakeClaim();
    return id;
  };

  const settle = (result: TaskResult): void => {
    const executionId = result.taskId.split(':')[0] ?? '';
    if (result.status === 'completed') {
      const output = result.output as Json;
      append(
        executionId,
        { type: 'step.completed', step: 'greet', output, startedAt: testNowMs + 5 },
        { type: 'execution.closed', status: 'completed', output },
      );
      return;
    }
    const { error } = result;
    append(
      executionId,
      { type: 'step.failed', step: 'greet', status: 'failed', error },
      { type: 'execution.closed', status: 'failed', error },
    );
  };

  const engine: TestEngine = {
    append,
    calls,
    isReady: true,
    holderSince: undefined,
    holderProgress: undefined,
    statistics: { total: emptySummary, buckets: [], steps: {} },
    get watcherCount() {
      return watchers.values().reduce((sum, set) => sum + set.size, 0);
    },
    failNext(error) {
      failure = error;
    },
    versions: {
      async deploy(workspace, text, options) {
        called('deploy', workspace, text, options);
        const { workflows, diagnostics, contexts } = parseDocuments(text);
        const [workflow] = workflows;
        if (workflows.length === 0 && contexts.length > 0) {
          return { result: 'context', version: undefined, diagnostics, name: 'hello' };
        }
        if (!workflow?.definition || diagnostics.some((problem) => problem.severity === 'error')) {
          throw new Fault('DEFINITION_INVALID', 'the definition has errors', { detail: { errors: diagnostics } });
        }
        const { name, version } = workflow.definition;
        const past = versions.get(`${workspace}/${name}`) ?? [];
        const there = past.find((other) => other.version === version);
        if (there && there.hash !== hash(text)) {
          throw new Fault('VERSION_CONFLICT', `${name} ${version} is there with other content; raise the version`);
        }
        const stored: StoredVersion = {
          workspace,
          name,
          version,
          hash: hash(text),
          yaml: text,
          contextYaml: options?.context ?? null,
          definition: JSON.stringify(workflow.definition),
          description: options?.description ?? '',
          tags: ['demo'],
          owner: null,
          metadata: options?.metadata ?? {},
          createdAt: testNowMs,
          active: true,
        };
        const rest = past.filter((other) => other !== there).map((other) => ({ ...other, active: false }));
        versions.set(`${workspace}/${name}`, [stored, ...rest]);
        return { result: there ? 'present' : 'added', version: stored, diagnostics, name };
      },
      async validate(workspace, text, options) {
        called('validate', workspace, text, options);
        return parseDocuments(text).diagnostics;
      },
      async get(workspace, name, version) {
        called('getVersion', workspace, name, version);
        const found = history(workspace, name).find((other) =>
          version === undefined ? other.active : other.version === version,
        );
        if (!found) throw new Fault('VERSION_NOT_FOUND', `${name} has no version ${version}`);
        return found;
      },
      async list({ workspace, offset, limit }) {
        called('listWorkflows', workspace, offset, limit);
        const own = [...versions].filter(([key]) => key.startsWith(`${workspace}/`)).map(([, past]) => past);
        const rows = own.slice(offset, offset + limit).map((past) => {
          const active = present(past.find((version) => version.active) ?? past[0], 'a version');
          const times = { createdAt: active.createdAt, updatedAt: active.createdAt };
          return { ...active, ...times, activeVersion: active.version, versionCount: past.length };
        });
        return { rows, total: own.length };
      },
      async history(workspace, name) {
        called('history', workspace, name);
        return history(workspace, name);
      },
      async activate(workspace, name, version) {
        called('activate', workspace, name, version);
        const past = history(workspace, name);
        const found = past.find((other) => other.version === version);
        if (!found) throw new Fault('VERSION_NOT_FOUND', `${name} has no version ${version}`);
        const moved = past.map((other) => ({ ...other, active: other === found }));
        versions.set(`${workspace}/${name}`, moved);
        return { ...found, active: true };
      },
      async remove(workspace, name) {
        called('remove', workspace, name);
        history(workspace, name);
        versions.delete(`${workspace}/${name}`);
      },
    },
    executions: {
      async start(request) {
        called('start', request);
        const past = history(request.workspace, request.workflow);
        const version = past.find((other) => (request.version ? other.version === request.version : other.active));
        if (!version) throw new Fault('VERSION_NOT_FOUND', `there is no version ${request.version}`);
        const key = request.idempotencyKey === undefined ? undefined : `${request.workspace}/${request.idempotencyKey}`;
        const known = key === undefined ? undefined : keys.get(key);
        const body = JSON.stringify(request.input);
        if (known && known.body !== body)
          throw new Fault('IDEMPOTENCY_KEY_REUSED', 'the key started another body; use a new key');
        const executionId = known?.id ?? begin(request, version);
        if (key !== undefined) keys.set(key, { id: executionId, body });
        const { state } = find(request.workspace, executionId);
        return {
          executionId,
          isNew: known === undefined,
          status: statusOf(state),
          workflow: state.workflow,
          version: state.version,
          createdAt: state.createdAt,
          estimatedEndAt: testNowMs + 120_000,
        };
      },
      async explain(workspace, executionId) {
        called('explain', workspace, executionId);
        const status = statusOf(find(workspace, executionId).state);
        const reason = { kind: 'timer', step: 'wait', message: 'it waits', until: testNowMs } as const;
        return { status, summary: reason.message, reasons: [reason], reasonsTotal: 1 };
      },
      async rerun({ workspace, executionId, fromStep, idempotencyKey, ...given }) {
        called('rerun', { workspace, executionId, fromStep, ...given });
        const { state } = find(workspace, executionId);
        const { workflow, version } = state;
        const input = given.input ?? state.input;
        const keyed = idempotencyKey === undefined ? {} : { idempotencyKey };
        return engine.executions.start({ workspace, workflow, version, input, ...keyed });
      },
      async read(workspace, executionId, project) {
        called('read', workspace, executionId);
        return project(find(workspace, executionId).state);
      },
      waitForEnd(workspace, executionId, timeoutMs) {
        called('waitForEnd', workspace, executionId, timeoutMs);
        const { state } = find(workspace, executionId);
        return new Promise((resolve) => {
          const stop = engine.executions.watch(executionId, (_position, hasEnded) => {
            if (!hasEnded) return;
            stop();
            clearTimeout(timer);
            resolve(state);
          });
          const timer = setTimeout(
            () => {
              stop();
              resolve(isEnded(state) ? state : undefined);
            },
            isEnded(state) ? 0 : timeoutMs,
          ).unref();
        });
      },
      async list(query) {
        called('list', query);
        return page(
          [...kept.values()].filter(({ state }) => state.workspace === query.workspace),
          query,
        );
      },
      async statistics(query) {
        called('statistics', query);
        return engine.statistics;
      },
      async counts(workspace) {
        called('counts', workspace);
        const own = [...kept.values()].filter(({ state }) => state.workspace === workspace);
        return Object.fromEntries(
          [...Map.groupBy(own, ({ state }) => statusOf(state))].map(([status, all]) => [status, all.length]),
        );
      },
      async journal(workspace, executionId, { after, limit }) {
        called('journal', workspace, executionId, after);
        return find(workspace, executionId).events.slice(after, after + limit);
      },
      watch(executionId, listener) {
        const listeners = watchers.get(executionId) ?? new Set();
        watchers.set(executionId, listeners.add(listener));
        return () => listeners.delete(listener);
      },
      async operate(workspace, executionId, operation) {
        called('operate', workspace, executionId, operation);
        const { state } = find(workspace, executionId);
        if (isEnded(state)) throw new Fault('STATE_CONFLICT', `the execution is ${state.status}`);
        if (operation.type === 'pause') append(executionId, { type: 'execution.paused' });
        else if (operation.type === 'resume') append(executionId, { type: 'execution.resumed' });
        else if (operation.type === 'signal') {
          const { name, payload, id = 'sig_1' } = operation;
          append(executionId, { type: 'signal.received', id, name, payload });
        } else append(executionId, { type: 'execution.closed', status: 'cancelled' });
        return state;
      },
    },
    tasks: {
      async claim(request, signal) {
        called('claim', request);
        if (tasks.length === 0 && request.waitMs > 0 && !signal?.aborted) {
          await new Promise<void>((resolve) => {
            wakeClaim = resolve;
            signal?.addEventListener('abort', () => resolve());
          });
        }
        const handed = tasks.splice(0, request.maxTasks);
        for (const task of handed) leases.set(task.taskId, task);
        return handed;
      },
      async completeAndClaim(results: readonly TaskResult[], request: ClaimRequest, signal?: AbortSignal) {
        const answers = await this.complete(request.workspace, results);
        return { answers, tasks: await this.claim(request, signal) };
      },
      async complete(workspace, results) {
        called('complete', workspace, results);
        return results.map((result) => {
          const { taskId } = result;
          const lease = leases.get(taskId);
          if (lease?.leaseToken !== result.leaseToken) return { taskId, accepted: false, code: 'STALE_LEASE' };
          leases.delete(taskId);
          settle(result);
          return { taskId, accepted: true };
        });
      },
      async heartbeat(workspace, held) {
        called('heartbeat', workspace, held);
        for (const { progress } of held) engine.holderProgress = progress ?? engine.holderProgress;
        return held.map(({ taskId }) =>
          leases.has(taskId)
            ? { taskId, leaseExpiresAt: testNowMs + 90_000, cancelRequested: false }
            : { taskId, leaseExpiresAt: 0, cancelRequested: true, code: 'STALE_LEASE' },
        );
      },
      async release(workspace, held) {
        called('release', workspace, held);
        return held.map(({ taskId }) =>
          leases.delete(taskId) ? { taskId, accepted: true } : { taskId, accepted: false, code: 'STALE_LEASE' },
        );
      },
      lastAskedFor: () => undefined,
      holder: () =>
        engine.holderSince === undefined
          ? undefined
          : { since: engine.holderSince, worker: 'w1', progress: engine.holderProgress },
      async depths() {
        called('depths');
        return [
          { workspace: 'default', executor: 'hello', ready: 3, leased: 1 },
          { workspace: 'other', executor: 'secret', ready: 9, leased: 9 },
        ];
      },
    },
    humanTasks: noHumanTasks(called),
    bulk: noBulk(called, testNowMs),
    retention: noRetention(called),
    deadLetters: noDeadLetters(called),
    limits: {
      async list(query) {
        called('limits', query);
        const holder = { executionId: 'exec_0001', step: 'charge', attempt: 1, until: testNowMs };
        return { uses: [{ key: 'key:a', held: 1, waiting: 2, holders: [holder] }], hasMore: query.limit === 1 };
      },
    },
    local: { register: () => undefined },
    health: () => ({
      ready: engine.isReady,
      ...(engine.isReady ? {} : { reason: 'the store is away' }),
      live: kept.size,
      pendingWrites: 0,
      waitingClaims: 0,
      counters,
    }),
    close: async () => undefined,
  };
  return engine;
}

const emptySummary = {
  executions: 0,
  succeeded: 0,
  failed: 0,
  averageMs: null,
  p50Ms: null,
  p95Ms: null,
  p99Ms: null,
};

function page(all: readonly Kept[], query: ViewQuery) {
  const newest = all.map(storedView).reverse();
  const after = query.after ? newest.findIndex((row) => row.executionId === query.after?.executionId) + 1 : 0;
  const first = after + (query.offset ?? 0);
  const rows = newest.slice(first, first + query.limit);
  return { rows, hasMore: first + rows.length < newest.length, total: query.count ? newest.length : undefined };
}

function storedView({ state }: Kept): StoredView {
  return { executionId: state.id, workspace: state.workspace, ...viewOf(state) };
}
