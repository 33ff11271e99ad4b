/** Plays seeds one after the other and adds up what they met. */
import { addCounts } from './tally.ts';
import { makeWorld, type Outcome, type World } from './world.ts';

export interface SeedsRequest {
  readonly from: number;
  readonly count: number;
  /** Plays each seed twice: the same seed must give the same trace. */
  readonly isTwice?: boolean;
  readonly goesOn?: boolean;
  readonly traceLines: number;
  readonly print: (line: string) => void;
}

export interface Summary {
  readonly seeds: number;
  readonly executions: number;
  readonly events: number;
  readonly virtualHours: number;
  readonly seconds: number;
  readonly faults: Record<string, number>;
  readonly sometimes: Record<string, number>;
  readonly failures: readonly { readonly seed: number; readonly message: string }[];
}

/** The world that is playing: what nobody catches is its failure. */
let playing: World | undefined;

export async function runSeeds(request: SeedsRequest): Promise<Summary> {
  const since = performance.now();
  const onRejection = (error: unknown): void => playing?.broken(error);
  process.on('unhandledRejection', onRejection);
  const faults: Record<string, number> = {};
  const sometimes: Record<string, number> = {};
  const failures: { seed: number; message: string }[] = [];
  const total = { seeds: 0, executions: 0, events: 0, durationMs: 0 };
  for (let seed = request.from; seed < request.from + request.count; seed += 1) {
    const outcome = await playSeed(seed, request);
    total.seeds += 1;
    total.executions += outcome.executions;
    total.events += outcome.events;
    total.durationMs += outcome.durationMs;
    addCounts(faults, outcome.tally.faults);
    addCounts(sometimes, outcome.tally.sometimes);
    if (!outcome.failure) continue;
    failures.push({ seed, message: outcome.failure.message.slice(0, 2_000) });
    report(outcome, request);
    if (!request.goesOn) break;
  }
  process.off('unhandledRejection', onRejection);
  const { seeds, executions, events } = total;
  const virtualHours = Math.round(total.durationMs / 360_000) / 10;
  const seconds = Math.round((performance.now() - since) / 100) / 10;
  return { seeds, executions, events, virtualHours, seconds, faults, sometimes, failures };
}

async function playSeed(seed: number, request: SeedsRequest): Promise<Outcome> {
  const outcome = await play(seed);
  if (!request.isTwice || outcome.failure) return outcome;
  const again = await play(seed);
  if (again.hash === outcome.hash) return outcome;
  return { ...outcome, failure: new Error(`the same seed gave the traces ${outcome.hash} and ${again.hash}`) };
}

function play(seed: number): Promise<Outcome> {
  playing = makeWorld(seed);
  return playing.run();
}

function report({ seed, failure, trace, durationMs }: Outcome, { print, traceLines }: SeedsRequest): void {
  for (const line of traceLines === 0 ? [] : trace.tail().slice(-traceLines)) print(line.slice(0, 600));
  print(`seed ${seed} failed after ${durationMs / 1_000} s: ${failure?.message}`);
  if (failure && failure.name !== 'Violation') print(String(failure.stack));
  print(`repeat it by: node dev/sim.ts --seed ${seed}`);
}
