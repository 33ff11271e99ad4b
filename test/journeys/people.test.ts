/** Executions that wait for people and for signals: answered, refused, forgotten, handed on, and all of it across a kill. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { type Caller, openCaller } from '../support/api-caller.ts';
import { runCommand } from '../support/example.ts';
import { openPlatform, type PlatformProcess, until } from '../support/platform.ts';

const workflow = (name: string, steps: string): string => `apiVersion: workflow.magic-flow.io/v2
kind: Workflow
metadata: { name: ${name}, version: v1.0.0 }
spec:
  steps:
${steps}`;

const approval = workflow(
  'approval',
  `
    - name: review
      type: human_task
      title: "Pay \${input.sum} to \${input.to}?"
      assignee: [ada, finance]
      outcomes: [approved, rejected]
      input: { to: $.input.to }
      form:
        - { name: sum, type: number, required: true, min: 1, default: $.input.sum }
        - { name: paid_on, type: date }
        - { name: account, type: select, options: [main, { value: tax, label: Taxes }] }
    - name: booked
      type: transform
      when: $.review.outcome == "approved"
      mapping: { sum: $.review.answer.sum, by: $.review.answered_by }
`,
);
const patience = workflow(
  'patience',
  `
    - name: review
      type: human_task
      assignee: ada
      escalation: [{ after: 1500ms, assignee: boss }, { after: 2s, assignee: [boss, ceo] }]
      timeout: 4s
      on_timeout: nobody
    - { name: done, type: transform, mapping: { by: $.review.answered_by } }
    - { name: nobody, type: transform, mapping: { late: true, why: $.error.code }, on_success: end }
`,
);
const forgetful = workflow(
  'forgetful',
  `
    - { name: review, type: human_task, assignee: ada, timeout: "\${execution.attempt == 1 ? '200ms' : '10m'}" }
    - { name: rest, type: wait, duration: 10ms }
    - { name: done, type: transform, mapping: { by: $.review.answered_by } }
`,
);
const payments = workflow(
  'payments',
  `
    - { name: two, type: wait, signal: paid, key: $.input.order, take: 2 }
    - name: decision
      type: wait
      any:
        - { name: approved, signal: decision, condition: $.signal.ok }
        - { name: refused, signal: decision }
        - { name: late, duration: 2s }
    - { name: done, type: transform, mapping: { sums: $.two, which: $.decision.which } }
`,
);

describe('people', () => {
  let platform: PlatformProcess;
  const people = new Map<string, Caller & { readonly token: string }>();
  before(async () => {
    platform = await openPlatform({ willBeKilled: true });
    for (const name of ['ada', 'boss', 'eve']) {
      const { token } = await platform.post('tokens', { name, role: 'person' });
      people.set(name, { ...openCaller(platform.url, token), token });
    }
    await platform.deploy(approval, patience, forgetful, payments);
  });
  after(async () => {
    await platform?.close();
  });

  const as = (name: string): Caller & { readonly token: string } => {
    const person = people.get(name);
    assert.ok(person, name);
    return person;
  };
  const start = async (name: string, input: object = {}): Promise<string> =>
    (await platform.post(`workflows/${name}/execute`, { input })).execution_id;
  /** The newest task of an execution. */
  const taskOf = (executionId: string) =>
    until(
      async () => {
        const { human_tasks: tasks } = await platform.get('human-tasks?limit=200');
        return tasks.find((task: { execution_id: string }) => task.execution_id === executionId);
      },
      { what: 'a human task' },
    );
  /** The first one timed out; the retry asks again, with more time. */
  async function secondTask(executionId: string) {
    assert.equal((await platform.ended(executionId)).error.code, 'TIMEOUT');
    await platform.post(`executions/${executionId}/retry`);
    return taskOf(executionId);
  }
  const answer = (name: string, id: string, body: object, headers = {}) =>
    as(name).call(`POST /api/v1/human-tasks/${id}/complete`, { body, headers });

  test('an assignee finds the task, claims it, answers it, and the execution goes on with the answer', async () => {
    const executionId = await start('approval', { sum: 12, to: 'Bob' });
    const { id, title } = await taskOf(executionId);
    assert.equal(title, 'Pay 12 to Bob?');
    assert.equal((await platform.get(`executions/${executionId}`)).status, 'waiting');
    const mine = await as('ada').get('human-tasks?status=open&assignee=ada');
    assert.ok(mine.human_tasks.some((task: { id: string }) => task.id === id));
    assert.deepEqual((await as('ada').get(`human-tasks/${id}`)).input, { to: 'Bob' });
    assert.equal((await as('ada').post(`human-tasks/${id}/claim`)).claimed_by, 'ada');
    const body = {
      answer: { sum: 10, paid_on: '2026-03-04', account: 'tax' },
      outcome: 'approved',
      comment: 'a discount',
    };
    assert.equal((await answer('ada', id, body)).status, 200);
    const ended = await platform.ended(executionId);
    assert.equal(ended.status, 'completed');
    assert.deepEqual([ended.output.sum, ended.output.by, ended.output.comment], [10, 'ada', 'a discount']);
  });

  test('an answer that does not fit is refused with its places, and what was there is there', async () => {
    const executionId = await start('approval', { sum: 12, to: 'Bob' });
    const { id } = await taskOf(executionId);
    const wrong = { answer: { sum: 0, paid_on: 'today', account: 'other', tip: 1 }, outcome: 'approved' };
    const { status, body } = await answer('ada', id, wrong);
    assert.deepEqual([status, body.code], [422, 'ANSWER_INVALID']);
    const pointers = body.errors.map((error: { pointer: string }) => error.pointer).sort();
    assert.deepEqual(pointers, ['/answer', '/answer/account', '/answer/paid_on', '/answer/sum']);
    assert.equal((await answer('ada', id, { answer: {}, outcome: 'maybe' })).body.errors[0].pointer, '/outcome');
    assert.equal((await taskOf(executionId)).status, 'open');
    assert.equal((await answer('ada', id, { answer: {}, outcome: 'approved' })).status, 200);
    assert.equal((await platform.ended(executionId)).output.sum, 12);
  });

  test('a rejection needs no form, a second answer is 409, and strangers are refused', async () => {
    const executionId = await start('approval', { sum: 12, to: 'Bob' });
    const { id } = await taskOf(executionId);
    assert.equal((await answer('eve', id, { outcome: 'rejected' })).status, 403);
    assert.equal((await as('eve').call(`GET /api/v1/human-tasks/${id}`)).status, 403);
    assert.equal((await as('eve').call('GET /api/v1/executions')).status, 403);
    assert.equal((await answer('ada', id, { outcome: 'rejected', comment: 'too much' })).status, 200);
    const ended = await platform.ended(executionId);
    assert.deepEqual([ended.status, ended.steps[1].status, ended.output.outcome], ['completed', 'skipped', 'rejected']);
    const again = await answer('ada', id, { answer: { sum: 1 }, outcome: 'approved' });
    assert.deepEqual([again.status, again.body.code], [409, 'STATE_CONFLICT']);
  });

  test('without an answer the task goes on to the next ones, and after its timeout the flow to on_timeout', async () => {
    const executionId = await start('patience');
    const { id, assignees } = await taskOf(executionId);
    assert.deepEqual(assignees, ['ada']);
    await as('ada').post(`human-tasks/${id}/claim`);
    const escalated = await until(
      async () => {
        const task = await platform.get(`human-tasks/${id}`);
        return task.escalations === 2 ? task : undefined;
      },
      { what: 'the second escalation' },
    );
    assert.deepEqual([escalated.assignees, escalated.claimed_by, escalated.status], [['boss', 'ceo'], null, 'open']);
    assert.equal((await answer('ada', id, {})).status, 403);
    const ended = await platform.ended(executionId);
    assert.deepEqual([ended.status, ended.output], ['completed', { late: true, why: 'TIMEOUT' }]);
    assert.equal((await platform.get(`human-tasks/${id}`)).status, 'timed_out');
    assert.equal((await answer('boss', id, {})).status, 409);
  });

  test('whoever it went on to may answer it', async () => {
    const executionId = await start('patience');
    const { id } = await taskOf(executionId);
    await until(async () => (await answer('boss', id, {})).status === 200 || undefined, {
      what: 'the answer of the boss',
    });
    assert.equal((await platform.ended(executionId)).output.by, 'boss');
  });

  test("a task whose assignees have no value is nobody's, and fails", async () => {
    await platform.deploy(
      workflow(
        'nobodys',
        '    - { name: review, type: human_task, assignee: $.input.nobody, on_failure: sorry }\n    - { name: sorry, type: transform, mapping: { code: $.error.code } , on_success: end }',
      ),
    );
    const ended = await platform.ended(await start('nobodys'));
    assert.deepEqual([ended.status, ended.output], ['completed', { code: 'EXPRESSION_FAILED' }]);
    const { human_tasks: tasks } = await platform.get(`human-tasks?limit=200`);
    assert.ok(tasks.every((task: { execution_id: string }) => task.execution_id !== ended.execution_id));
  });

  test('a policy asks once more where nobody answered in time', async () => {
    await platform.deploy(
      workflow(
        'asking',
        '    - { name: review, type: human_task, assignee: ada, timeout: 1s, retry_config: { max_attempts: 20, backoff: fixed, initial_delay: 10ms } }',
      ),
    );
    const executionId = await start('asking');
    const { id: first } = await taskOf(executionId);
    const second = await until(
      async () => {
        const { id, status } = await taskOf(executionId);
        return id !== first && status === 'open' && (await answer('ada', id, {})).status === 200 ? id : undefined;
      },
      { what: 'the task of a later attempt, answered', deadlineMs: 15_000 },
    );
    const ended = await platform.ended(executionId);
    assert.deepEqual([ended.status, ended.steps[0].output.answered_by], ['completed', 'ada']);
    assert.ok(ended.steps[0].attempt > 1);
    assert.deepEqual(
      [(await platform.get(`human-tasks/${first}`)).status, (await platform.get(`human-tasks/${second}`)).status],
      ['timed_out', 'completed'],
    );
  });

  test('a task is cancelled with its execution', async () => {
    const executionId = await start('approval', { sum: 1, to: 'Bob' });
    const { id } = await taskOf(executionId);
    await platform.post(`executions/${executionId}/cancel`, { reason: 'not needed' });
    assert.equal((await platform.ended(executionId)).status, 'cancelled');
    assert.equal((await platform.get(`human-tasks/${id}`)).status, 'cancelled');
    assert.equal((await answer('ada', id, { outcome: 'rejected' })).status, 409);
  });

  test('a retry of the execution asks once more', async () => {
    const executionId = await start('forgetful');
    const { id: first } = await taskOf(executionId);
    const second = await secondTask(executionId);
    assert.notEqual(second.id, first);
    assert.equal((await answer('ada', second.id, {})).status, 200);
    assert.equal((await platform.ended(executionId)).output.by, 'ada');
  });

  test('an answer to a paused execution is kept, and it goes on when it is resumed', async () => {
    const executionId = await start('forgetful');
    const { id } = await secondTask(executionId);
    await platform.post(`executions/${executionId}/pause`);
    assert.equal((await answer('ada', id, {})).body.status, 'completed');
    const paused = await platform.get(`executions/${executionId}`);
    assert.deepEqual([paused.status, paused.steps[0].status], ['paused', 'completed']);
    await platform.post(`executions/${executionId}/resume`);
    assert.equal((await platform.ended(executionId)).output.by, 'ada');
  });

  test('a kill in the middle loses no task, no claim and no answer', async () => {
    const executionId = await start('approval', { sum: 5, to: 'Bob' });
    const waiting = await start('approval', { sum: 6, to: 'Bob' });
    const { id } = await taskOf(executionId);
    await as('ada').post(`human-tasks/${id}/claim`);
    const other = await taskOf(waiting);
    const key = { 'idempotency-key': 'the-click' };
    assert.equal((await answer('ada', other.id, { answer: {}, outcome: 'approved' }, key)).status, 200);
    await platform.kill();
    await platform.start();
    assert.deepEqual([(await platform.get(`human-tasks/${id}`)).claimed_by], ['ada']);
    assert.equal((await answer('ada', other.id, { answer: {}, outcome: 'approved' }, key)).status, 200);
    assert.equal((await answer('ada', id, { answer: { sum: 7 }, outcome: 'approved' }, key)).status, 200);
    assert.equal((await platform.ended(executionId)).output.sum, 7);
    assert.equal((await platform.ended(waiting)).output.sum, 6);
  });

  test('an escalation and a timeout that fall due while the server is down come when it is back', async () => {
    const executionId = await start('patience');
    const { id } = await taskOf(executionId);
    await platform.kill();
    await platform.start();
    assert.equal((await platform.ended(executionId)).output.late, true);
    const { body } = await platform.call(`GET /api/v1/executions/${executionId}/journal?limit=200`);
    const types = body.events.map((event: { type: string }) => event.type);
    assert.ok(types.includes('step.failed') && (await platform.get(`human-tasks/${id}`)).status === 'timed_out');
  });

  test('signals are kept by their key across a kill, and a wait for any goes on with the first to come', async () => {
    const executionId = await start('payments', { order: 'o-1' });
    const send = (name: string, body: object) => platform.post(`executions/${executionId}/signals/${name}`, body);
    await send('paid', { payload: 1, key: 'o-2' });
    await send('paid', { payload: 2, key: 'o-1' });
    await send('decision', { payload: { ok: true } });
    await send('decision', { payload: { ok: false } });
    await platform.kill();
    await platform.start();
    assert.equal((await platform.get(`executions/${executionId}`)).status, 'waiting');
    await send('paid', { payload: 3, key: 'o-1' });
    assert.deepEqual((await platform.ended(executionId)).output.sums, [2, 3]);
    assert.equal((await platform.get(`executions/${executionId}/results`)).output.which, 'approved');
  });

  test('a wait for any is over with its time where no signal comes', async () => {
    const executionId = await start('payments', { order: 'o-1' });
    for (const payload of [1, 2])
      await platform.post(`executions/${executionId}/signals/paid`, { payload, key: 'o-1' });
    assert.equal((await platform.ended(executionId)).output.which, 'late');
  });

  test('the command line lists, shows and answers, by the token of a person', async () => {
    const executionId = await start('approval', { sum: 8, to: 'Bob' });
    const { id } = await taskOf(executionId);
    const cli = (words: string) => runCommand(`bin/magicflow ${words}`, { url: platform.url, token: as('ada').token });
    assert.match(await cli('human-tasks list --status open'), new RegExp(`${id} +Pay 8 to Bob`));
    assert.match(await cli(`human-tasks show ${id}`), /sum +number +yes +8/);
    const done = await cli(`human-tasks complete ${id} --outcome approved --answer '{"sum":9}' --comment fine`);
    assert.equal(done, `${id} completed\n`);
    assert.equal((await platform.ended(executionId)).output.sum, 9);
    const signalled = await start('payments', { order: 'o-7' });
    const send = `bin/magicflow signal ${signalled} paid --key o-7 --payload 4`;
    for (let count = 0; count < 2; count += 1) await runCommand(send, platform);
    assert.deepEqual((await platform.ended(signalled)).output.sums, [4, 4]);
  });
});
