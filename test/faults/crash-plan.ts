/**
 * What is under way when a crash comes: workflows of every kind of waiting, the functions they call, and how each must
 * end whatever happened on the way. The child that crashes and the test that picks up the pieces both stand on this.
 */
import type { Engine, LocalFunction } from '../../src/engine/engine.ts';
import { openEngineOver } from '../../src/engine/open-engine.ts';
import { systemClock } from '../../src/kit/clock.ts';
import { systemRandom } from '../../src/kit/random.ts';
import { parseDocuments } from '../../src/model/parse.ts';
import type { Store } from '../../src/storage/store.ts';

export const workspace = 'default';

export interface Kind {
  readonly name: string;
  readonly steps: string;
  readonly end: string;
  /** The steps that complete, sorted. */
  readonly completes: readonly string[];
  /** Sent after the start. */
  readonly signal?: string;
}

const call = (name: string): string => `type: function, executor: local, function: ${name}`;

export const kinds: readonly Kind[] = [
  {
    name: 'sequence',
    steps: `
    - { name: a, ${call('work')} }
    - { name: b, ${call('work')} }`,
    end: 'completed',
    completes: ['a#1', 'b#1'],
  },
  {
    name: 'retried',
    steps: `
    - { name: a, ${call('flaky')}, retry_config: { max_attempts: 3, initial_delay: 5ms, backoff_strategy: fixed } }`,
    end: 'completed',
    completes: ['a#1'],
  },
  {
    name: 'branched',
    steps: `
    - name: p
      type: parallel
      branches:
        - { name: left, steps: [{ name: a, ${call('work')} }] }
        - { name: right, steps: [{ name: b, ${call('work')} }, { name: c, ${call('work')} }] }`,
    end: 'completed',
    completes: ['p#1', 'p.left.a#1', 'p.right.b#1', 'p.right.c#1'],
  },
  {
    name: 'undone',
    steps: `
    - { name: a, ${call('work')}, compensate: { name: undo-a, executor: local, function: work } }
    - { name: b, ${call('refuse')} }
  error_handling:
    - { condition: "$.b.status == 'failed'", action: compensate }`,
    end: 'compensated',
    completes: ['a#1', 'undo-a#1'],
  },
  {
    name: 'delayed',
    steps: `
    - { name: pause, type: wait, duration: 15ms }
    - { name: a, ${call('work')} }`,
    end: 'completed',
    completes: ['a#1', 'pause#1'],
  },
  {
    name: 'signalled',
    steps: `
    - { name: ask, type: wait, signal: go }
    - { name: a, ${call('work')}, input: "$.ask" }`,
    end: 'completed',
    completes: ['a#1', 'ask#1'],
    signal: 'go',
  },
  {
    name: 'calling',
    steps: `
    - { name: a, type: workflow, workflow: sequence }
    - { name: b, ${call('work')}, input: "$.a" }`,
    end: 'completed',
    completes: ['a#1', 'b#1'],
  },
];

export function textOf({ name, steps }: Kind): string {
  return `apiVersion: magicflow.io/v2
kind: Workflow
metadata: { name: ${name}, version: 1.0.0 }
spec:
  steps:${steps}
`;
}

/** An engine with the functions of the plan; `effect` is told of every call before it does anything. */
export function openPlannedEngine(store: Store, effect: (key: string) => void): Engine {
  const engine = openEngineOver({
    store,
    clock: systemClock,
    random: systemRandom,
    parse: async (text, file) => parseDocuments(text, file === undefined ? {} : { file }),
    // A round that fails because the store is closing is none of the tests' business: they look at what is there after it.
    warn: () => undefined,
  });
  const register = (name: string, run: LocalFunction): void =>
    engine.local.register(workspace, 'local', name, (input, task) => {
      effect(task.idempotencyKey);
      return run(input, task);
    });
  register('work', () => ({ done: true }));
  register('flaky', (_input, { attempt }) => {
    if (attempt === 1) throw Object.assign(new Error('not yet'), { code: 'NOT_YET' });
    return { done: true };
  });
  register('refuse', () => {
    throw Object.assign(new Error('never'), { code: 'NEVER', retryable: false });
  });
  return engine;
}

/** A signal with an id of its own: sending it again changes nothing. */
export async function sendSignal(engine: Engine, executionId: string, name: string): Promise<void> {
  const signal = { type: 'signal', name, payload: { by: 'test' }, id: `${name}-1` } as const;
  await engine.executions.operate(workspace, executionId, signal);
}
