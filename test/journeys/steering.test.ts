/** Executions steered from outside: stopped, held, taken up again, started twice, started in bulk, versioned. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { type ExecutorProcess, openExecutor, type Script } from '../support/executor.ts';
import { openPlatform, type PlatformProcess, until } from '../support/platform.ts';

const workflow = (
  name: string,
  steps: string,
  { version = 'v1.0.0', apiVersion = 'workflow.magic-flow.io/v2' } = {},
): string =>
  `apiVersion: ${apiVersion}
kind: Workflow
metadata: { name: ${name}, version: ${version} }
spec:
  steps:
${steps}`;

const trip = workflow(
  'trip',
  `
    - { name: flight, type: function, executor: travel, function: bookFlight,
        compensate: { name: cancel-flight, executor: travel, function: cancelFlight } }
    - { name: hotel, type: function, executor: travel, function: bookHotel }
`,
);
const approval = workflow(
  'approval',
  `
    - { name: ask, type: wait, signal: approved, timeout: 1m }
    - { name: done, type: transform, mapping: { by: "$.ask.by" } }
`,
);
const script = {
  travel: {
    bookFlight: { answer: { flight: 'F1' } },
    cancelFlight: { answer: { cancelled: true } },
    bookHotel: { answer: { hotel: 'H1' } },
  },
} as const satisfies Script;
const slowHotel = { travel: { ...script.travel, bookHotel: { answer: { hotel: 'H1' }, delayMs: 400 } } };

describe('steering', () => {
  let platform: PlatformProcess;
  let executor: ExecutorProcess;
  before(async () => {
    platform = await openPlatform();
    executor = await openExecutor({ server: platform.url, token: platform.token, script });
    await platform.deploy(trip, approval);
  });
  after(async () => {
    await executor?.close();
    await platform?.close();
  });

  const start = (name: string, body: object = {}) => platform.post(`workflows/${name}/execute`, body);
  const calls = ({ execution_id: id }: { execution_id: string }): string[] =>
    executor
      .effects()
      .filter((effect) => effect.execution === id)
      .map((effect) => effect.function);
  /** Started, and its hotel is being booked. */
  async function startTrip(): Promise<{ execution_id: string }> {
    executor.follow(slowHotel);
    const started = await start('trip');
    await until(() => calls(started).includes('bookHotel') || undefined, { what: 'bookHotel' });
    return started;
  }
  const operate = ({ execution_id: id }: { execution_id: string }, what: string, body: object = {}) =>
    platform.call(`POST /api/v1/executions/${id}/${what}`, { body });

  test('an executor tells how far it is, and the step shows it until it ends', async () => {
    const progress = { seats: '3 of 4' };
    executor.follow({ travel: { ...script.travel, bookHotel: { answer: null, delayMs: 2_500, progress } } });
    const { execution_id: id } = await start('trip');
    const hotel = async () => (await platform.get(`executions/${id}`)).steps[1];
    const shown = await until(async () => (await hotel())?.progress ?? undefined, { what: 'progress', everyMs: 50 });
    assert.deepEqual(shown, progress);
    await platform.ended(id);
    assert.equal((await hotel()).progress, null);
  });

  test('cancel lets the call in flight settle, undoes what was done and ends cancelled', async () => {
    const started = await startTrip();
    assert.equal((await operate(started, 'cancel', { reason: 'changed my mind' })).status, 200);
    const ended = await platform.ended(started.execution_id);
    assert.equal(ended.status, 'cancelled');
    assert.deepEqual(calls(started), ['bookFlight', 'bookHotel', 'cancelFlight']);
    assert.equal((await operate(started, 'cancel')).body.code, 'STATE_CONFLICT');
  });

  test('terminate ends at once and undoes nothing', async () => {
    const started = await startTrip();
    const { body } = await operate(started, 'terminate');
    assert.equal(body.status, 'cancelled');
    assert.deepEqual(calls(started), ['bookFlight', 'bookHotel']);
  });

  test('a paused execution takes results and hands out nothing until it is resumed', async () => {
    executor.follow({ travel: { ...script.travel, bookFlight: { answer: { flight: 'F1' }, delayMs: 300 } } });
    const started = await start('trip');
    await until(() => calls(started).includes('bookFlight') || undefined, { what: 'bookFlight' });
    assert.equal((await operate(started, 'pause')).body.status, 'paused');
    const paused = await until(
      async () => {
        const execution = await platform.get(`executions/${started.execution_id}`);
        return execution.steps[0].status === 'completed' ? execution : undefined;
      },
      { what: 'the flight’s result' },
    );
    assert.equal(paused.status, 'paused');
    assert.deepEqual(calls(started), ['bookFlight']);
    assert.equal((await operate(started, 'resume')).status, 200);
    assert.equal((await platform.ended(started.execution_id)).status, 'completed');
    assert.deepEqual(calls(started), ['bookFlight', 'bookHotel']);
  });

  test('retry goes on from the failed step, as a second run', async () => {
    executor.follow({
      travel: { ...script.travel, bookHotel: { fail: { code: 'FULL', message: 'no rooms', retryable: false } } },
    });
    const started = await start('trip');
    assert.equal((await platform.ended(started.execution_id)).status, 'failed');
    executor.follow(script);
    assert.equal((await operate(started, 'retry')).status, 200);
    const ended = await platform.ended(started.execution_id);
    assert.equal(ended.status, 'completed');
    assert.equal(ended.run, 2);
    assert.deepEqual(calls(started), ['bookFlight', 'bookHotel', 'bookHotel']);
    assert.equal((await operate(started, 'retry')).body.code, 'STATE_CONFLICT');
  });

  test('a signal wakes the step that waits for it, once', async () => {
    const started = await start('approval');
    const signal = () => operate(started, 'signals/approved', { payload: { by: 'ada' }, id: 'click-1' });
    assert.equal((await signal()).status, 200);
    const ended = await platform.ended(started.execution_id);
    assert.deepEqual(ended.output, { by: 'ada' });
    assert.notEqual((await signal()).status, 500);
  });

  test('a signal sent before the step waits is kept for it', async () => {
    executor.follow(slowHotel);
    const late = trip.replace('name: trip', 'name: signed-trip').trimEnd();
    await platform.deploy(`${late}\n    - { name: sign, type: wait, signal: signed }\n`);
    const started = await start('signed-trip');
    await operate(started, 'signals/signed', { payload: 'yes' });
    const ended = await platform.ended(started.execution_id);
    assert.equal(ended.steps.at(-1).output, 'yes');
  });

  test('one idempotency key starts one execution, however often and however many at once; another body is refused', async () => {
    const headers = { 'idempotency-key': 'order-7' };
    const body = { input: { order: 7 } };
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => platform.call('POST /api/v1/workflows/approval/execute', { body, headers })),
    );
    assert.deepEqual([...new Set(answers.map((answer) => answer.body.execution_id))].length, 1);
    const other = await platform.call('POST /api/v1/workflows/approval/execute', {
      body: { input: { order: 8 } },
      headers,
    });
    assert.equal(other.status, 409);
    assert.equal(other.body.code, 'IDEMPOTENCY_KEY_REUSED');
  });

  test('a batch starts each of its items, or says why not, in their order', async () => {
    const executions = [
      { input: {}, idempotency_key: 'batch-1' },
      { input: {} },
      { input: {}, idempotency_key: 'batch-1' },
    ];
    const { executions: answers } = await platform.post('workflows/approval/execute-batch', { executions });
    assert.equal(answers.length, 3);
    assert.equal(answers[0].execution_id, answers[2].execution_id);
    assert.notEqual(answers[0].execution_id, answers[1].execution_id);
  });

  test('a claim that waits gets its task as soon as there is one', async () => {
    await platform.deploy(
      workflow('errand', '\n    - { name: go, type: function, executor: errands, function: run }\n'),
    );
    const claim = { executor: 'errands', worker_id: 'w1', max_tasks: 5, wait: '20s' };
    const waiting = platform.post('tasks/claim', claim);
    const startedAt = performance.now();
    const started = await start('errand', { input: { to: 'market' } });
    const { tasks } = await waiting;
    assert.ok(performance.now() - startedAt < 2_000);
    assert.equal(tasks.length, 1);
    assert.equal(tasks[0].execution_id, started.execution_id);
    assert.deepEqual(tasks[0].input, { to: 'market' });
    const { task_id, lease_token } = tasks[0];
    const result = { task_id, lease_token, status: 'completed', output: { bread: 2 } };
    assert.deepEqual((await platform.post('tasks/complete', { results: [result] })).results, [
      { task_id, accepted: true },
    ]);
    assert.deepEqual((await platform.ended(started.execution_id)).output, { bread: 2 });
    const again = await platform.post('tasks/complete', { results: [result] });
    assert.deepEqual(again.results, [{ task_id, accepted: false, code: 'STALE_LEASE' }]);
  });

  test('`wait` answers 200 with the end, or 202 when it takes longer', async () => {
    executor.follow(script);
    const inTime = await platform.call('POST /api/v1/workflows/trip/execute?wait=10s', { body: {} });
    assert.equal(inTime.status, 200);
    assert.deepEqual(inTime.body.output, { flight: 'F1', hotel: 'H1' });
    const tooLong = await platform.call('POST /api/v1/workflows/approval/execute?wait=50ms', { body: {} });
    assert.equal(tooLong.status, 202);
    assert.equal(tooLong.body.output, undefined);
  });

  test('both apiVersions of a document and both versions of the API mean the same', async () => {
    const text = workflow('short-api', '\n    - { name: a, type: transform, mapping: { x: 1 } }\n', {
      apiVersion: 'magicflow.io/v2',
    });
    const deployed = await platform.call('POST /api/v2/workflows', { body: text });
    assert.equal(deployed.status, 201);
    const ended = await platform.call('POST /api/v2/workflows/short-api/execute?wait=10s', { body: {} });
    assert.deepEqual(ended.body.output, { x: 1 });
    assert.equal((await platform.get(`executions/${ended.body.execution_id}`)).status, 'completed');
  });

  test('an execution keeps the version it started on, while new ones take the new version', async () => {
    const version = (number: string, word: string): string =>
      workflow(
        'greeting',
        `\n    - { name: ask, type: wait, signal: go }\n    - { name: say, type: transform, mapping: { word: ${word} } }\n`,
        {
          version: number,
        },
      );
    await platform.deploy(version('v1.0.0', 'old'));
    const old = await start('greeting');
    await platform.deploy(version('v1.1.0', 'new'));
    const young = await start('greeting');
    const pinned = await start('greeting', { options: { version: '1.0.0' } });
    for (const each of [old, young, pinned]) await operate(each, 'signals/go');
    const words = await Promise.all(
      [old, young, pinned].map(async (each) => (await platform.ended(each.execution_id)).output.word),
    );
    assert.deepEqual(words, ['old', 'new', 'old']);
    const changed = await platform.call('POST /api/v1/workflows', { body: version('v1.1.0', 'other') });
    assert.equal(changed.status, 409);
    assert.equal((await platform.call('POST /api/v1/workflows', { body: version('v1.1.0', 'new') })).status, 200);
  });

  test('SIGTERM lets waiting calls answer and the process end, and a new start goes on', async () => {
    const started = await start('approval');
    assert.equal(await platform.stop(), 0);
    await platform.start();
    await operate(started, 'signals/approved', { payload: { by: 'bob' } });
    assert.equal((await platform.ended(started.execution_id)).output.by, 'bob');
  });
});
