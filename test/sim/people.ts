/** People: they look at what they are asked, take tasks, give them back, answer; wrongly, twice, too late, and for others. */
import type { AnswerRequest, Caller, HumanTaskDetail } from '../../src/engine/engine.ts';
import { Fault } from '../../src/kit/fault.ts';
import type { StoredHumanTask } from '../../src/storage/human-tasks.ts';
import type { MemoryDisk } from '../../src/storage/memory/memory-disk.ts';
import type { Dice } from './dice.ts';
import { people } from './generate-waits.ts';
import { Lost, type Network } from './network.ts';
import type { Tally } from './tally.ts';
import { claim } from './violation.ts';
import type { VirtualTime } from './virtual-time.ts';
import type { Weather } from './weather.ts';

export interface PeopleDeps {
  readonly time: VirtualTime;
  readonly dice: Dice;
  readonly weather: Weather;
  readonly tally: Tally;
  readonly network: Network;
  readonly disk: MemoryDisk;
  readonly workspace: string;
  readonly broken: (error: unknown) => void;
}

/** By task, who was told that their answer counts. */
export type Answered = ReadonlyMap<string, string>;

const everyStatus = ['open', 'claimed', 'completed', 'timed_out', 'cancelled'];

export function startPeople(deps: PeopleDeps): Answered {
  const { time, dice, weather, tally, network, disk, workspace } = deps;
  const answered = new Map<string, string>();
  let requests = 0;

  async function round(): Promise<void> {
    try {
      const isLate = !weather.isCalm && dice.chance(0.1);
      const status = isLate ? everyStatus : ['open', 'claimed'];
      const query = { workspace, status, limit: 20, ...(dice.chance(0.3) ? { people: [dice.pick(people), ''] } : {}) };
      const { rows } = await network.ask({ run: (engine) => engine.humanTasks.list(query) });
      const share = isLate ? 0.1 : 0.5;
      for (const row of rows) if (dice.chance(weather.isCalm ? 1 : share)) await act(row);
    } catch (error) {
      if (!isExpected(error)) deps.broken(error);
    }
    time.after(dice.int(500, 4_000), () => void round());
  }

  async function act(row: StoredHumanTask): Promise<void> {
    if (row.endedAt !== null) tally.fault('person too late');
    const caller = callerFor(row);
    const number = dice.int(1, 100);
    if (!weather.isCalm && number <= 20) return void (await claimTask(row, caller));
    if (!weather.isCalm && number <= 27) return void (await attempt((desk) => desk.unclaim(caller, row.humanTaskId)));
    await answer(row, caller);
  }

  /** Mostly one whose task it is. */
  function callerFor({ assignees, claimedBy }: StoredHumanTask): Caller {
    const number = dice.int(1, 100);
    const isOther = !weather.isCalm && number <= 15;
    const isOperator = number > 90 || (weather.isCalm && claimedBy === 'root');
    const theirs = claimedBy ?? dice.pick(assignees.length > 0 ? assignees : people);
    return { workspace, name: isOperator ? 'root' : isOther ? dice.pick(people) : theirs, isOperator };
  }

  async function claimTask(row: StoredHumanTask, caller: Caller): Promise<void> {
    const taken = await attempt((desk) => desk.claim(caller, row.humanTaskId), {
      seen: () => {
        const kept = disk.humanTasks.get(row.humanTaskId);
        claim(
          kept && kept.position >= row.position,
          'I1',
          () => `${row.humanTaskId} was claimed before it was durable`,
        );
      },
    });
    if (taken) tally.saw('human task claimed');
  }

  async function answer(row: StoredHumanTask, caller: Caller): Promise<void> {
    // What somebody else has claimed must be given back first.
    if (weather.isCalm && row.claimedBy !== null && row.claimedBy !== caller.name) {
      await attempt((desk) => desk.unclaim({ ...caller, name: 'root', isOperator: true }, row.humanTaskId));
    }
    const request = requestFor(await attempt((desk) => desk.get(workspace, row.humanTaskId)));
    const times = dice.chance(0.2) ? 2 : 1;
    if (times === 2) tally.fault('person answers twice');
    for (let time = 0; time < times; time += 1) {
      await attempt((desk) => desk.complete(caller, row.humanTaskId, request), {
        seen: () => told(row, caller),
        mayDouble: true,
      });
    }
  }

  function requestFor(task: HumanTaskDetail | undefined): AnswerRequest {
    requests += 1;
    const id = dice.chance(0.7) ? { id: `answer-${requests}` } : {};
    if (!weather.isCalm && dice.chance(0.15)) {
      tally.fault('person answers wrongly');
      return { answer: { n: dice.pick(['many', 6]) }, outcome: dice.chance(0.5) ? 'maybe' : undefined, ...id };
    }
    const outcome = dice.pick(task?.outcomes ?? ['completed']);
    return { answer: { n: dice.int(0, 5) }, outcome, comment: 'looked at it', ...id };
  }

  /** The engine says that this person's answer counts. */
  function told({ humanTaskId, executionId }: StoredHumanTask, { name }: Caller): void {
    const row = disk.humanTasks.get(humanTaskId);
    // Retention may be faster than the answer's way back.
    const isDurable = row?.answer?.by === name || !disk.views.has(executionId);
    claim(isDurable, 'I1', () => `${humanTaskId}: ${name} was told of an answer that is not durable`);
    const earlier = answered.get(humanTaskId);
    claim(
      earlier === undefined || earlier === name,
      'I3',
      () => `${humanTaskId}: the answers of ${earlier} and ${name} count`,
    );
    answered.set(humanTaskId, name);
    tally.saw('human task answered');
  }

  type Desk = Parameters<Parameters<Network['ask']>[0]['run']>[0]['humanTasks'];

  /** Undefined where it was refused, or nobody answered. */
  async function attempt(
    run: (desk: Desk) => Promise<HumanTaskDetail>,
    { seen = () => undefined, mayDouble = false }: { seen?: () => void; mayDouble?: boolean } = {},
  ): Promise<HumanTaskDetail | undefined> {
    try {
      return await network.ask({ run: (engine) => run(engine.humanTasks), seen, mayDouble });
    } catch (error) {
      if (Fault.is(error, 'FORBIDDEN')) tally.fault('person acts for others');
      if (!isExpected(error)) deps.broken(error);
      return undefined;
    }
  }

  void round();
  return answered;
}

/** Answers that a person must be ready for. */
function isExpected(error: unknown): boolean {
  if (error instanceof Lost) return true;
  const codes = ['STORE_UNREACHABLE', 'STORE_FULL', 'STATE_CONFLICT', 'FORBIDDEN', 'ANSWER_INVALID', 'SHUTTING_DOWN'];
  // Of an execution that was removed between two looks.
  const gone = ['HUMAN_TASK_NOT_FOUND', 'EXECUTION_NOT_FOUND'];
  return Fault.is(error) && [...codes, ...gone].includes(error.code);
}
