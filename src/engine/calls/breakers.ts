/**
 * Circuit breakers: one per workspace, executor and function, shared by all executions of this node.
 *
 * closed → (failures) → open → (recovery timeout) → half-open → (probes succeed) → closed, or (one fails) → open again.
 * A probe's permit has a deadline: one that is never answered counts as failed, so a breaker cannot stay half-open.
 * While open nothing goes through.
 *
 * `failure_threshold` counts the failures of the last `window`, whatever succeeded between them; `failure_rate_threshold`
 * is their share of the calls of that time. The window moves on in tenths, so that a breaker remembers ten numbers and not
 * every call: what is older than nine tenths of it may be forgotten already.
 */
import type { CircuitBreaker } from '../../model/definition.ts';

export type BreakerPhase = 'closed' | 'open' | 'half_open';

export interface Breakers {
  /** Whether a call that would go out now is sure to be refused. Takes no permit. */
  isOpen(key: string, settings: CircuitBreaker, nowMs: number): boolean;
  /** Whether a call may go out now; half-open it takes one of the few permits. */
  allow(key: string, settings: CircuitBreaker, nowMs: number): boolean;
  /** What became of a call that was let through. */
  record(key: string, settings: CircuitBreaker, outcome: { isSuccess: boolean; nowMs: number }): void;
  /** A call that was let through never left: it says nothing of its target, and its permit is free again. */
  giveBack(key: string): void;
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
  /** What became of the calls of the window, oldest first. */
  slices: Slice[];
  /** Deadlines of the permits that are out. */
  permits: number[];
  successes: number;
}

interface Slice {
  readonly since: number;
  calls: number;
  failures: number;
}

/** The window moves on by one of so many parts. */
const slicesPerWindow = 10;

export function openBreakers(): Breakers {
  const breakers = new Map<string, Breaker>();

  function breakerOf(key: string, nowMs: number): Breaker {
    const found = breakers.get(key);
    if (found) return found;
    const breaker: Breaker = {
      phase: 'closed',
      since: nowMs,
      slices: [],
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
      const slice = currentSlice(breaker, settings, nowMs);
      slice.calls += 1;
      if (isSuccess) return;
      slice.failures += 1;
      if (isTripped(breaker, settings)) open(breaker, nowMs);
    },
    giveBack(key) {
      breakers.get(key)?.permits.pop();
    },
    phase: (key) => breakers.get(key)?.phase ?? 'closed',
  };
}

/** Forgets what is older than the window. */
function currentSlice(breaker: Breaker, settings: CircuitBreaker, nowMs: number): Slice {
  const windowMs = settings.windowMs ?? breakerDefaults.windowMs;
  const { slices } = breaker;
  while (slices[0] && nowMs - slices[0].since >= windowMs) slices.shift();
  const last = slices.at(-1);
  if (last && nowMs - last.since < windowMs / slicesPerWindow) return last;
  const slice = { since: nowMs, calls: 0, failures: 0 };
  slices.push(slice);
  return slice;
}

/** By count, or by rate once enough calls were seen. A definition that gives only a rate is judged by rate alone. */
function isTripped(breaker: Breaker, settings: CircuitBreaker): boolean {
  const { failureRateThreshold } = settings;
  const threshold =
    settings.failureThreshold ?? (failureRateThreshold === undefined ? breakerDefaults.failureThreshold : undefined);
  const calls = sumOf(breaker.slices.map((slice) => slice.calls));
  const failures = sumOf(breaker.slices.map((slice) => slice.failures));
  if (threshold !== undefined && failures >= threshold) return true;
  const minimumCalls = settings.minimumCalls ?? breakerDefaults.minimumCalls;
  if (failureRateThreshold === undefined || calls < minimumCalls) return false;
  return failures / calls >= failureRateThreshold;
}

const sumOf = (numbers: readonly number[]): number => numbers.reduce((sum, number) => sum + number, 0);

function recordProbe(
  breaker: Breaker,
  settings: CircuitBreaker,
  { isSuccess, nowMs }: { isSuccess: boolean; nowMs: number },
): void {
  breaker.permits.shift();
  if (!isSuccess) return open(breaker, nowMs);
  breaker.successes += 1;
  if (breaker.successes < (settings.halfOpenMaxCalls ?? breakerDefaults.halfOpenMaxCalls)) return;
  Object.assign(breaker, { phase: 'closed', since: nowMs, slices: [], permits: [] });
}

function open(breaker: Breaker, nowMs: number): void {
  Object.assign(breaker, { phase: 'open', since: nowMs, slices: [], permits: [], successes: 0 });
}
