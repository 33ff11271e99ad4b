/**
 * What people are asked: their list, and taking a task, giving it back, answering it.
 *
 * A list is read from rows; whether somebody may act and whether an answer fits is asked of the execution itself. An answer
 * is checked before it becomes a fact: one that does not fit is told what is wrong, and moves nothing. Between the check
 * and the move the task may be taken by others; then `admit` refuses the fact.
 */
import { admit, type Refusal } from '../../core/admit/admit.ts';
import { checkAnswer, type GivenAnswer, outcomesDefault } from '../../core/check-answer.ts';
import type { Fact, Person } from '../../core/facts.ts';
import type { HumanWork } from '../../core/program.ts';
import { type HumanTask, inputOf } from '../../core/state.ts';
import { present } from '../../kit/assert.ts';
import { Fault } from '../../kit/fault.ts';
import type { Json } from '../../kit/json.ts';
import type { HumanTaskQuery, StoredHumanTask } from '../../storage/human-tasks.ts';
import type { Store } from '../../storage/store.ts';
import type { Caller, HumanTaskDesk, HumanTaskDetail } from '../engine.ts';
import type { Advanced, Live, UntimedFact } from '../moves/live.ts';
import type { Mailboxes } from '../moves/mailbox.ts';
import { copyJson, findUnstorableText } from '../moves/storable.ts';

export interface HumanTasksDeps {
  readonly store: Store;
  readonly mailboxes: Pick<Mailboxes, 'read' | 'submitAll'>;
}

export function openHumanTasks({ store, mailboxes }: HumanTasksDeps): HumanTaskDesk {
  async function find(workspace: string, humanTaskId: string): Promise<StoredHumanTask> {
    const row = await store.humanTasks.find(workspace, humanTaskId);
    if (row) return row;
    throw new Fault('HUMAN_TASK_NOT_FOUND', `there is no human task ${humanTaskId}; list them with GET /human-tasks`);
  }

  function read<T>(executionId: string, project: (live: Live) => T): Promise<T> {
    return new Promise((resolve, reject) =>
      mailboxes.read(executionId, {
        failed: reject,
        take(live) {
          try {
            resolve(project(live));
          } catch (error) {
            reject(error);
          }
        },
      }),
    );
  }

  async function detail(row: StoredHumanTask): Promise<HumanTaskDetail> {
    return read(row.executionId, (live) => {
      const work = workOf(live, row);
      const step = live.state.steps.get(row.step);
      const node = live.program?.nodes.get(row.name)?.step;
      return {
        ...row,
        description: node?.description,
        form: node?.type === 'human_task' ? node.form : undefined,
        outcomes: work.outcomes ?? outcomesDefault,
        input: step && taskOf(live, row) ? inputOf(live.state, step) : null,
      };
    });
  }

  async function act(caller: Caller, humanTaskId: string, type: 'human.claimed' | 'human.unclaimed') {
    const row = await find(caller.workspace, humanTaskId);
    await submit(row, { type, ...attemptOf(row), ...personOf(caller) });
    return detail(await find(caller.workspace, humanTaskId));
  }

  /** A repeat is told that it was done, which only what is durable can say. */
  async function submit({ executionId }: StoredHumanTask, fact: UntimedFact): Promise<void> {
    const advanced = await new Promise<Advanced>((settle) =>
      mailboxes.submitAll(executionId, [{ fact, settle, claims: undefined, needsProof: true }]),
    );
    if (advanced.ok) return;
    if ('fault' in advanced) throw advanced.fault;
    const refusal = present('refusal' in advanced ? advanced.refusal : undefined, 'the reason of a refusal');
    if (refusal.code !== 'REPEATED') throw refused(refusal);
  }

  return {
    async list(query: HumanTaskQuery) {
      return store.humanTasks.list(query);
    },
    async get(workspace, humanTaskId) {
      return detail(await find(workspace, humanTaskId));
    },
    claim: (caller, humanTaskId) => act(caller, humanTaskId, 'human.claimed'),
    unclaim: (caller, humanTaskId) => act(caller, humanTaskId, 'human.unclaimed'),
    async complete(caller, humanTaskId, { comment, id, ...given }) {
      const row = await find(caller.workspace, humanTaskId);
      refuseUnstorable(given.answer);
      const about = { ...(comment === undefined ? {} : { comment }), ...(id === undefined ? {} : { id }) };
      const fact = { type: 'human.answered', ...attemptOf(row), ...personOf(caller), ...about } as const;
      const answer = await read(row.executionId, (live) => {
        refuseAhead(live, { ...fact, outcome: '', answer: null });
        return checked(live, row, given);
      });
      await submit(row, { ...fact, ...answer });
      return detail(await find(caller.workspace, humanTaskId));
    },
  };
}

const attemptOf = ({ step, visit, attempt }: StoredHumanTask) => ({ step, visit, attempt });

const personOf = ({ name, isOperator }: Caller): Person => ({ by: name, isOperator });

function workOf(live: Live, row: StoredHumanTask): HumanWork {
  const work = live.program?.nodes.get(row.name)?.work;
  return present(work?.kind === 'human_task' ? work : undefined, `the human task ${row.name} of ${row.workflow}`);
}

/** The task of a row, where it is the newest of its step. */
function taskOf(live: Live, row: StoredHumanTask): HumanTask | undefined {
  const human = live.state.steps.get(row.step)?.human;
  return human?.visit === row.visit && human.attempt === row.attempt ? human : undefined;
}

/** Whoever may not answer learns that before anything of the form. */
function refuseAhead(live: Live, fact: UntimedFact): void {
  const refusal = admit(live.state, { ...fact, at: live.state.recordedAt } as Fact);
  if (refusal && refusal.code !== 'REPEATED') throw refused(refusal);
}

/** A repeat is not looked at: its answer was taken before. */
function checked(live: Live, row: StoredHumanTask, given: GivenAnswer): { answer: Json; outcome: string } {
  const answer = given.answer === undefined ? undefined : copyJson(given.answer);
  const task = taskOf(live, row);
  if (!task || task.endedAt !== undefined) return { answer: answer ?? null, outcome: given.outcome ?? '' };
  const outcome = checkAnswer(workOf(live, row), task, { answer, outcome: given.outcome });
  if (outcome.ok) return { answer: copyJson(outcome.answer), outcome: outcome.outcome };
  const [first] = outcome.errors;
  const message = `the answer does not fit: ${first?.message} (at ${first?.pointer})`;
  throw new Fault('ANSWER_INVALID', message, { detail: { errors: outcome.errors } });
}

function refuseUnstorable(answer: Json | undefined): void {
  const found = answer === undefined ? undefined : findUnstorableText(answer);
  if (found) throw new Fault('ANSWER_INVALID', `the answer cannot be kept: ${found}`);
}

function refused({ code, message }: Refusal): Fault {
  if (code === 'NOT_ASSIGNED') return new Fault('FORBIDDEN', message);
  if (code === 'EXECUTION_GONE') return new Fault('EXECUTION_NOT_FOUND', message);
  return new Fault('STATE_CONFLICT', message, { detail: { reason: code } });
}
