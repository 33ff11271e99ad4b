/** Data that is checked, counted and summed up on the real server, and its quality over time. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import type { Json } from '../../src/kit/json.ts';
import { openEngine } from '../../src/library.ts';
import { openPlatform, type PlatformProcess } from '../support/platform.ts';

const intake = `apiVersion: magicflow.io/v2
kind: Workflow
metadata: {name: intake, version: 1.0.0}
spec:
  steps:
    - name: check
      type: validate
      data: $.input.orders
      on_invalid: continue
      item_schema: {type: object, required: [id]}
      rules:
        - {name: once, unique: id}
        - {name: positive, range: {field: total, min: 0}}
        - {name: region_known, reference: {field: region, in: [eu, us]}, severity: warning}
    - name: sums
      type: aggregate
      items: $.check.data
      group_by: region
      statistics:
        orders: {function: count}
        revenue: {function: sum, field: total}
    - name: strict
      type: validate
      when: $.input.strict
      data: $.check
      rules: [{name: all_valid, condition: $.item.valid}]
  output: {valid: $.check.valid, errors: "$.check.errors[*].rule", sums: $.sums}`;

let platform: PlatformProcess;
before(async () => {
  platform = await openPlatform({ willBeKilled: true });
  await platform.deploy(intake);
});
after(() => platform.close());

const orders = [
  { id: 1, total: 10, region: 'eu' },
  { id: 2, total: -1, region: 'eu' },
  { id: 1, total: 5, region: 'us' },
  { id: 3, total: 0.5, region: 'mars' },
  { id: 4, total: 2.5, region: 'eu' },
];

const run = async (input: unknown) => {
  const { execution_id } = await platform.post('workflows/intake/execute', { input });
  return platform.ended(execution_id);
};

test('what is valid goes on and is summed up, what is not is told', async () => {
  const { status, output } = await run({ orders });
  assert.equal(status, 'completed');
  assert.deepEqual([output.valid, output.errors], [false, ['positive', 'once', 'region_known']]);
  assert.deepEqual(output.sums, [
    { region: 'eu', orders: 2, revenue: 12.5 },
    { region: 'mars', orders: 1, revenue: 0.5 },
  ]);
});

test('a rule that must hold fails the execution with its counts', async () => {
  const { status, error } = await run({ orders, strict: true });
  assert.deepEqual([status, error.code, error.details.rules.all_valid.failed], ['failed', 'VALIDATION_FAILED', 1]);
});

test('the counts of every rule add up over the executions, after a crash too', async () => {
  await platform.kill();
  await platform.start();
  await run({ orders: [{ id: 9, total: 1, region: 'us' }] });
  const { quality } = await platform.get('workflows/intake/metrics?period=1h&granularity=1m');
  assert.deepEqual(quality, {
    check: {
      item_schema: { passed: 11, failed: 0 },
      once: { passed: 9, failed: 2 },
      positive: { passed: 9, failed: 2 },
      region_known: { passed: 9, failed: 2 },
    },
    strict: { all_valid: { passed: 0, failed: 1 } },
  });
});

test('the samples of the guide give what it says', async (t) => {
  const engine = await openEngine({ storage: 'memory:' });
  t.after(() => engine.close());
  engine.executor('crm').register('customer', () => ({ first: 'Ann', last: 'Lee', email: 'ANN@example.org' }));
  engine.executor('warehouse').register('load', (input) => ({ loaded: (input as Json[]).length }));
  const guide = readFileSync(new URL('../../docs/guides/data.md', import.meta.url), 'utf8');
  const samples = [...guide.matchAll(/```yaml\n(steps:[\s\S]*?)```/g)].map(([, sample = '']) => sample);
  const runSample = async (part: string, input: Json, result?: string) => {
    const steps = samples.find((sample) => sample.includes(part)) ?? assert.fail(part);
    const name = `sample-${samples.indexOf(steps)}`;
    const head = `apiVersion: magicflow.io/v2\nkind: Workflow\nmetadata: { name: ${name}, version: 1.0.0 }\nspec:\n${result ? `  output: { result: ${result} }\n` : ''}`;
    await engine.deploy(head + steps.replaceAll(/^/gm, '  '));
    const { status, output, error } = await engine.execute(name, input);
    assert.equal(status, 'completed', JSON.stringify(error));
    return JSON.parse(JSON.stringify(output));
  };
  const greeted = await runSample('transforms:', { customer_id: 'c1' });
  assert.deepEqual([greeted.text, greeted.to], ['Hello Ann Lee', 'ann@example.org']);
  const total = await runSample('script: |', { items: [{ price: 10, quantity: 2 }], rate: 1.19 });
  assert.equal(total.gross, 23.8, JSON.stringify(total));
  const below = await runSample('script: |', { items: [{ price: -1, quantity: 2 }] });
  assert.deepEqual([below.code, below.net], ['TOTAL_NEGATIVE', -2]);
  const order = { id: 1, total: 5, region: 'eu', hours: 3, customer: { id: 'c', email: 'a@b', kind: 'b2b' } };
  const checked = await runSample('type: validate', {
    limit: 9,
    orders: [order, { ...order, id: 2, total: 10 }, order],
  });
  assert.deepEqual([checked.loaded, checked.failed, checked.rules.one_each.failed], [1, 2, 1]);
  const { result } = await runSample('type: aggregate', { orders: [order, order] }, '$.by_region');
  const statistics = { orders: 2, revenue: 10, typical: 5, slowest: 3, customers: 1, samples: [1, 1] };
  assert.deepEqual(result, [{ region: 'eu', kind: 'b2b', ...statistics }]);
});
