/** The wall clock of the server jumps to and fro while it works: nothing waits for a time that never comes. */
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { call, makeEngine, restarted } from '../../src/engine/make-engine.ts';
import { seededRandom } from '../../src/kit/random.ts';
import { type ExecutorProcess, openExecutor } from '../support/executor.ts';
import { openPlatform, type PlatformProcess, until } from '../support/platform.ts';
import { buildPreload, skipWithoutCompiler } from '../support/preload.ts';
import { openVirtualClock } from '../support/virtual-clock.ts';

const isQuick = process.env['MAGICFLOW_QUICK'] === '1';
const jumps = isQuick ? 10 : 50;
const secondMs = 1_000;
const dayMs = 86_400_000;
const shiftsMs = [1 * secondMs, 30 * secondMs, 600 * secondMs, 7_200 * secondMs, dayMs, 30 * dayMs];

const workflow = `
apiVersion: magicflow.io/v2
kind: Workflow
metadata: { name: patient, version: 1.0.0 }
spec:
  steps:
    - { name: rest, type: wait, duration: 60ms }
    - { name: work, type: function, executor: clockwork, function: work, timeout: 20s,
        retry_config: { max_attempts: 5, initial_delay: 20ms } }
    - { name: rest-again, type: wait, duration: 60ms }
`;

const skip = skipWithoutCompiler();
const folder = mkdtempSync(join(tmpdir(), 'magicflow-clock-'));
const library = join(folder, 'clock-shift.so');
before(() => {
  if (!skip) buildPreload(new URL('./clock-shift.c', import.meta.url), library);
});
after(() => rmSync(folder, { recursive: true, force: true }));

/** A server whose wall clock is ahead by what it is told. */
async function openShifted(name: string, shiftMs: number) {
  const shiftFile = join(folder, name);
  /** Written in place, for the server has it mapped. */
  const setShift = (ms: number): void => {
    const nanoseconds = Buffer.alloc(8);
    nanoseconds.writeBigInt64LE(BigInt(ms) * 1_000_000n);
    writeFileSync(shiftFile, nanoseconds, { flag: existsSync(shiftFile) ? 'r+' : 'w' });
  };
  setShift(shiftMs);
  const env = { LD_PRELOAD: library, CLOCK_SHIFT: shiftFile, MAGICFLOW_LIMITS_LEASE: '2s' };
  return { platform: await openPlatform({ willBeKilled: true, env }), setShift };
}

describe('a server whose wall clock jumps', { skip }, () => {
  let platform: PlatformProcess;
  let setShift: (shiftMs: number) => void;
  let executor: ExecutorProcess;
  before(async () => {
    ({ platform, setShift } = await openShifted('jumps', 0));
    executor = await openExecutor({
      server: platform.url,
      token: platform.token,
      script: { clockwork: { work: [{ fail: { code: 'ONCE', message: 'once' } }, { answer: { ok: true } }] } },
    });
    await platform.deploy(workflow);
  });
  after(async () => {
    await executor?.close();
    await platform?.close();
  });

  test('sees the jump at all', async () => {
    setShift(dayMs);
    const { created_at } = await platform.post('workflows/patient/execute', {});
    const aheadMs = Date.parse(created_at) - Date.now();
    assert.ok(Math.abs(aheadMs - dayMs) < 60_000, `${aheadMs} ms ahead`);
  });

  test(`by up to 30 days, ${jumps} times forth and back, ends every execution soon and stays ready`, async (t) => {
    const random = seededRandom(9);
    let shiftMs = dayMs;
    let longestMs = 0;
    for (let jump = 0; jump < jumps; jump += 1) {
      const started = await platform.post('workflows/patient/execute', {});
      const sizeMs = shiftsMs[Math.floor(random.next() * shiftsMs.length)] ?? secondMs;
      shiftMs += random.next() < 0.5 ? sizeMs : -sizeMs;
      setShift(shiftMs);
      const startedAt = performance.now();
      const ended = await platform.ended(started.execution_id, 5_000);
      longestMs = Math.max(longestMs, performance.now() - startedAt);
      assert.equal(ended.status, 'completed', JSON.stringify(ended.error));
      assert.equal((await platform.call('GET /ready')).status, 200);
    }
    t.diagnostic(`${jumps} jumps, the slowest execution took ${Math.round(longestMs)} ms`);
  });
});

describe('a server whose wall clock ran ahead and is set right before it starts again', { skip }, () => {
  test('ends what was set to wait meanwhile, and hands out again what nobody holds any more', async (t) => {
    const { platform, setShift } = await openShifted('ahead', 6 * 3_600_000);
    t.after(() => platform.close());
    const script = { clockwork: { work: { hang: true } } } as const;
    const executor = await openExecutor({ server: platform.url, token: platform.token, script });
    t.after(() => executor.close());
    await platform.deploy(workflow);
    const { execution_id: id } = await platform.post('workflows/patient/execute', {});
    await until(() => executor.effects().length > 0 || undefined, { what: 'the task in hand' });
    const waiting = await platform.post('workflows/patient/execute', {});
    await Promise.all([platform.kill(), executor.kill()]);
    setShift(0);
    executor.follow({ clockwork: { work: { answer: { ok: true } } } });
    await Promise.all([platform.start(), executor.start()]);
    const startedAt = performance.now();
    for (const each of [waiting.execution_id, id])
      assert.equal((await platform.ended(each, 20_000)).status, 'completed');
    t.diagnostic(`all over ${Math.round(performance.now() - startedAt)} ms after the restart`);
  });
});

test('waits of 25, 30 and 400 days end at their time, not before, whichever process is there then', async () => {
  for (const days of [25, 30, 400]) {
    const first = await makeEngine();
    await first.deploy(`steps:\n  - {name: w, type: wait, duration: ${days}d}\n  - {name: a, ${call}}`);
    const id = await first.start();
    await first.clock.settle();
    const dueAt = first.clock.nowMs() + days * dayMs;
    const early = await restarted(first, { clock: openVirtualClock(dueAt - 2_000) });
    await early.clock.advance(1_000);
    assert.equal(await early.status(id), 'waiting', `${days} days`);
    const late = await restarted(early, { clock: openVirtualClock(dueAt - 500) });
    await late.clock.advance(1_000);
    assert.equal((await late.claimOne()).executionId, id);
  }
});
