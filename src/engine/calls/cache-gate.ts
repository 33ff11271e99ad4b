/**
 * The cache of results as the engine uses it: asked before a task leaves, told what came back.
 *
 * What a cache answers is a fact from outside like an executor's result: the journal says that it came from there, and
 * a replay asks nobody. Kept is what came back, not what the step's mapping made of it, for that may read more than the
 * call did. A cache that fails has forgotten everything.
 */
import { createHash } from 'node:crypto';
import type { Cache } from '../../cache/cache.ts';
import type { ExecutionEvent } from '../../core/events.ts';
import { type Command, inputOf, type StepState } from '../../core/state.ts';
import { canonicalJson, isObject, type Json } from '../../kit/json.ts';
import type { Entry, Live } from '../moves/live.ts';

type Dispatch = Command & { type: 'dispatch' };

export interface CacheGate {
  /** What is known of the result, once the cache has answered; undefined at once where there is nothing to ask. */
  ask(live: Live, command: Dispatch): Promise<Json | undefined> | undefined;
  /** Keeps the results that a durable move has taken. */
  observe(live: Live, events: readonly ExecutionEvent[], entries: readonly Entry[]): void;
}

export function openCacheGate(deps: {
  readonly cache?: Cache;
  readonly warn: (message: string, error: unknown) => void;
}): CacheGate {
  const { cache, warn } = deps;
  if (!cache) return { ask: () => undefined, observe: () => undefined };

  function keep(live: Live, step: StepState, value: Json): void {
    const ttlMs = step.task?.cache?.ttlMs;
    if (ttlMs === undefined) return;
    cache?.set(live.state.workspace, keyOf(live, step), { value, ttlMs }).catch((error: unknown) => {
      warn('a result could not be cached', error);
    });
  }

  return {
    ask(live, command) {
      const step = live.state.steps.get(command.step);
      if (!step?.task?.cache) return undefined;
      return cache.get(live.state.workspace, keyOf(live, step)).catch((error: unknown) => {
        warn('the cache does not answer', error);
        return undefined;
      });
    },
    observe(live, events, entries) {
      for (const { fact } of entries) {
        if (fact.type !== 'task.completed' || fact.cached) continue;
        const step = live.state.steps.get(fact.step);
        // One that has begun anew since has another input.
        if (!step?.task?.cache || step.visit !== fact.visit || step.attempt !== fact.attempt) continue;
        const isTaken = events.some((event) => event.type === 'step.completed' && event.step === fact.step);
        if (isTaken) keep(live, step, fact.output);
      }
    },
  };
}

/**
 * A given key is shared by steps of one name that call the same function, whatever their version; without one the version
 * and the input count.
 */
function keyOf(live: Live, step: StepState): string {
  const { task, name } = step;
  const key = task?.cache?.key;
  const called = key === undefined ? [live.state.definition, callInput(live, step)] : [key];
  const identity = canonicalJson([name, task?.executor, task?.function, ...called]);
  return createHash('sha256').update(identity).digest('base64url');
}

/** The input without what differs from one call to the next. */
function callInput({ program, state }: Live, step: StepState): Json {
  const input = inputOf(state, step);
  const definition = program?.nodes.get(step.name)?.step;
  const incidental = definition?.type === 'connector' ? (definition.incidental ?? []) : [];
  if (incidental.length === 0 || !isObject(input)) return input;
  return Object.fromEntries(Object.entries(input).filter(([name]) => !incidental.includes(name))) as Json;
}
