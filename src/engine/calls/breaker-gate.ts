/** Circuit breakers as the engine uses them: asked before a task leaves, told what became of it. */

import type { ExecutionEvent } from '../../core/events.ts';
import type { Command, StepState } from '../../core/state.ts';
import type { Clock } from '../../kit/clock.ts';
import type { Live, UntimedFact } from '../moves/live.ts';
import { openBreakers } from './breakers.ts';

type Dispatch = Command & { type: 'dispatch' };

export interface BreakerGate {
  /** The fact that fails an attempt as it leaves, where the breaker of its target does not let it through. */
  refusal(live: Live, command: Dispatch): UntimedFact | undefined;
  /** The same for an attempt that only queues up: it takes no permit, its claim will. */
  refusalToQueue(live: Live, command: Dispatch): UntimedFact | undefined;
  /** Whether a breaker stands before the target at all. */
  isGuarded(live: Live, command: Dispatch): boolean;
  /** Looks at the events of a durable move for outcomes of attempts. */
  observe(live: Live, events: readonly ExecutionEvent[]): void;
}

export function openBreakerGate(clock: Clock): BreakerGate {
  const breakers = openBreakers();

  function targetOf(live: Live, step: StepState | undefined) {
    const settings = step && live.program?.nodes.get(step.name)?.step.circuitBreaker;
    if (!settings || !step.task) return undefined;
    const { executor, function: called, target = called } = step.task;
    return { key: `${live.state.workspace}/${executor}/${target}`, settings };
  }

  return {
    refusal(live, command) {
      const target = targetOf(live, live.state.steps.get(command.step));
      if (!target || breakers.allow(target.key, target.settings, clock.nowMs())) return undefined;
      return circuitOpen(target.key, command);
    },
    refusalToQueue(live, command) {
      const target = targetOf(live, live.state.steps.get(command.step));
      if (!target || !breakers.isOpen(target.key, target.settings, clock.nowMs())) return undefined;
      return circuitOpen(target.key, command);
    },
    isGuarded: (live, command) => targetOf(live, live.state.steps.get(command.step)) !== undefined,
    observe(live, events) {
      for (const event of events) {
        if (event.type !== 'step.completed' && event.type !== 'step.failed' && event.type !== 'step.retrying') continue;
        const target = targetOf(live, live.state.steps.get(event.step));
        const code = event.type === 'step.completed' ? undefined : event.error.code;
        const isStandIn = event.type === 'step.completed' && (event.insteadOf !== undefined || event.cached);
        if (!target || isStandIn || isRuleRetry(event, events) || neverLetThrough.has(code)) continue;
        if (neverLeft.has(code)) {
          breakers.giveBack(target.key);
          continue;
        }
        breakers.record(target.key, target.settings, {
          isSuccess: event.type === 'step.completed',
          nowMs: clock.nowMs(),
        });
      }
    },
  };
}

/** A rule lets a step try again whose failure, in the same move, has been counted. */
function isRuleRetry({ type, step }: { type: string; step: string }, events: readonly ExecutionEvent[]): boolean {
  return type === 'step.retrying' && events.some((event) => event.type === 'step.failed' && event.step === step);
}

/** Failures of attempts that the breaker did not let through, or that it was not asked for. */
const neverLetThrough: ReadonlySet<string | undefined> = new Set([
  'CIRCUIT_OPEN',
  'CONCURRENCY_LIMIT',
  'QUEUE_TIMEOUT',
]);

/** Failures of attempts that it let through, and that were refused before they got to their target. */
const neverLeft: ReadonlySet<string | undefined> = new Set([
  'CONNECTION_AMBIGUOUS',
  'CONNECTION_UNKNOWN',
  'OUTBOUND_REFUSED',
  'REQUEST_INVALID',
  'SECRET_NOT_FOUND',
  'SERVICE_UNKNOWN',
  'URL_INVALID',
]);

function circuitOpen(key: string, { step, visit, attempt }: Dispatch): UntimedFact {
  const error = { code: 'CIRCUIT_OPEN', message: `the circuit breaker of ${key} is open`, step };
  return { type: 'task.failed', step, visit, attempt, error };
}
