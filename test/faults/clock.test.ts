/** The wall clock of the server jumps to and fro while it works: nothing waits for a time that never comes. */
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { call, makeEngine, restarted } from '../../src/engine/make-engine.ts';
import { seededRandom } from '../../src/kit/random.ts';
import { type ExecutorProcess, openExecutor } from '../support/executor.ts';
import { openPlatform, type PlatformProcess } from '../support/platform.ts';
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

describe('a server whose wall clock jumps', { skip: skipWithoutCompiler() }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'magicflow-clock-'));
  const shiftFile = join(folder, 'shift');
  let platform: PlatformProcess;
  let executor: ExecutorProcess;
  before(async () => {
    buildPreload(new URL('./clock-shift.c', import.meta.url), join(folder, 'clock-shift.so'));
    setShift(0);
    const env = { LD_PRELOAD: join(folder, 'clock-shift.so'), CLOCK_SHIFT: shiftFile };
    platform = await openPlatform({ willBeKilled: true, env });
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
    rmSync(folder, { recursive: true, force: true });
  });

  /** Written in place, for the server has it mapped. */
  function setShift(shiftMs: number): void {
    const nanoseconds = Buffer.alloc(8);
    nanoseconds.writeBigInt64LE(BigInt(shiftMs) * 1_000_000n);
    writeFileSync(shiftFile, nanoseconds, { flag: existsSync(shiftFile) ? 'r+' : 'w' });
  }

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
