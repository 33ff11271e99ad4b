import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { call as callStep, makeEngine, type Node } from '../../engine/make-engine.ts';
import { openTestApi, type TestApi } from '../test-api.ts';

const tasks = '/api/v1/human-tasks';
/** The tokens of the test API are named like their roles. */
const spec = `steps:
  - name: approve
    type: human_task
    title: "Pay \${input.sum}?"
    description: Look at the bill
    assignee: [person, finance]
    due: 2h
    outcomes: [approved, rejected]
    input: {sum: $.input.sum}
    form:
      - {name: sum, type: number, required: true, label: Sum, default: $.input.sum}
      - {name: why, type: select, options: [bill, {value: 2, label: Second}]}
  - {name: pay, ${callStep}, input: $.approve.answer}`;

interface Subject extends TestApi {
  readonly node: Node;
  readonly executionId: string;
  /** Of the one task there is. */
  readonly id: string;
}

async function asked(text = spec): Promise<Subject> {
  const node = await makeEngine();
  const api = await openTestApi({ over: node.engine, clock: node.clock });
  await node.deploy(text);
  const executionId = await node.start({ sum: 3 });
  const { body } = await api.call(`GET ${tasks}`);
  const [task] = body['human_tasks'] as { id: string }[];
  assert.ok(task);
  return { ...api, node, executionId, id: task.id };
}
const idsOf = ({ body }: { body: Record<string, unknown> }): string[] =>
  (body['human_tasks'] as { id: string }[]).map(({ id }) => id);

describe('reading what people are asked', () => {
  test('a task shows its question, its form with what stands in it, and its input', async () => {
    const { call, id, executionId } = await asked();
    const { status, body } = await call(`GET ${tasks}/${id}`);
    assert.equal(status, 200);
    const { created_at: createdAt, due_at: dueAt, answer_schema: schema, ...rest } = body;
    assert.equal(Date.parse(String(dueAt)) - Date.parse(String(createdAt)), 7_200_000);
    assert.deepEqual((schema as { required: string[] }).required, ['sum']);
    assert.deepEqual(rest, {
      id,
      execution_id: executionId,
      workflow_name: 'flow',
      version: '1.0.0',
      step: 'approve',
      visit: 1,
      attempt: 1,
      title: 'Pay 3?',
      status: 'open',
      assignees: ['person', 'finance'],
      claimed_by: null,
      escalations: 0,
      completed_at: null,
      outcome: null,
      answered_by: null,
      description: 'Look at the bill',
      fields: [
        { name: 'sum', type: 'number', required: true, label: 'Sum', default: 3 },
        {
          name: 'why',
          type: 'select',
          required: false,
          options: [{ value: 'bill' }, { value: 2, label: 'Second' }],
          default: null,
        },
      ],
      outcomes: ['approved', 'rejected'],
      input: { sum: 3 },
      answer: null,
      comment: null,
    });
  });

  test('the step of the execution names it, and the execution waits', async () => {
    const { call, id, executionId } = await asked();
    const { body } = await call(`GET /api/v1/executions/${executionId}`);
    const [step] = body['steps'] as { human_task_id: string; status: string; type: string }[];
    assert.deepEqual(
      [body['status'], step?.status, step?.type, step?.human_task_id],
      ['waiting', 'waiting', 'human_task', id],
    );
  });

  test('lists filter by assignee, status and workflow, and go on by cursor', async () => {
    const { call, node, id } = await asked();
    await node.clock.advance(1_000);
    await node.start({ sum: 4 });
    const all = idsOf(await call(`GET ${tasks}`));
    assert.deepEqual([all.length, all[1]], [2, id]);
    const first = await call(`GET ${tasks}?limit=1`);
    const { next_cursor: cursor, has_more: hasMore } = first.body['pagination'] as Record<string, unknown>;
    assert.equal(hasMore, true);
    assert.deepEqual(idsOf(await call(`GET ${tasks}?limit=1&cursor=${cursor}`)), [id]);
    assert.deepEqual(idsOf(await call(`GET ${tasks}?assignee=finance&status=open&workflow=flow`)), all);
    for (const query of ['assignee=eve', 'status=completed,claimed', 'workflow=other']) {
      assert.deepEqual(idsOf(await call(`GET ${tasks}?${query}`)), [], query);
    }
  });

  test('a person sees what is theirs or nobody’s, and nothing else', async () => {
    const theirs = await asked();
    assert.deepEqual(idsOf(await theirs.call(`GET ${tasks}`, undefined, { as: 'person' })), [theirs.id]);
    assert.deepEqual(idsOf(await theirs.call(`GET ${tasks}?assignee=person`, undefined, { as: 'person' })), [
      theirs.id,
    ]);
    assert.equal((await theirs.call(`GET ${tasks}?assignee=finance`, undefined, { as: 'person' })).status, 403);
    const others = await asked('steps:\n  - {name: ask, type: human_task, assignee: boss}');
    assert.deepEqual(idsOf(await others.call(`GET ${tasks}`, undefined, { as: 'person' })), []);
    assert.equal((await others.call(`GET ${tasks}/${others.id}`, undefined, { as: 'person' })).status, 403);
    assert.equal((await others.call(`GET ${tasks}/${others.id}`, undefined, { as: 'viewer' })).status, 200);
    const anyones = await asked('steps:\n  - {name: ask, type: human_task}');
    assert.deepEqual(idsOf(await anyones.call(`GET ${tasks}`, undefined, { as: 'person' })), [anyones.id]);
    assert.equal((await anyones.call(`GET ${tasks}/${anyones.id}`, undefined, { as: 'person' })).status, 200);
  });

  test('another workspace sees none of it', async () => {
    const { call, id } = await asked();
    assert.deepEqual(idsOf(await call(`GET ${tasks}`, undefined, { as: 'stranger' })), []);
    for (const line of [`GET ${tasks}/${id}`, `POST ${tasks}/${id}/claim`, `POST ${tasks}/${id}/complete`]) {
      const answer = await call(line, line.startsWith('POST') ? {} : undefined, { as: 'stranger' });
      assert.deepEqual([answer.status, answer.body['code']], [404, 'HUMAN_TASK_NOT_FOUND'], line);
    }
  });
});

