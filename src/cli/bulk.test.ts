import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { TestPlatform } from '../../sdk/typescript/test-platform.ts';
import { runWords, type TestIo } from './test-io.ts';

const ended = {
  bulk_id: 'bulk_1',
  action: 'cancel',
  status: 'completed',
  requested_by: 'ada',
  filter: { workflow: 'orders' },
  matched: 3,
  done: 2,
  skipped: 1,
  failed: 0,
  skipped_by_code: { EXECUTION_ENDED: 1 },
  failed_by_code: {},
  problems: [{ execution_id: 'exec_1', code: 'EXECUTION_ENDED', message: 'it has ended' }],
  created_at: '2026-01-01T10:00:00.000Z',
  ended_at: '2026-01-01T10:00:01.000Z',
};

describe('operations on many executions by the command line', () => {
  let platform: TestPlatform;
  let answer: unknown;
  const run = (words: readonly string[], options: TestIo = {}) =>
    runWords(words, { env: { MAGICFLOW_SERVER: platform.url, MAGICFLOW_TOKEN: 'mf_t' }, ...options });
  const sent = () => platform.calls.at(-1);

  beforeEach(async () => {
    platform = await TestPlatform.open();
    answer = ended;
    platform.onCall = () => ({ status: 200, body: answer });
  });
  afterEach(() => platform.close());

  it('filters, ids and what the action needs become one request', async () => {
    await run(['bulk', 'cancel', 'exec_1', '--workflow', 'orders', '--from', '2026-01-01', '--reason', 'why']);
    const filter = { workflow: 'orders', from: '2026-01-01', execution_ids: ['exec_1'] };
    assert.deepEqual(sent()?.body, { action: 'cancel', filter, reason: 'why' });
    await run(['bulk', 'signal', '--tag', 't', '--name', 'go', '--payload', '{"n":1}', '--key', 'k']);
    const signal = { name: 'go', payload: { n: 1 }, key: 'k' };
    assert.deepEqual(sent()?.body, { action: 'signal', filter: { tag: 't' }, signal });
    await run(['bulk', 'rerun', '--search', 's', '--step', 'a', '--input', '-'], { stdin: '[1]' });
    assert.deepEqual(sent()?.body, { action: 'rerun', filter: { search: 's' }, from_step: 'a', input: [1] });
  });

  it('in a pipe it prints plain lines and the reasons, on a terminal it rewrites its line', async () => {
    const piped = await run(['bulk', 'cancel', '--workflow', 'orders']);
    assert.equal(piped.out, 'bulk_1 cancel completed: 2 of 3 done, 1 skipped, 0 failed\n');
    assert.equal(piped.err, 'exec_1 EXECUTION_ENDED: it has ended\n');
    const shown = await run(['bulk', 'cancel', '--workflow', 'orders'], { isTerminal: true });
    assert.equal(shown.out, '\r\u001b[2Kbulk_1 cancel completed: 2 of 3 done, 1 skipped, 0 failed\n');
  });

  it('exits 1 where some failed, and where it was cancelled', async () => {
    assert.equal((await run(['bulk', 'retry', 'exec_1'])).code, 0);
    answer = { ...ended, failed: 1 };
    assert.equal((await run(['bulk', 'retry', 'exec_1'])).code, 1);
    answer = { ...ended, status: 'cancelled' };
    assert.equal((await run(['bulk', 'retry', 'exec_1'])).code, 1);
  });

  it('whoever stops looking is told how to look again', async () => {
    answer = { ...ended, status: 'running', ended_at: null };
    const stop = AbortSignal.abort();
    const { code, err } = await run(['bulk', 'pause', 'exec_1'], { stop });
    assert.deepEqual([code, err], [0, 'it goes on: magicflow bulk get bulk_1\n']);
    assert.equal((await run(['bulk', 'pause', 'exec_1', '--detach'])).out, 'bulk_1 running\n');
  });

  it('lists, shows and stops', async () => {
    answer = { bulk_operations: [ended], pagination: { has_more: true, next_cursor: 'c' } };
    const { out, err } = await run(['bulk', 'list', '--limit', '1']);
    assert.match(out, /bulk_1 +cancel +completed +3 +2 +1 +0 +ada/);
    assert.equal(err, 'more: --cursor c\n');
    answer = ended;
    assert.match((await run(['bulk', 'get', 'bulk_1'])).out, /^skipped_by_code +\{"EXECUTION_ENDED":1\}$/m);
    await run(['bulk', 'stop', 'bulk_1']);
    assert.equal(sent()?.path, '/api/v1/executions/bulk/bulk_1/cancel');
  });

  it('dead letters are shown and acted on, all of them only where that is said', async () => {
    answer = { dry_run: true, action: 'replay', matched: 2, sample: [] };
    const { out } = await run(['dead-letters', 'replay', '--code', 'X', '--dry-run']);
    assert.equal(out, 'replay would look at 2 dead letters\n');
    assert.equal((await run(['dead-letters', 'discard'])).code, 2);
    answer = ended;
    await run(['dead-letters', 'discard', '--all']);
    assert.deepEqual(sent()?.body, { filter: {} });
  });

  it('retention is shown in the units that people write', async () => {
    answer = {
      policy: { completed: 2_592_000, failed: null, max_executions: null, max_size_bytes: 1_024 },
      workflows: [{ name: 'orders', completed: null, failed: 90 }],
      storage_bytes: 4_096,
      removed_total: 7,
      last_sweep: { at: null, duration: null, removed: null },
    };
    const { out } = await run(['retention', 'show']);
    assert.match(out, /^completed +30d$/m);
    assert.match(out, /^failed +for ever$/m);
    assert.match(out, /^orders +- +90s$/m);
  });
});
