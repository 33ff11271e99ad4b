import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Fault, type FaultCode } from '../../kit/fault.ts';
import type { Json } from '../../kit/json.ts';
import type { StoredHumanTask } from '../../storage/human-tasks.ts';
import type { Caller, HumanTaskDetail } from '../engine.ts';
import { call, makeEngine, type Node, restarted, workspace } from '../make-engine.ts';

const statuses = ['open', 'claimed', 'completed', 'timed_out', 'cancelled'];
const person = (name: string, isOperator = false): Caller => ({ workspace, name, isOperator });
const ada = person('ada');
const isFault = (code: FaultCode) => (error: unknown) => Fault.is(error, code);

const list = async (
  node: Node,
  more: Partial<{ people: string[]; status: string[] }> = {},
): Promise<StoredHumanTask[]> => [
  ...(await node.engine.humanTasks.list({ workspace, status: statuses, limit: 100, ...more })).rows,
];
const only = async (node: Node): Promise<StoredHumanTask> => {
  const [row, ...others] = await list(node);
  assert.ok(row && others.length === 0, 'there is not exactly one human task');
  return row;
};
const complete = (node: Node, id: string, answer?: Json, more = {}): Promise<HumanTaskDetail> =>
  node.engine.humanTasks.complete(ada, id, { answer, outcome: undefined, ...more });

const form = 'form: [{name: sum, type: number, required: true, default: $.input.sum}]';

async function asking(
  fields = form,
  input: Json = { sum: 3 },
): Promise<{ node: Node; id: string; task: StoredHumanTask }> {
  const node = await makeEngine();
  await node.deploy(
    `steps:\n  - {name: ask, type: human_task, assignee: [ada, bob], ${fields}}\n  - {name: after, ${call}, input: $.ask}`,
  );
  const id = await node.start(input);
  return { node, id, task: await only(node) };
}

describe('the list of human tasks', () => {
  test('has a row for each, from the move that asks on', async () => {
    const { node, id, task } = await asking("title: 'Pay?', due: 1h");
    const { humanTaskId, executionId, title, status, assignees, step, visit, attempt, dueAt, createdAt } = task;
    assert.match(humanTaskId, new RegExp(`^human_${id.slice(5)}_[0-9a-f]{16}$`));
    assert.deepEqual(
      [executionId, title, status, assignees, step, visit, attempt],
      [id, 'Pay?', 'open', ['ada', 'bob'], 'ask', 1, 1],
    );
    assert.equal(dueAt, createdAt + 3_600_000);
    assert.deepEqual(await list(node, { people: ['eve'] }), []);
    assert.equal((await list(node, { people: ['bob'], status: ['open'] })).length, 1);
  });

  test('shows every visit of a step, also those that ended in the move that began the next', async () => {
    const node = await makeEngine();
    await node.deploy(`steps:
  - {name: ask, type: human_task, max_visits: 3, on_success: ask2}
  - {name: ask2, type: transform, mapping: 1, on_success: ask}`);
    await node.start();
    const first = await only(node);
    await complete(node, first.humanTaskId, 1);
    const rows = await list(node);
    assert.deepEqual(rows.map(({ visit, status }) => [visit, status]).sort(), [
      [1, 'completed'],
      [2, 'open'],
    ]);
    assert.equal((await node.engine.humanTasks.get(workspace, first.humanTaskId)).answer?.answer, 1);
  });

  test('says of a task that ended without an answer how', async () => {
    const { node, id } = await asking('timeout: 1h');
    await node.clock.advance(3_600_000);
    assert.deepEqual([(await only(node)).status, await node.status(id)], ['timed_out', 'failed']);
    await node.operate(id, { type: 'retry' });
    await node.operate(id, { type: 'cancel' });
    assert.deepEqual((await list(node)).map(({ attempt, status }) => [attempt, status]).sort(), [
      [1, 'timed_out'],
      [2, 'cancelled'],
    ]);
  });

  test('goes on to the next ones when nobody answers', async () => {
    const { node } = await asking('escalation: {after: 10m, assignee: boss}');
    await node.clock.advance(600_000);
    const { assignees, escalations } = await only(node);
    assert.deepEqual([assignees, escalations], [['boss'], 1]);
    assert.deepEqual(
      [(await list(node, { people: ['ada'] })).length, (await list(node, { people: ['boss'] })).length],
      [0, 1],
    );
  });
});

