/** Something is done to many executions at once, by the command line and over HTTP, and the server is killed in the middle. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { runWords } from '../../src/cli/test-io.ts';
import { openPlatform, type PlatformProcess, until } from '../support/platform.ts';

const count = 600;
const ask = `apiVersion: workflow.magic-flow.io/v2
kind: Workflow
metadata: { name: ask, version: v1.0.0 }
spec:
  steps:
    - { name: wait, type: wait, signal: go }
    - { name: done, type: transform, mapping: { n: "$.wait.n" } }
`;

describe('operations on many executions', () => {
  let platform: PlatformProcess;
  before(async () => {
    platform = await openPlatform({ willBeKilled: true });
    await platform.deploy(ask);
  });
  after(() => platform?.close());

  const cli = (...words: string[]) =>
    runWords([...words, '--server', platform.url, '--token', platform.token], { env: {} });
  const counts = async () => (await platform.get('system/status')).executions;
  const ended = (id: string) =>
    until(async () => ((found) => (found.ended_at ? found : undefined))(await platform.get(`executions/bulk/${id}`)), {
      what: `the end of ${id}`,
      deadlineMs: 30_000,
    });

  async function startMany(number: number): Promise<void> {
    const executions = Array.from({ length: number }, (_, n) => ({ input: { n } }));
    await platform.post('workflows/ask/execute-batch', { executions });
    await until(async () => ((await counts()).waiting === number ? true : undefined), { what: 'all wait' });
  }

  test('a dry run shows what would be looked at; the operation then says how far it is, line by line', async () => {
    await startMany(40);
    const dry = await cli('bulk', 'cancel', '--workflow', 'ask', '--dry-run');
    assert.match(dry.out, /^cancel would look at 40 executions\n\nEXECUTION +WORKFLOW/);
    assert.equal((await counts()).waiting, 40);
    const { code, out } = await cli('bulk', 'cancel', '--workflow', 'ask', '--reason', 'a bad day');
    assert.equal(code, 0);
    assert.match(out, /^bulk_\w+ cancel running: 0 of 40 done, 0 skipped, 0 failed\n/);
    assert.match(out, /bulk_\w+ cancel completed: 40 of 40 done, 0 skipped, 0 failed\n$/);
    assert.deepEqual(await counts(), { cancelled: 40 });
    assert.match((await cli('bulk', 'list')).out, /cancel +completed +40 +40 +0 +0/);
  });

  test('one that is killed in the middle goes on after the restart, and signals each execution once', async () => {
    await startMany(count);
    const started = await cli(
      'bulk',
      'signal',
      '--workflow',
      'ask',
      '--name',
      'go',
      '--payload',
      '{"n":7}',
      '--detach',
    );
    const id = started.out.split(' ')[0] ?? '';
    const middle = await until(
      async () => ((found) => (found.done > 0 ? found : undefined))(await platform.get(`executions/bulk/${id}`)),
      { what: 'the first of them', everyMs: 5 },
    );
    await platform.kill();
    assert.ok(middle.done < count, `${middle.done} of ${count} were done when it was killed`);
    await platform.start();
    const { done, skipped, failed } = await ended(id);
    assert.deepEqual([done, skipped, failed], [count, 0, 0]);
    await until(async () => ((await counts()).completed === count ? true : undefined), { what: 'all complete' });
    const { executions } = await platform.get('executions?status=completed&limit=200');
    for (const { execution_id: each } of executions) {
      const { events } = await platform.get(`executions/${each}/journal`);
      const signals = events.filter(({ type }: { type: string }) => type === 'signal.received');
      assert.equal(signals.length, 1, each);
    }
  });

  test('one that is stopped looks at no more', async () => {
    await startMany(count);
    const { out } = await cli('bulk', 'pause', '--workflow', 'ask', '--detach');
    const id = out.split(' ')[0] ?? '';
    await cli('bulk', 'stop', id);
    const found = await ended(id);
    assert.equal(found.status, 'cancelled');
    assert.equal((await counts()).paused ?? 0, found.done);
    assert.ok(found.done < count, `${found.done} of ${count} were paused`);
  });

  test('ids that nobody has, and executions that have ended, are passed over with the reason', async () => {
    const { executions } = await platform.get('executions?status=completed&limit=2');
    const ids = executions.map(({ execution_id: id }: { execution_id: string }) => id);
    const { code, out, err } = await cli('bulk', 'retry', ...ids, 'exec_nobody');
    assert.equal(code, 0);
    assert.match(out, /completed: 0 of 3 done, 3 skipped, 0 failed/);
    assert.match(err, /STATE_CONFLICT: only a failed/);
  });
});
