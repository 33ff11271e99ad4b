/**
 * One run: a disk, nodes over it, executors and users around them, faults between all of them, and one seed that decides
 * everything. After a time of faults comes a calm, in which all that was started must come to its end.
 */
import { type ExecutionState, isEnded } from '../../src/core/state.ts';
import { makeMemoryDisk } from '../../src/storage/memory/memory-disk.ts';
import { openBulkCaller } from './bulk-caller.ts';
import { openAuditor } from './checks/auditor.ts';
import { checkRest } from './checks/check-rest.ts';
import { openClient } from './client.ts';
import { makeDice } from './dice.ts';
import { startExecutor } from './executor.ts';
import { generateWorkflow } from './generate-workflow.ts';
import { openMayhem } from './mayhem.ts';
import { openNetwork } from './network.ts';
import { openNodes } from './nodes.ts';
import { type Answered, startPeople } from './people.ts';
import { makeTally, type Tally } from './tally.ts';
import { makeTarget } from './target.ts';
import { openTrace, type Trace } from './trace.ts';
import { Violation } from './violation.ts';
import { openVirtualTime, startOfTime } from './virtual-time.ts';
import { makeWeather } from './weather.ts';

export interface Outcome {
  readonly seed: number;
  readonly events: number;
  readonly executions: number;
  /** Virtual time that passed, in milliseconds. */
  readonly durationMs: number;
  readonly tally: Tally;
  readonly hash: string;
  readonly failure: Error | undefined;
  readonly trace: Trace;
}

const workspace = 'default';
const workers = ['alpha-1', 'alpha-2', 'beta-1'];
/** How many different workflows there are over all seeds. */
const workflowCount = 400;
/** Workflows that steps call, and how many different texts there are for each. */
const callees = ['callee-1', 'callee-2', 'callee-3'];
const calleeCount = 100;
/** How long everything may take to end once nothing goes wrong any more, in milliseconds: whole lines go one by one. */
const calmMaxMs = 160 * 60_000;

export interface World {
  readonly seed: number;
  /** Receives what went wrong outside of any call: a rejection nobody took. */
  broken(error: unknown): void;
  run(): Promise<Outcome>;
}

