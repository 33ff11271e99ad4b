/**
 * Does the cost of a step grow with the steps done before it? Executions that go round and round in one step, all at the
 * same pace; reports microseconds per step early (after 100 steps of each) and late.
 */
import { openEngine } from '../../src/library.ts';
import { readJob, report } from '../support/program.ts';
import { roundAndRound, stepOutput } from '../support/workflows.ts';

export interface RoundJob {
  readonly folder: string;
  readonly executions: number;
  /** Steps before the late window. */
  readonly steps: number;
}

export interface RoundReport {
  readonly earlyMicros: number;
  readonly lateMicros: number;
}

const { folder, executions, steps } = readJob<RoundJob>();
/** Steps of each execution that are timed. */
const window = 500;
const early = 100;

const engine = await openEngine({ storage: `sqlite:${folder}` });
let done = 0;
const timeAt = new Map<number, number>();
const marks = new Set([early, early + window, steps, steps + window].map((step) => step * executions));
engine.executor('bench').register('step', () => {
  done += 1;
  if (marks.has(done)) timeAt.set(done, performance.now());
  return stepOutput;
});
await engine.deploy(roundAndRound(steps + window + 1));
await Promise.all(Array.from({ length: executions }, () => engine.execute('round', {})));
report({ earlyMicros: microsFrom(early), lateMicros: microsFrom(steps) } satisfies RoundReport);
await engine.close();

function microsFrom(step: number): number {
  const begun = timeAt.get(step * executions) ?? Number.NaN;
  const ended = timeAt.get((step + window) * executions) ?? Number.NaN;
  return ((ended - begun) * 1_000) / (window * executions);
}
