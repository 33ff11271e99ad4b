/** A real execution on a real server becomes a test, and the test passes beside its workflow without the server. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { runWords } from '../../src/cli/test-io.ts';
import { openExample } from '../support/example.ts';
import { openPlatform } from '../support/platform.ts';

const root = new URL('../../', import.meta.url).pathname;

test('magicflow test --record makes a test of an execution that passes, failures and all', async (t) => {
  const platform = await openPlatform();
  t.after(() => platform.close());
  const example = await openExample('order-processing', platform);
  t.after(() => example.close());
  const directory = mkdtempSync(join(tmpdir(), 'magicflow-record-'));
  t.after(() => rmSync(directory, { recursive: true }));
  const workflow = readFileSync(`${root}examples/order-processing/workflow.yaml`, 'utf8');
  writeFileSync(join(directory, 'workflow.yaml'), workflow);
  await platform.deploy(workflow);
  const input = JSON.parse(readFileSync(`${root}examples/order-processing/input.json`, 'utf8'));
  const run = (...words: string[]) =>
    runWords(words, { directory, env: { MAGICFLOW_SERVER: platform.url, MAGICFLOW_TOKEN: platform.token } });

  for (const [name, method, status] of [
    ['paid', 'credit_card', 'completed'],
    ['declined', 'declined_card', 'compensated'],
  ] as const) {
    const started = await run(
      'run',
      'order_processing',
      '--input',
      JSON.stringify({ ...input, payment_method: method }),
    );
    const [executionId = ''] = /exec_\w+/.exec(started.out) ?? [];
    assert.equal((await platform.ended(executionId)).status, status);
    const recorded = await run('test', '--record', executionId, '--output', `${name}.test.yaml`);
    assert.deepEqual([recorded.code, recorded.err], [0, '']);
  }
  const deployed = await run('deploy', '.');
  assert.deepEqual(
    [deployed.code, deployed.out],
    [0, 'order_processing 1.0.0 active\n'],
    'the tests beside the workflow stay here',
  );
  await platform.stop();

  const { code, out } = await run('test');
  assert.equal(code, 0, out);
  assert.match(out, /2 passed/);
  assert.match(readFileSync(join(directory, 'declined.test.yaml'), 'utf8'), /code: CARD_DECLINED/);
});

test('an execution that is not there, and words that mean nothing to a recording, are told', async (t) => {
  const platform = await openPlatform();
  t.after(() => platform.close());
  const env = { MAGICFLOW_SERVER: platform.url, MAGICFLOW_TOKEN: platform.token };
  const missing = await runWords(['test', '--record', 'exec_01kjwbg7g0e6f1eprgbgs4wtd9'], { env });
  assert.deepEqual([missing.code, /EXECUTION_NOT_FOUND/.test(missing.err)], [1, true]);
  const wrong = await runWords(['test', 'a.yaml', '--record', 'exec_1'], { env });
  assert.deepEqual([wrong.code, /"a\.yaml" is one word too many/.test(wrong.err)], [2, true]);
  const filtered = await runWords(['test', '--filter', 'a', '--record', 'exec_1'], { env });
  assert.deepEqual([filtered.code, /--filter means nothing to it/.test(filtered.err)], [2, true]);
});
