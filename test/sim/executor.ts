/** An executor somewhere else: it claims tasks over the network, works, and does everything wrong that executors do. */
import type { StepError } from '../../src/core/errors.ts';
import type { HandedTask, TaskAnswer, TaskResult } from '../../src/engine/engine.ts';
import type { Json } from '../../src/kit/json.ts';
import type { Auditor } from './checks/auditor.ts';
import type { Dice } from './dice.ts';
import type { Network } from './network.ts';
import type { Tally } from './tally.ts';
import type { Target } from './target.ts';
import { claim } from './violation.ts';
import type { VirtualTime } from './virtual-time.ts';
import type { Hazard, Weather } from './weather.ts';

export interface ExecutorDeps {
  readonly time: VirtualTime;
  readonly dice: Dice;
  readonly weather: Weather;
  readonly tally: Tally;
  readonly network: Network;
  readonly target: Target;
  readonly auditor: Auditor;
  readonly workspace: string;
  /** A partition keeps this executor from every node. */
  readonly isCutOff: () => boolean;
}

type Fate = 'work' | 'crash' | 'hang' | 'late' | 'release';

const fates: readonly (readonly [Hazard, Fate, Parameters<Tally['fault']>[0]])[] = [
  ['executorCrash', 'crash', 'executor crash'],
  ['executorHang', 'hang', 'executor hang'],
  ['executorLate', 'late', 'executor late answer'],
  ['executorRelease', 'release', 'executor release'],
];

/** One in so many tasks kills whoever takes it up, each time, where executors crash at all. */
const poisonOneIn = 1_000;

function isPoison({ taskId }: HandedTask): boolean {
  let hash = 0;
  for (let place = 0; place < taskId.length; place += 1) hash = (Math.imul(hash, 31) + taskId.charCodeAt(place)) >>> 0;
  return hash % poisonOneIn === 0;
}

