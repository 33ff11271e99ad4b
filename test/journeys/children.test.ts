/** Workflows that call workflows, over a real server: to the end, into failure, out of time, cancelled, retried, killed. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { type Behaviour, type ExecutorProcess, openExecutor } from '../support/executor.ts';
import { openPlatform, type PlatformProcess, until } from '../support/platform.ts';

const workflow = (name: string, steps: string): string => `
apiVersion: workflow.magic-flow.io/v2
kind: Workflow
metadata: { name: ${name}, version: v1.0.0 }
spec:
  steps:
${steps}
`;

const payment = `
apiVersion: workflow.magic-flow.io/v2
kind: Workflow
metadata: { name: payment, version: v1.0.0 }
spec:
  input_schema: { type: object, required: [amount], properties: { amount: { type: number } } }
  steps:
    - { name: reserve, type: function, executor: bank, function: reserve,
        compensate: { name: release, executor: bank, function: release } }
    - { name: charge, type: function, executor: bank, function: charge }
`;

/** An order whose second step is the payment. */
const order = (name: string, more = ''): string =>
  workflow(
    name,
    `    - { name: pack, type: function, executor: store, function: pack,
        compensate: { name: unpack, executor: store, function: unpack } }
    - { name: pay, type: workflow, workflow: payment, input: { amount: "$.input.amount" }${more} }`,
  );

const bank = { reserve: { answer: { held: true } }, release: { answer: {} }, charge: { answer: { receipt: 'R1' } } };
const store = { pack: { answer: { packed: true } }, unpack: { answer: {} } };
const fails = (code: string, delayMs = 0): Behaviour => ({
  fail: { code, message: 'it is refused', retryable: false },
  delayMs,
});

