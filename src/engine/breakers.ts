/**
 * Circuit breakers: one per workspace, executor and function, shared by all executions of this node.
 *
 * closed → (failures) → open → (recovery timeout) → half-open → (probes succeed) → closed, or (one fails) → open again.
 * A probe's permit has a deadline: one that is never answered counts as failed, so a breaker cannot stay half-open.
 * While open nothing goes through.
 */
import type { CircuitBreaker } from '../model/definition.ts';

export type BreakerPhase = 'closed' | 'open' | 'half_open';

export interface Breakers {
  /** Whether a call that would go out now is sure to be refused. Takes no permit. */
  isOpen(key: string, settings: CircuitBreaker, nowMs: number): boolean;
  /** Whether a call may go out now; half-open it takes one of the few permits. */
  allow(key: string, settings: CircuitBreaker, nowMs: number): boolean;
  /** What became of a call that was let through. */
  record(key: string, settings: CircuitBreaker, outcome: { isSuccess: boolean; nowMs: number }): void;
  phase(key: string): BreakerPhase;
}

/** Where a definition names a breaker without saying how. */
export const breakerDefaults = {
  failureThreshold: 5,
  windowMs: 60_000,
  minimumCalls: 10,
  recoveryTimeoutMs: 60_000,
  halfOpenMaxCalls: 1,
} as const;

interface Breaker {
  phase: BreakerPhase;
  /** When it opened, or became half-open. */
  since: number;
  calls: number;
  failures: number;
  windowStart: number;
  /** Deadlines of the permits that are out. */
  permits: number[];
  successes: number;
}

export function openBreakers(): Breakers {
  const breakers = new Map<string, Breaker>();

  function breakerOf(key: string, nowMs: number): Breaker {
    const found = breakers.get(key);
    if (found) return found;
    const breaker: Breaker = {
      phase: 'closed',
      since: nowMs,
      calls: 0,
      failures: 0,
      windowStart: nowMs,
      permits: [],
      successes: 0,
    };
    breakers.set(key, breaker);
    return breaker;
  }

  const recoveryMsOf = (settings: CircuitBreaker): number =>
    settings.recoveryTimeoutMs ?? breakerDefaults.recoveryTimeoutMs;

  return {
    isOpen(key, settings, nowMs) {
      const breaker = breakers.get(key);
      return breaker?.phase === 'open' && nowMs - breaker.since < recoveryMsOf(settings);
    },
    allow(key, settings, nowMs) {
      const breaker = breakerOf(key, nowMs);
      const recoveryMs = recoveryMsOf(settings);
      if (breaker.phase === 'closed') return true;
      if (breaker.phase === 'open') {
        if (this.isOpen(key, settings, nowMs)) return false;
        Object.assign(breaker, { phase: 'half_open', since: nowMs, permits: [], successes: 0 });
      }
      if (breaker.permits.some((deadline) => deadline <= nowMs)) {
        open(breaker, nowMs);
        return false;
      }
      const permitsMax = settings.halfOpenMaxCalls ?? breakerDefaults.halfOpenMaxCalls;
      if (breaker.permits.length + breaker.successes >= permitsMax) return false;
      breaker.permits.push(nowMs + recoveryMs);
      return true;
    },
    record(key, settings, { isSuccess, nowMs }) {
      const breaker = breakerOf(key, nowMs);
      if (breaker.phase === 'open') return;
      if (breaker.phase === 'half_open') return recordProbe(breaker, settings, { isSuccess, nowMs });
      const windowMs = settings.windowMs ?? breakerDefaults.windowMs;
      if (nowMs - breaker.windowStart >= windowMs)
        Object.assign(breaker, { windowStart: nowMs, calls: 0, failures: 0 });
      breaker.calls += 1;
      if (isSuccess) return;
      breaker.failures += 1;
      if (isTripped(breaker, settings)) open(breaker, nowMs);
    },
    phase: (key) => breakers.get(key)?.phase ?? 'closed',
  };
}

/** By count, or by rate once enough calls were seen. A definition that gives only a rate is judged by rate alone. */
function isTripped(breaker: Breaker, settings: CircuitBreaker): boolean {
  const { failureRateThreshold } = settings;
  const threshold =
    settings.failureThreshold ?? (failureRateThreshold === undefined ? breakerDefaults.failureThreshold : undefined);
  if (threshold !== undefined && breaker.failures >= threshold) return true;
  const minimumCalls = settings.minimumCalls ?? breakerDefaults.minimumCalls;
  if (failureRateThreshold === undefined || breaker.calls < minimumCalls) return false;
  return breaker.failures / breaker.calls >= failureRateThreshold;
}

function recordProbe(
  breaker: Breaker,
  settings: CircuitBreaker,
  { isSuccess, nowMs }: { isSuccess: boolean; nowMs: number },
): void {
  breaker.permits.shift();
  if (!isSuccess) return open(breaker, nowMs);
  breaker.successes += 1;
  if (breaker.successes < (settings.halfOpenMaxCalls ?? breakerDefaults.halfOpenMaxCalls)) return;
  Object.assign(breaker, { phase: 'closed', since: nowMs, calls: 0, failures: 0, windowStart: nowMs, permits: [] });
}

function open(breaker: Breaker, nowMs: number): void {
  Object.assign(breaker, { phase: 'open', since: nowMs, permits: [], successes: 0 });
}
