/** The seed's `order_processing` calls, word for word, against the example and its executors as users start them. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { createClient } from '../../sdk/typescript/client.ts';
import { type ExampleProcess, openExample } from '../support/example.ts';
import { openPlatform, type PlatformProcess } from '../support/platform.ts';

const folder = new URL('./seed/', import.meta.url).pathname;

describe('order_processing', () => {
  let platform: PlatformProcess;
  let example: ExampleProcess;
  let executionId: string;
  before(async () => {
    // The token of the description is a sample, which only --dev lets pass.
    platform = await openPlatform({ adminToken: 'your-api-token', dev: true });
    await platform.deploy(
      readFileSync(new URL('../../examples/order-processing/workflow.yaml', import.meta.url), 'utf8'),
    );
    example = await openExample('order-processing', platform);
  });
  after(async () => {
    await example?.close();
    await platform?.close();
  });

  /** The commands of a file, one by one, with this server's address and this execution's id in place of the samples. */
  const commandsOf = (file: string): string[] =>
    readFileSync(`${folder}${file}`, 'utf8')
      .replaceAll('http://localhost:8080', platform.url)
      .replaceAll('exec-uuid-123', executionId)
      .split(/\n\n/);
  const bash = (command: string): string =>
    execFileSync('bash', ['-c', command.replace('curl ', 'curl -sS ')], { encoding: 'utf8' });

  test('the start answers with every member that the description shows', () => {
    const [command = ''] = commandsOf('execute-order.sh');
    const started = JSON.parse(bash(command));
    executionId = started.execution_id;
    assert.match(executionId, /^exec_/);
    assert.equal(started.workflow_id, 'order_processing');
    assert.ok(['running', 'completed'].includes(started.status), started.status);
    assert.ok(Date.parse(started.created_at) > 0);
    assert.ok('estimated_completion' in started);
    assert.ok(started.tracking_url.endsWith(`/executions/${executionId}`));
  });

  test('its status, results, metrics and events are read by the description’s own calls', async () => {
    const ended = await platform.ended(executionId);
    assert.equal(ended.status, 'completed');
    const [status = '', results = '', metrics = '', stream = ''] = commandsOf('read-order.sh').map(bash);
    const { output, metadata, steps } = JSON.parse(status);
    assert.deepEqual(output.order_id, 'order-123');
    assert.equal(output.total_amount, 59.98);
    assert.equal(output.tracking, 'track-order-123');
    assert.equal(metadata.source, 'web');
    assert.ok(steps.length >= 6);
    assert.deepEqual(JSON.parse(results).output, output);
    assert.deepEqual(JSON.parse(results).steps.reserve, { reservation_id: 'res-order-123' });
    const shown = JSON.parse(metrics);
    assert.equal(shown.workflow_id, 'order_processing');
    assert.equal(shown.metrics.execution_count, 1);
    assert.equal(shown.metrics.success_rate, 1);
    for (const name of [
      'success_count',
      'failure_count',
      'avg_duration',
      'p50_duration',
      'p95_duration',
      'p99_duration',
      'throughput_per_hour',
    ]) {
      assert.equal(typeof shown.metrics[name], 'number', name);
    }
    assert.equal(
      shown.time_series.reduce((sum: number, each: { execution_count: number }) => sum + each.execution_count, 0),
      1,
    );
    assert.deepEqual(Object.keys(shown.step_metrics.charge), [
      'avg_duration',
      'success_rate',
      'error_rate',
      'retry_count',
    ]);
    const ids = [...stream.matchAll(/^id: ?(\d+)$/gm)].map(([, id]) => Number(id));
    assert.deepEqual(
      ids,
      ids.map((_, index) => index + 1),
    );
    assert.match(stream, /^event: ?execution\.started$/m);
    assert.match(stream, /^event: ?end$/m);
  });

  test('a stream taken up after any event goes on with the next one, without gap or repeat', async () => {
    const client = createClient({ server: platform.url, token: platform.token });
    const read = async (after: number): Promise<number[]> => {
      const positions: number[] = [];
      for await (const event of client.stream(executionId, { after })) positions.push(event.position);
      return positions;
    };
    const all = await read(0);
    assert.ok(all.length > 10);
    for (const position of all) assert.deepEqual(await read(position), all.slice(position), `after ${position}`);
    client.close();
  });

  test('a declined card is not tried again, and what was reserved is released', async () => {
    const input = JSON.parse(
      readFileSync(new URL('../../examples/order-processing/input.json', import.meta.url), 'utf8'),
    );
    const order = { ...input, order_id: 'order-2', payment_method: 'declined_card' };
    const ended = await platform.post('workflows/order_processing/execute?wait=20s', { input: order });
    assert.equal(ended.status, 'compensated');
    assert.equal(ended.error.code, 'CARD_DECLINED');
    const { steps } = await platform.get(`executions/${ended.execution_id}`);
    const released = steps.find((step: { name: string }) => step.name === 'release-stock');
    assert.deepEqual(released.output, { released: 'res-order-2' });
    assert.equal(steps.find((step: { name: string }) => step.name === 'charge').attempt, 1);
  });
});
