/** Data that is checked, counted and summed up on the real server, and its quality over time. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
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