describe('a step that calls a workflow', () => {
  let platform: PlatformProcess;
  let executor: ExecutorProcess;
  before(async () => {
    platform = await openPlatform({ willBeKilled: true, env: { MAGICFLOW_LIMITS_LEASE: '3s' } });
    executor = await openExecutor({ server: platform.url, token: platform.token, script: { bank, store } });
    await platform.deploy(payment, order('order'));
  });
  after(async () => {
    await executor?.close();
    await platform?.close();
  });

  const charging = (charge: Behaviour): void => executor.follow({ store, bank: { ...bank, charge } });
  const get = (id: string) => platform.get(`executions/${id}`);
  const operate = (id: string, what: string) => platform.call(`POST /api/v1/executions/${id}/${what}`, { body: {} });
  const calls = (...ids: readonly string[]): string[] =>
    executor.effects().flatMap((effect) => (ids.includes(effect.execution) ? [effect.function] : []));

  async function start(name: string, input: object = { amount: 5 }): Promise<string> {
    const { execution_id } = await platform.post(`workflows/${name}/execute`, { input });
    return execution_id as string;
  }

  const childOf = (id: string, step = 'pay'): Promise<string> =>
    until(
      async () =>
        (await get(id)).steps.find((each: { name: string }) => each.name === step)?.child_execution_id ?? undefined,
      { what: `the child of ${id}` },
    );

  /** Started, and its child is charging. */
  async function startCharging(name = 'order'): Promise<readonly [parent: string, child: string]> {
    const parent = await start(name);
    const child = await childOf(parent);
    await until(() => calls(child).includes('charge') || undefined, { what: 'the charge' });
    return [parent, child];
  }

  test('has the output of the execution that it started, and both know each other', async () => {
    charging(bank.charge);
    const id = await start('order', { amount: 7 });
    const parent = await platform.ended(id);
    const [, step] = parent.steps;
    assert.deepEqual([parent.status, step.type, step.output], ['completed', 'workflow', { held: true, receipt: 'R1' }]);
    const child = await get(step.child_execution_id);
    assert.deepEqual([child.status, child.input, child.workflow_name], ['completed', { amount: 7 }, 'payment']);
    assert.deepEqual([child.parent, child.metadata.parent], [child.metadata.parent, { execution_id: id, step: 'pay' }]);
    const { executions } = await platform.get(`executions?parent=${id}`);
    assert.deepEqual(
      executions.map((each: Record<string, unknown>) => [each['execution_id'], each['parent_execution_id']]),
      [[step.child_execution_id, id]],
    );
    assert.equal(parent.parent, null);
  });

  test('fails as the other one does, with its code, or where the input does not fit it', async () => {
    charging(fails('CARD_REFUSED'));
    const parent = await platform.ended(await start('order'));
    assert.deepEqual([parent.status, parent.error.code, parent.error.step], ['failed', 'CARD_REFUSED', 'pay']);
    const child = parent.steps[1].child_execution_id;
    assert.deepEqual(parent.error.details, { execution_id: child, status: 'failed' });
    const retried = await operate(child, 'retry');
    assert.deepEqual([retried.status, retried.body.code], [409, 'STATE_CONFLICT']);
    const wrong = await platform.ended(await start('order', { amount: 'much' }));
    assert.deepEqual([wrong.error.code, wrong.steps[1].child_execution_id], ['INPUT_INVALID', null]);
  });

  test('fails while there is no such workflow, and works once it is deployed', async () => {
    await platform.deploy(order('early').replace('workflow: payment', 'workflow: paying'));
    assert.equal((await platform.ended(await start('early'))).error.code, 'WORKFLOW_NOT_FOUND');
    charging(bank.charge);
    await platform.deploy(payment.replace('name: payment', 'name: paying'));
    assert.equal((await platform.ended(await start('early'))).status, 'completed');
  });

  test('out of time has the other one cancelled, which undoes what it did', async () => {
    charging({ answer: { receipt: 'R0' }, delayMs: 1_500 });
    await platform.deploy(order('hurried', ', timeout: 500ms'));
    const id = await start('hurried');
    const parent = await platform.ended(id);
    assert.deepEqual([parent.status, parent.error.code], ['failed', 'TIMEOUT']);
    const child = await childOf(id);
    // It waits for the charge that is under way.
    assert.equal((await get(child)).status, 'compensating');
    assert.equal((await platform.ended(child)).status, 'cancelled');
    assert.deepEqual(calls(child), ['reserve', 'charge', 'release']);
  });

  test('cancelled with its execution lets the other one undo first', async () => {
    charging({ answer: { receipt: 'R2' }, delayMs: 300 });
    const [parent, child] = await startCharging();
    assert.equal((await operate(parent, 'cancel')).body.status, 'compensating');
    assert.equal((await platform.ended(parent)).status, 'cancelled');
    assert.equal((await get(child)).status, 'cancelled');
    assert.deepEqual(calls(parent, child), ['pack', 'reserve', 'charge', 'release', 'unpack']);
  });

  test('terminated with its execution ends the other one too, and undoes nothing', async () => {
    charging({ answer: { receipt: 'R3' }, delayMs: 300 });
    const [parent, child] = await startCharging();
    assert.equal((await operate(parent, 'terminate')).body.status, 'cancelled');
    assert.equal((await platform.ended(child)).status, 'cancelled');
    assert.deepEqual(calls(parent, child), ['pack', 'reserve', 'charge']);
  });

  test('fails with CHILD_CANCELLED where somebody cancels the other one, and may go on from that', async () => {
    charging({ answer: { receipt: 'R4' }, delayMs: 300 });
    await platform.deploy(
      `${order('patient', ', on_failure: note').trimEnd()}
    - { name: note, type: transform, mapping: { why: "$.error.code" }, on_success: end }`,
    );
    const [parent, child] = await startCharging('patient');
    assert.equal((await operate(child, 'cancel')).status, 200);
    const ended = await platform.ended(parent);
    assert.deepEqual([ended.status, ended.output.why], ['completed', 'CHILD_CANCELLED']);
    assert.deepEqual(calls(child), ['reserve', 'charge', 'release']);
  });

  test('lets the other one go on where it may, and that one can be retried on its own', async () => {
    charging(fails('CARD_REFUSED', 1_000));
    await platform.deploy(order('generous', ', on_parent_cancel: abandon'));
    const parent = await start('generous');
    const child = await childOf(parent);
    await operate(parent, 'cancel');
    assert.equal((await platform.ended(child)).error.code, 'CARD_REFUSED');
    charging(bank.charge);
    const retried = await until(
      async () => {
        const { status } = await operate(child, 'retry');
        return status === 200 ? status : undefined;
      },
      { what: 'a retry that is taken' },
    );
    assert.equal(retried, 200);
    assert.equal((await platform.ended(child)).status, 'completed');
    assert.equal((await get(parent)).status, 'cancelled');
  });

  test('starts another execution with each attempt', async () => {
    charging({ fail: { code: 'BUSY', message: 'try again' } });
    const policy = '{ max_attempts: 20, backoff: fixed, initial_delay: 100ms, jitter: false, retry_on: [BUSY] }';
    await platform.deploy(order('stubborn', `, retry_config: ${policy}`));
    const id = await start('stubborn');
    await until(async () => (await get(id)).steps[1]?.status === 'retrying' || undefined, { what: 'a retry' });
    charging(bank.charge);
    const parent = await platform.ended(id);
    const { executions } = await platform.get(`executions?parent=${id}`);
    const statuses = executions.map(({ status }: { status: string }) => status);
    assert.deepEqual([parent.status, parent.steps[1].attempt], ['completed', statuses.length]);
    assert.deepEqual([statuses[0], [...new Set(statuses.slice(1))]], ['completed', ['failed']]);
  });

  test('detached goes on at once, and the other one lives its own life', async () => {
    charging({ answer: { receipt: 'R5' }, delayMs: 300 });
    await platform.deploy(order('quick', ', mode: detached'));
    const parent = await platform.ended(await start('quick'));
    const [, step] = parent.steps;
    assert.deepEqual([parent.status, step.output], ['completed', { execution_id: step.child_execution_id }]);
    const child = await platform.ended(step.child_execution_id);
    assert.deepEqual([child.status, child.parent.step], ['completed', 'pay']);
  });

  test('a workflow that waits for itself is refused at the deploy', async () => {
    const text = workflow('endless', '    - { name: again, type: workflow, workflow: endless }');
    const { status, body } = await platform.call('POST /api/v1/workflows', { body: text });
    assert.deepEqual(
      [status, body.errors[0].code, body.errors[0].pointer],
      [422, 'WORKFLOW_CYCLE', '/spec/steps/0/workflow'],
    );
  });

  for (const moment of ['before the call', 'while the other one runs', 'as the other one ends', 'as it is cancelled']) {
    test(`killed ${moment} goes on after the restart as if nothing had been`, async () => {
      charging({ answer: { receipt: 'R6' }, delayMs: moment === 'as the other one ends' ? 0 : 400 });
      const id = await start('order');
      if (moment !== 'before the call') await childOf(id);
      const isCancelled = moment === 'as it is cancelled';
      if (isCancelled) await operate(id, 'cancel');
      await platform.kill();
      await platform.start();
      const parent = await platform.ended(id, 60_000);
      const { executions } = await platform.get(`executions?parent=${id}`);
      const [child] = executions;
      assert.deepEqual([executions.length, parent.steps[1].child_execution_id], [1, child.execution_id]);
      assert.deepEqual([parent.status, child.status], Array(2).fill(isCancelled ? 'cancelled' : 'completed'));
      if (!isCancelled) assert.equal(parent.steps[1].output.receipt, 'R6');
    });
  }
});
