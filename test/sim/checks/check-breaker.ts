/**
 * Circuit breakers, read from the outcomes in the journals: while one is open nothing is leased, and half-open one at a
 * time. Looked at where nothing goes wrong around the engine, for only then is it known when a node has learned of a failure.
 */
import type { ExecutionEvent } from '../../../src/core/events.ts';
import type { StepState } from '../../../src/core/state.ts';
import type { Tally } from '../tally.ts';
import { claim } from '../violation.ts';

/** What `generate-steps.ts` gives every step that calls this function. */
const guarded = { executor: 'beta', function: 'g' };
/** With these an attempt ends that nobody was called for. */
const neverCalled: ReadonlySet<string> = new Set(['CIRCUIT_OPEN', 'CONCURRENCY_LIMIT', 'QUEUE_TIMEOUT']);
const failureThreshold = 3;
const recoveryMs = 8_000;

export interface BreakerCheck {
  ended(step: StepState | undefined, event: ExecutionEvent, at: number): void;
  leased(step: StepState | undefined, at: number): void;
}

export function checkBreaker(tally: Tally): BreakerCheck {
  let failures = 0;
  let openedAt: number | undefined;
  let probes = 0;

  const isGuarded = (step: StepState | undefined): boolean =>
    step?.task?.executor === guarded.executor && step.task.function === guarded.function;

  function open(at: number): void {
    openedAt = at;
    probes = 0;
    tally.saw('breaker opened');
  }

  return {
    ended(step, event, at) {
      if (!isGuarded(step)) return;
      if (event.type === 'step.completed' && event.insteadOf === undefined) {
        if (openedAt === undefined || at < openedAt + recoveryMs) return;
        openedAt = undefined;
        failures = 0;
      }
      if (event.type !== 'step.failed' && event.type !== 'step.retrying') return;
      if (neverCalled.has(event.error.code)) return;
      if (openedAt !== undefined) {
        if (at >= openedAt + recoveryMs) open(at);
        return;
      }
      failures += 1;
      if (failures >= failureThreshold) open(at);
    },
    leased(step, at) {
      if (!isGuarded(step) || openedAt === undefined || at <= openedAt) return;
      claim(at >= openedAt + recoveryMs, 'I17', () => `${step?.path} left while the breaker was open`);
      probes += 1;
      claim(probes <= 1 || at >= openedAt + 2 * recoveryMs, 'I17', () => `${probes} probes left at once`);
    },
  };
}
