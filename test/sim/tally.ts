/** What a run met: faults by kind, and interesting states ("sometimes"). A kind that never comes up tests nothing. */
export const faultKinds = [
  'node crash before commit',
  'node crash after commit',
  'node crash',
  'node restart',
  'node pause',
  'zombie beside its successor',
  'clock jump forward',
  'clock jump back',
  'timer late',
  'store rejects without commit',
  'store rejects with commit',
  'store slow',
  'store conflict',
  'store full',
  'store read fails',
  'message lost',
  'answer lost',
  'message doubled',
  'message delayed',
  'executor partition',
  'executor crash',
  'executor hang',
  'executor late answer',
  'executor duplicate answer',
  'executor wrong token',
  'executor release',
  'executor gone between claims',
  'local function throws',
  'local function hangs',
  'local function changes its input',
  'local function answers no JSON',
  'client cancel',
  'client terminate',
  'client pause',
  'client resume',
  'client retry',
  'client signal',
  'person answers wrongly',
  'person answers twice',
  'person too late',
  'person acts for others',
  'client repeats a start',
  'deploy mid-run',
  'storm of starts',
] as const;

export type FaultKind = (typeof faultKinds)[number];

export const sometimesKinds = [
  'journal compacted',
  'loop completed',
  'loop with failed rounds',
  'rounds folded',
  'rounds side by side',
  'execution completed',
  'execution failed',
  'execution cancelled',
  'execution timed_out',
  'execution compensated',
  'execution queued',
  'execution paused',
  'execution waiting',
  'dead letter',
  'run retried by a user',
  'run retried by its timeout',
  'deadline ignored',
  'workflow fallback',
  'move refused by the fence',
  'snapshot written',
  'start key taken',
  'stale result refused',
  'work taken with a result',
  'task lent by its move',
  'step of the server',
  'breaker opened',
  'circuit open fails a step',
  'compensation started',
  'compensation failed',
  'compensation of an unknown outcome',
  'withdrawal of a held task',
  'attempt redelivered',
  'deliveries exhausted',
  'step retried',
  'retries exhausted',
  'step timed out',
  'queue timeout',
  'timeout ignored',
  'step skipped',
  'fallback response',
  'fallback step',
  'handler ran',
  'jump back',
  'too many visits',
  'undefined step',
  'join of all',
  'join of some',
  'branch cut off',
  'graph join',
  'signal kept before it was asked for',
  'signal taken',
  'signal taken by its key',
  'several signals taken',
  'wait for any ended by a signal',
  'wait for any ended by its time',
  'human task answered',
  'human task rejected',
  'human task claimed',
  'human task escalated',
  'human task timed out',
  'wait over',
  'rule return_error',
  'rule compensate',
  'rule retry',
  'rule goto',
  'rule ignore',
  'rule fail',
  'rule dead_letter',
  'variable set',
  'move of several facts',
  'expression failed',
  'row adopted by this process',
  'heartbeat told to cancel',
  'child started',
  'child ended',
  'child refused',
  'child detached',
  'child outlives its parent',
  'child cancelled with its parent',
  'child cancelled before it began',
  'child ended after it was given up',
  'child retried on its own',
] as const;

export type SometimesKind = (typeof sometimesKinds)[number];

export interface Tally {
  readonly faults: Record<string, number>;
  readonly sometimes: Record<string, number>;
  fault(kind: FaultKind): void;
  saw(kind: SometimesKind): void;
}

export function makeTally(): Tally {
  const faults: Record<string, number> = {};
  const sometimes: Record<string, number> = {};
  return {
    faults,
    sometimes,
    fault(kind) {
      faults[kind] = (faults[kind] ?? 0) + 1;
    },
    saw(kind) {
      sometimes[kind] = (sometimes[kind] ?? 0) + 1;
    },
  };
}

export function addCounts(total: Record<string, number>, more: Readonly<Record<string, number>>): void {
  for (const [kind, count] of Object.entries(more)) total[kind] = (total[kind] ?? 0) + count;
}