describe('answering a human task', () => {
  test('moves the execution on with the answer', async () => {
    const { node, task } = await asking();
    const done = await complete(node, task.humanTaskId, { sum: 7 }, { outcome: 'completed', comment: 'ok' });
    assert.deepEqual(
      [done.status, done.answer],
      ['completed', { by: 'ada', outcome: 'completed', answer: { sum: 7 }, comment: 'ok' }],
    );
    const handed = await node.claimOne();
    assert.deepEqual((handed.input as { answer: Json }).answer, { sum: 7 });
  });

  test('that does not fit is refused with its places, and nothing moves', async () => {
    const { node, id, task } = await asking();
    const { position } = await node.state(id);
    await assert.rejects(complete(node, task.humanTaskId, { sum: 'x' }), (error) => {
      assert.ok(Fault.is(error, 'ANSWER_INVALID'));
      assert.deepEqual(error.detail['errors'], [
        { code: 'TYPE', message: '"sum" must be number', pointer: '/answer/sum' },
      ]);
      return true;
    });
    await assert.rejects(complete(node, task.humanTaskId, { sum: 1 }, { outcome: 'maybe' }), isFault('ANSWER_INVALID'));
    await assert.rejects(complete(node, task.humanTaskId, { sum: 1, note: '\u0000' }), isFault('ANSWER_INVALID'));
    assert.equal((await node.state(id)).position, position);
    assert.equal((await complete(node, task.humanTaskId)).answer?.by, 'ada');
  });

  test('twice is refused; the same request again is answered as the first', async () => {
    const { node, task } = await asking();
    const first = await complete(node, task.humanTaskId, { sum: 1 }, { id: 'click' });
    assert.deepEqual(await complete(node, task.humanTaskId, { sum: 1 }, { id: 'click' }), first);
    await assert.rejects(complete(node, task.humanTaskId, { sum: 2 }), isFault('STATE_CONFLICT'));
    const bob = node.engine.humanTasks.complete(person('bob'), task.humanTaskId, {
      answer: {},
      outcome: undefined,
      id: 'click',
    });
    await assert.rejects(bob, isFault('STATE_CONFLICT'));
  });

  test('of two at once one counts', async () => {
    const { node, task } = await asking();
    const both = await Promise.allSettled([
      complete(node, task.humanTaskId, { sum: 1 }),
      complete(node, task.humanTaskId, { sum: 2 }),
    ]);
    assert.deepEqual(both.map(({ status }) => status).sort(), ['fulfilled', 'rejected']);
  });

  test('is for those it is assigned to, for an operator, and for nobody of another workspace', async () => {
    const { node, task } = await asking();
    const { humanTasks } = node.engine;
    const answer = { answer: { sum: 1 }, outcome: undefined };
    await assert.rejects(humanTasks.complete(person('eve'), task.humanTaskId, answer), isFault('FORBIDDEN'));
    const wrong = { answer: { sum: 'x' }, outcome: undefined };
    await assert.rejects(humanTasks.complete(person('eve'), task.humanTaskId, wrong), isFault('FORBIDDEN'));
    const stranger = { ...ada, workspace: 'other' };
    await assert.rejects(humanTasks.complete(stranger, task.humanTaskId, answer), isFault('HUMAN_TASK_NOT_FOUND'));
    await assert.rejects(humanTasks.get('other', task.humanTaskId), isFault('HUMAN_TASK_NOT_FOUND'));
    assert.equal((await humanTasks.complete(person('root', true), task.humanTaskId, answer)).answer?.by, 'root');
  });

  test('takes a claim, which keeps others out until it is given back', async () => {
    const { node, task } = await asking();
    const { humanTasks } = node.engine;
    const id = task.humanTaskId;
    assert.deepEqual(
      [(await humanTasks.claim(ada, id)).status, (await humanTasks.claim(ada, id)).claimedBy],
      ['claimed', 'ada'],
    );
    await assert.rejects(humanTasks.claim(person('bob'), id), isFault('STATE_CONFLICT'));
    await assert.rejects(
      humanTasks.complete(person('bob'), id, { answer: { sum: 1 }, outcome: undefined }),
      isFault('STATE_CONFLICT'),
    );
    assert.equal((await humanTasks.unclaim(person('root', true), id)).claimedBy, null);
    assert.equal((await humanTasks.claim(person('bob'), id)).claimedBy, 'bob');
  });

  test('of an execution that has ended is told what became of the task', async () => {
    const { node, id, task } = await asking();
    await node.operate(id, { type: 'cancel' });
    await assert.rejects(complete(node, task.humanTaskId, { sum: 1 }), /cancelled/);
  });

  test('a large answer is kept whole', async () => {
    const { node, id, task } = await asking('due: 1h');
    const long = 'x'.repeat(100_000);
    await complete(node, task.humanTaskId, { long });
    const again = await restarted(node);
    const [ask] = [...(await again.state(id)).steps.values()];
    assert.deepEqual(ask?.human?.answer?.answer, { long });
  });
});