describe('answering by HTTP', () => {
  test('says who answered, and the execution goes on with it', async () => {
    const { call, id, node } = await asked();
    const body = { answer: { sum: 5 }, outcome: 'approved', comment: 'fine' };
    const answer = await call(`POST ${tasks}/${id}/complete`, body, { as: 'person' });
    assert.equal(answer.status, 200);
    const { status, outcome, answered_by: by, comment, answer: kept } = answer.body;
    assert.deepEqual(
      { status, outcome, by, comment, kept },
      {
        status: 'completed',
        outcome: 'approved',
        by: 'person',
        comment: 'fine',
        kept: { sum: 5 },
      },
    );
    assert.deepEqual((await node.claimOne()).input, { sum: 5 });
  });

  test('that does not fit is 422 with the place of each problem, and the next one counts', async () => {
    const { call, id } = await asked();
    const wrong = { answer: { sum: 'many', why: 3, more: 1 }, outcome: 'approved' };
    const { status, body } = await call(`POST ${tasks}/${id}/complete`, wrong, { as: 'person' });
    assert.deepEqual([status, body['code']], [422, 'ANSWER_INVALID']);
    assert.deepEqual((body['errors'] as { pointer: string }[]).map(({ pointer }) => pointer).sort(), [
      '/answer',
      '/answer/sum',
      '/answer/why',
    ]);
    const noOutcome = await call(`POST ${tasks}/${id}/complete`, { answer: { sum: 1 } }, { as: 'person' });
    assert.equal((noOutcome.body['errors'] as { pointer: string }[])[0]?.pointer, '/outcome');
    assert.equal((await call(`POST ${tasks}/${id}/complete`, { outcome: 'rejected' }, { as: 'person' })).status, 200);
  });

  test('twice is 409, and the same request again is answered as the first', async () => {
    const { call, id } = await asked();
    const body = { answer: { sum: 5 }, outcome: 'approved' };
    const options = { as: 'person', headers: { 'idempotency-key': 'click' } } as const;
    const first = await call(`POST ${tasks}/${id}/complete`, body, options);
    assert.deepEqual((await call(`POST ${tasks}/${id}/complete`, body, options)).body, first.body);
    const second = await call(`POST ${tasks}/${id}/complete`, body, { as: 'person' });
    assert.deepEqual([second.status, second.body['code']], [409, 'STATE_CONFLICT']);
    assert.match(String(second.body['detail']), /person answered it/);
  });

  test('a claim keeps others out until it is given back; an operator may take it away', async () => {
    const { call, id } = await asked();
    const claimed = await call(`POST ${tasks}/${id}/claim`, {}, { as: 'person' });
    assert.deepEqual([claimed.body['status'], claimed.body['claimed_by']], ['claimed', 'person']);
    const body = { answer: { sum: 1 }, outcome: 'approved' };
    assert.equal((await call(`POST ${tasks}/${id}/complete`, body, { as: 'operator' })).status, 409);
    assert.equal((await call(`POST ${tasks}/${id}/unclaim`, {}, { as: 'operator' })).body['status'], 'open');
    assert.equal(
      (await call(`POST ${tasks}/${id}/complete`, body, { as: 'operator' })).body['answered_by'],
      'operator',
    );
  });

  test('of a task that is somebody else’s is 403 for a person', async () => {
    const { call, id } = await asked('steps:\n  - {name: ask, type: human_task, assignee: boss}');
    for (const verb of ['claim', 'unclaim', 'complete']) {
      assert.equal((await call(`POST ${tasks}/${id}/${verb}`, {}, { as: 'person' })).status, 403, verb);
    }
  });

  test('the journal tells it all, by names that callers know', async () => {
    const { call, id, executionId } = await asked(
      spec.replace('due: 2h', 'due: 2h\n    escalation: {after: 3h, assignee: boss}'),
    );
    await call(`POST ${tasks}/${id}/claim`, {}, { as: 'person' });
    await call(`POST ${tasks}/${id}/complete`, { outcome: 'rejected', comment: 'no' }, { as: 'person' });
    const { body } = await call(`GET /api/v1/executions/${executionId}/journal`);
    const events = body['events'] as Record<string, unknown>[];
    const waiting = events.find(({ type }) => type === 'step.waiting')?.['human'] as Record<string, unknown>;
    assert.match(String(waiting['due_at']), /^\d{4}-.*Z$/);
    assert.match(String((waiting['escalations'] as { due_at: string }[])[0]?.due_at), /^\d{4}-.*Z$/);
    const answered = events.find(({ type }) => type === 'human.answered');
    assert.deepEqual([answered?.['by'], answered?.['outcome'], answered?.['comment']], ['person', 'rejected', 'no']);
    assert.ok(events.some(({ type, by }) => type === 'human.claimed' && by === 'person'));
  });
});

describe('sending a signal by HTTP', () => {
  const waits = `steps:
  - {name: w, type: wait, signal: paid, key: $.input.order, take: 2}
  - {name: pay, ${callStep}, input: $.w}`;

  test('brings its key, and a repeat under its Idempotency-Key is one signal', async () => {
    const node = await makeEngine();
    const { call } = await openTestApi({ over: node.engine, clock: node.clock });
    await node.deploy(waits);
    const id = await node.start({ order: 'o-1' });
    const send = (payload: unknown, key: string, idempotencyKey: string) =>
      call(
        `POST /api/v1/executions/${id}/signals/paid`,
        { payload, key },
        { headers: { 'idempotency-key': idempotencyKey } },
      );
    await send(0, 'o-2', 's0');
    await send(1, 'o-1', 's1');
    assert.equal((await send(1, 'o-1', 's1')).body['status'], 'waiting');
    assert.equal((await send(2, 'o-1', 's2')).status, 200);
    assert.equal((await send(2, 'o-1', 's2')).status, 200);
    assert.deepEqual((await node.claimOne()).input, [1, 2]);
  });
});