export function makeWorld(seed: number): World {
  const dice = makeDice(seed);
  const time = openVirtualTime();
  const tally = makeTally();
  const trace = openTrace(time.now, startOfTime);
  const weather = makeWeather(dice.fork());
  const disk = makeMemoryDisk();
  const target = makeTarget();
  let failure: Error | undefined;
  const broken = (error: unknown): void => {
    failure ??= error instanceof Error ? error : new Violation('engine', String(error));
  };
  const retention = dice.chance(0.3)
    ? {
        completedMs: dice.int(1, dice.pick([2, 60])) * 500,
        failedMs: dice.int(1, dice.pick([2, 120])) * 500,
        intervalMs: dice.int(200, 3_000),
      }
    : undefined;
  const ageOf = (status: string): number =>
    retention?.[status === 'completed' ? 'completedMs' : 'failedMs'] ?? Number.POSITIVE_INFINITY;
  const watched = { time, disk, target, tally, trace, isFair: weather.isFair, ageOf };
  const runningMax = dice.chance(0.3) ? dice.int(1, 5) : Number.POSITIVE_INFINITY;
  const isCalm = (): boolean => weather.isCalm;
  const auditor = openAuditor({ ...watched, runningMax, isCalm, isAlone: () => !nodes.hasOverlapped() });
  const shared = { time, weather, tally, trace, target, auditor, workspace, broken, disk };
  const nodes = openNodes({ ...shared, dice: dice.fork(), runningMax, retention, isFull: () => mayhem.isDiskFull() });
  const network = openNetwork({ ...shared, dice: dice.fork(), endpoint: nodes.pick });
  const chosen = Array.from({ length: dice.int(1, 3) }, () => dice.int(1, workflowCount));
  const called = callees.map((name) => ({ name, number: dice.int(1, calleeCount) }));
  // Some are called and started by clients too: their children and others stand in one line.
  const both = called.filter(({ number }) => number % 2 === 0).map(({ name }) => name);
  const workflows = [...chosen.map((number) => `w${number}`), ...both];
  const client = openClient({ ...shared, dice: dice.fork(), network, workflows });
  const bulkCaller = openBulkCaller({
    ...shared,
    dice: dice.fork(),
    network,
    workflows,
    executionIds: () => [...auditor.books.keys()],
    after: (delayMs, callback) => void time.after(delayMs, callback),
  });
  let answered: Answered = new Map();
  const mayhem = openMayhem({ ...shared, dice: dice.fork(), nodes, deploy, storm });

  function deploy(): void {
    const [endpoint] = nodes.living();
    if (!endpoint || endpoint.machine.isPaused) return;
    tally.fault('deploy mid-run');
    const callee = dice.pick(called);
    const text = dice.chance(0.5)
      ? documentText(dice.pick(chosen), dice.int(2, 3))
      : calleeText(callee, dice.int(2, 3));
    endpoint.engine.versions.deploy(workspace, text).catch((error: unknown) => {
      if (!(error instanceof Error && error.name === 'Fault')) broken(error);
    });
  }

  function storm(): void {
    for (let count = 0; count < 8; count += 1) client.start();
  }

  async function boot(): Promise<void> {
    weather.isCalm = true;
    const { engine } = await nodes.boot();
    for (const callee of called.toReversed()) await engine.versions.deploy(workspace, calleeText(callee, 1));
    for (const number of chosen) await engine.versions.deploy(workspace, documentText(number, 1));
    weather.isCalm = false;
    answered = startPeople({ ...shared, dice: dice.fork(), network });
    for (const workerId of workers) {
      const executor = workerId.slice(0, workerId.indexOf('-'));
      const isCutOff = (): boolean => mayhem.isCutOff(workerId);
      startExecutor({ ...shared, dice: dice.fork(), network, isCutOff }, { executor, workerId });
    }
  }

  /** Users start and meddle for as long as the faults last. */
  function populate(chaosMs: number): void {
    const client_ = dice.fork();
    const starts = client_.int(8, 40);
    for (let count = 0; count < starts; count += 1) time.after(client_.int(0, chaosMs), client.start);
    const meddling = weather.isFair && client_.chance(0.5) ? 0 : client_.int(0, 60);
    for (let count = 0; count < meddling; count += 1) time.after(client_.int(500, chaosMs), client.meddle);
    const bulks = meddling === 0 ? 0 : client_.int(0, 3);
    for (let count = 0; count < bulks; count += 1) time.after(client_.int(2_000, chaosMs), bulkCaller.act);
  }

  async function runUntil(until: number): Promise<void> {
    while (failure === undefined && time.now() < until && (await time.step()));
  }

  /** Resumes what is paused, sends the signals that are waited for, and at last cancels what waits on. */
  function tidy(calmForMs: number): void {
    for (const { shadow, id } of auditor.books.values()) {
      // Whoever is queued must be let in by itself.
      if (isEnded(shadow) || shadow.status === 'queued') continue;
      if (shadow.paused) void client.operate(id, { type: 'resume' });
      if (calmForMs > 60_000) sendAwaited(shadow);
      // Nothing else ends a function of this process that hangs without a timeout.
      const isAbandoned = target.hangs(id) || nodes.hasOverlapped();
      if (isAbandoned && calmForMs > 240_000) void client.operate(id, { type: 'cancel' });
      if (isAbandoned && calmForMs > 400_000) void client.operate(id, { type: 'terminate' });
    }
  }

  /** One signal for each way out of each wait. */
  function sendAwaited(shadow: ExecutionState): void {
    for (const { status, signal: only, awaits } of shadow.steps.values()) {
      if (status !== 'waiting') continue;
      for (const { signal: name, key } of awaits ?? [{ signal: only, key: undefined }]) {
        if (name === undefined) continue;
        const signal = { type: 'signal', name, payload: { n: 9 }, ...(key === undefined ? {} : { key }) } as const;
        void client.operate(shadow.id, signal);
      }
    }
  }

  async function calmDown(): Promise<void> {
    await mayhem.heal();
    const since = time.now();
    const isOver = (): boolean =>
      [...auditor.books.values()].every(({ shadow }) => isEnded(shadow)) &&
      [...disk.bulks.values()].every(({ endedAt }) => endedAt !== null);
    do {
      await runUntil(time.now() + 10_000);
      tidy(time.now() - since);
    } while (failure === undefined && !isOver() && time.now() - since < calmMaxMs);
    await runUntil(time.now() + 35_000);
    for (const id of auditor.books.keys()) client.look(id);
    await runUntil(time.now() + 5_000);
  }

  async function play(): Promise<void> {
    await boot();
    const chaosMs = dice.int(20_000, 90_000);
    populate(chaosMs);
    await runUntil(startOfTime + chaosMs);
    await calmDown();
    if (failure === undefined) {
      checkRest(auditor, disk, { ledger: client.ledger, answered, bulks: bulkCaller.asked });
    }
  }

  return {
    seed,
    broken,
    async run() {
      await play().catch(broken);
      return {
        seed,
        events: auditor.events(),
        executions: auditor.books.size,
        durationMs: time.now() - startOfTime,
        tally,
        hash: trace.hash(),
        failure,
        trace,
      };
    },
  };
}

const texts = new Map<string, string>();

function documentText(number: number, major: number): string {
  const key = `${number}/${major}`;
  const known =
    texts.get(key) ??
    generateWorkflow(makeDice(number * 10 + major), { name: `w${number}`, version: `${major}.0.0`, callees });
  texts.set(key, known);
  return known;
}

/** A workflow that others call; it calls those behind it in the list. */
function calleeText({ name, number }: { name: string; number: number }, major: number): string {
  const key = `${name}/${number}/${major}`;
  const version = `${major}.0.0`;
  const further = callees.slice(callees.indexOf(name) + 1);
  const dice = makeDice(500_000 + number * 10 + major);
  const known =
    texts.get(key) ?? generateWorkflow(dice, { name, version, callees: further }, { isShort: true, isSmall: true });
  texts.set(key, known);
  return known;
}