export function startExecutor(deps: ExecutorDeps, named: { executor: string; workerId: string }): void {
  const { time, dice, weather, tally, network, target, auditor, workspace } = deps;
  /** Counts the lives of the process: what an earlier one was doing is gone. */
  let life = 0;
  const pause = (delayMs: number): Promise<void> => new Promise((resolve) => time.after(delayMs, resolve));

  async function claimForever(): Promise<void> {
    for (;;) {
      if (weather.strikes('executorGone')) {
        tally.fault('executor gone between claims');
        await pause(dice.int(500, 5_000));
      }
      const waitMs = dice.pick([0, 1_000, 5_000, 20_000]);
      const request = { workspace, ...named, maxTasks: dice.int(1, 4), waitMs };
      try {
        const tasks = await network.ask({
          run: (engine) => engine.tasks.claim(request),
          seen: (handed) => handed.forEach(auditor.handed),
          patienceMs: waitMs + 3_000,
          isCutOff: deps.isCutOff,
        });
        for (const task of tasks) void work(task, life);
        if (tasks.length === 0) await pause(waitMs === 0 ? 1_500 : 50);
      } catch {
        await pause(dice.int(100, 1_000));
      }
    }
  }

  function fateOf(task: HandedTask): Fate {
    if (weather.shares.executorCrash > 0 && isPoison(task)) return 'crash';
    for (const [hazard, fate, kind] of fates) {
      if (!weather.strikes(hazard)) continue;
      tally.fault(kind);
      return fate;
    }
    return 'work';
  }

  async function work(task: HandedTask, bornIn: number): Promise<void> {
    const fate = fateOf(task);
    if (fate === 'release') return void (await release(task));
    if (fate === 'crash') life += 1;
    const isGone = (): boolean => life !== bornIn;
    if (fate === 'hang') return beat(task, dice.chance(0.5) ? 0 : 90_000, isGone);
    const durationMs =
      fate === 'late' ? dice.int(31_000, 60_000) : dice.chance(0.1) ? dice.int(1_000, 6_000) : dice.int(1, 150);
    const result = resultOf(task);
    if (durationMs > 1_500 && fate !== 'late') await beat(task, durationMs, isGone);
    else await pause(durationMs);
    if (isGone()) return;
    await answer(task, result);
  }

  function resultOf(task: HandedTask): TaskResult {
    const { taskId, leaseToken } = task;
    const { executionId } = task;
    const attempt = taskId.slice(executionId.length + 1);
    if (!weather.isCalm && dice.chance(0.25)) {
      const error: StepError = { code: dice.pick(['E1', 'E2', 'E3']), message: 'it went wrong' };
      return { taskId, leaseToken, status: 'failed', error: dice.chance(0.1) ? { ...error, retryable: false } : error };
    }
    const fresh: Json = {
      n: dice.int(0, 9),
      key: task.idempotencyKey,
      text: dice.chance(0.01) ? 'x'.repeat(20_000) : '',
    };
    const output = target.apply(task.idempotencyKey, fresh);
    target.answered(executionId, attempt, output);
    return { taskId, leaseToken, status: 'completed', output };
  }

  /** Heartbeats until the time is over or the lease is. */
  async function beat(task: HandedTask, durationMs: number, isGone: () => boolean): Promise<void> {
    const { taskId, leaseToken } = task;
    for (let spentMs = 0; spentMs < durationMs && !isGone(); spentMs += 1_500) {
      await pause(Math.min(1_500, durationMs - spentMs));
      try {
        const [answered] = await network.ask({
          run: (engine) => engine.tasks.heartbeat(workspace, [{ taskId, leaseToken }]),
          isCutOff: deps.isCutOff,
          patienceMs: 1_000,
        });
        if (!answered?.cancelRequested) continue;
        tally.saw('heartbeat told to cancel');
        return;
      } catch {
        // An executor that cannot be heard works on.
      }
    }
  }

  async function answer(task: HandedTask, result: TaskResult): Promise<void> {
    if (weather.strikes('executorWrongToken')) {
      tally.fault('executor wrong token');
      await complete({ ...result, leaseToken: 'made-up' }, (answered) =>
        claim(!answered.accepted, 'I9', () => `${task.taskId} was completed under a made-up token`),
      ).catch(() => undefined);
    }
    for (let attempt = 1; attempt <= 6; attempt += 1) {
      try {
        await complete(result);
        break;
      } catch {
        await pause(200 * attempt);
      }
    }
    if (!weather.strikes('executorDuplicate')) return;
    tally.fault('executor duplicate answer');
    await pause(dice.int(0, 3_000));
    await complete(result).catch(() => undefined);
  }

  /** Every other result takes work in the same call. */
  async function complete(result: TaskResult, check?: (answer: TaskAnswer) => void): Promise<void> {
    const request = { workspace, ...named, maxTasks: dice.int(1, 4), waitMs: 0 };
    const isExchange = dice.chance(0.5);
    const { tasks } = await network.ask({
      run: async (engine) =>
        isExchange
          ? await engine.tasks.completeAndClaim([result], request)
          : { answers: await engine.tasks.complete(workspace, [result]), tasks: [] },
      seen({ answers, tasks: handed }) {
        for (const answered of answers) {
          check?.(answered);
          if (answered.accepted) auditor.accepted(answered.taskId, result.leaseToken);
          else tally.saw('stale result refused');
        }
        handed.forEach(auditor.handed);
      },
      mayDouble: true,
      isCutOff: deps.isCutOff,
    });
    if (tasks.length > 0) tally.saw('work taken with a result');
    for (const task of tasks) void work(task, life);
  }

  async function release({ taskId, leaseToken }: HandedTask): Promise<void> {
    const run = {
      run: (engine: Parameters<Parameters<Network['ask']>[0]['run']>[0]) =>
        engine.tasks.release(workspace, [{ taskId, leaseToken }]),
    };
    await network.ask({ ...run, isCutOff: deps.isCutOff }).catch(() => undefined);
  }

  void claimForever();
}