describe('the details of a human task', () => {
  test('hold its form, its input and what stood in the form', async () => {
    const { node, task } = await asking(
      `${form}, description: Look well, outcomes: [yes, no], input: {why: $.input.sum}`,
    );
    const {
      description,
      outcomes,
      input,
      defaults,
      form: shown,
    } = await node.engine.humanTasks.get(workspace, task.humanTaskId);
    assert.deepEqual(
      { description, outcomes, input: { ...(input as object) }, defaults: { ...defaults } },
      { description: 'Look well', outcomes: ['yes', 'no'], input: { why: 3 }, defaults: { sum: 3 } },
    );
    assert.ok(shown && 'fields' in shown && shown.fields[0]?.name === 'sum');
  });
});

describe('a crash', () => {
  test('loses no task and no answer: whoever was not answered answers again', async () => {
    const { node, id, task } = await asking();
    node.fates.push('refused', 'refused', 'refused');
    const lost = assert.rejects(
      complete(node, task.humanTaskId, { sum: 1 }, { id: 'c' }),
      isFault('STORE_UNREACHABLE'),
    );
    await node.clock.advance(1_000);
    await lost;
    const again = await restarted(node);
    assert.equal((await only(again)).status, 'open');
    assert.equal((await complete(again, task.humanTaskId, { sum: 1 }, { id: 'c' })).status, 'completed');
    assert.equal((await again.state(id)).steps.get('ask')?.status, 'completed');
  });

  test('after an answer whose commit is unknown tells that it was taken', async () => {
    const { node, task } = await asking();
    node.fates.push('unknown', 'unknown', 'unknown');
    const lost = assert.rejects(
      complete(node, task.humanTaskId, { sum: 1 }, { id: 'c' }),
      isFault('STORE_UNREACHABLE'),
    );
    await node.clock.advance(1_000);
    await lost;
    const again = await restarted(node);
    assert.equal((await complete(again, task.humanTaskId, { sum: 1 }, { id: 'c' })).status, 'completed');
    await assert.rejects(complete(again, task.humanTaskId, { sum: 1 }, { id: 'd' }), isFault('STATE_CONFLICT'));
  });

  for (const act of ['claim', 'complete'] as const) {
    test(`tells nobody that a repeat was done when the ${act} that it repeats is lost`, async () => {
      const { node, id, task } = await asking();
      const rival = await restarted(node, { clock: node.clock });
      await rival.operate(id, { type: 'signal', name: 'go', payload: null });
      const once = () =>
        act === 'claim'
          ? node.engine.humanTasks.claim(ada, task.humanTaskId)
          : complete(node, task.humanTaskId, { sum: 1 }, { id: 'c' });
      // The first meets what the rival did, and both are decided once that is read.
      node.fates.push('kept', 'refused', 'refused', 'refused');
      const both = Promise.allSettled([once(), once()]);
      await node.clock.advance(10_000);
      assert.deepEqual(
        (await both).map(({ status }) => status),
        ['rejected', 'rejected'],
      );
      assert.equal((await only(await restarted(node))).status, 'open');
      await once();
    });
  }

  test('an escalation that fell due meanwhile comes after the restart', async () => {
    const { node } = await asking('escalation: {after: 10m, assignee: boss}');
    const again = await restarted(node);
    await again.clock.advance(600_000);
    assert.deepEqual((await only(again)).assignees, ['boss']);
  });
});
