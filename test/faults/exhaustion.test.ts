/** The server runs out of something: it says so by a typed refusal, loses nothing it promised, and recovers by itself. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, beforeEach, describe, test } from 'node:test';
import { Fault } from '../../src/kit/fault.ts';
import { move, moveIds } from '../../src/storage/sample-writes.ts';
import { openSqliteStore } from '../../src/storage/sqlite/sqlite-store.ts';
import type { Write } from '../../src/storage/store.ts';
import { openPlatform, type PlatformProcess, until } from '../support/platform.ts';

const diskMebibytes = 16;
/** What else is on it: most of it stays, and much less than the log has grown to is taken away. */
const ballastMebibytes = { kept: 8, removed: 0.5 };
const recoveryMs = 10_000;
const workflow = `
apiVersion: magicflow.io/v2
kind: Workflow
metadata: { name: keep, version: 1.0.0 }
spec:
  steps:
    - { name: note, type: transform, mapping: { size: "\${len(input.text)}" } }
`;

const root = mkdtempSync(join(tmpdir(), 'magicflow-exhaustion-'));
const disk = join(root, 'disk');
const skipDisk = mountDisk();
const skipLimit = hasTool('prlimit') ? false : 'there is no prlimit';
after(() => {
  if (skipDisk === false) execFileSync('umount', ['--lazy', disk]);
  rmSync(root, { recursive: true, force: true });
});

/** A small disk of its own, or why there is none: only an administrator may mount. */
function mountDisk(): string | false {
  if (process.getuid?.() !== 0) return 'mounting a small disk needs root';
  mkdirSync(disk);
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${diskMebibytes}m`, 'tmpfs', disk], { stdio: 'pipe' });
    return false;
  } catch (error) {
    return `a small disk cannot be mounted here: ${(error as Error).message.split('\n').at(-2)}`;
  }
}

function hasTool(name: string): boolean {
  try {
    execFileSync(name, ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

describe('a full disk', { skip: skipDisk }, () => {
  beforeEach(() => {
    for (const name of readdirSync(disk)) rmSync(join(disk, name), { recursive: true });
  });

  test('refuses starts as STORE_FULL, keeps what was promised, and takes starts again once there is room', async (t) => {
    for (const [name, mebibytes] of Object.entries(ballastMebibytes)) {
      writeFileSync(join(disk, name), Buffer.alloc(mebibytes * 1024 * 1024));
    }
    const dataDir = join(disk, 'data');
    const platform = await openPlatform({ dataDir, willBeKilled: true });
    t.after(() => platform.close());
    await platform.deploy(workflow);
    const promised: string[] = [];
    const refusals = new Map<string, number>();
    const input = { text: 'x'.repeat(60_000) };
    const start = async (): Promise<boolean> => {
      const { status, body } = await platform.call('POST /api/v1/workflows/keep/execute', { body: { input } });
      if (status === 202) promised.push(body.execution_id);
      else refusals.set(`${status} ${body.code}`, (refusals.get(`${status} ${body.code}`) ?? 0) + 1);
      return status === 202;
    };

    await until(async () => ((await start()) ? undefined : true), { what: 'the disk to be full', everyMs: 0 });
    for (let attempt = 0; attempt < 20; attempt += 1) await start();
    assert.ok(platform.isAlive());
    for (const refusal of refusals.keys()) assert.match(refusal, /^(507 STORE_FULL|503 \w+)$/);
    assert.equal((await platform.call('GET /ready')).status, 503);
    assert.equal((await platform.call('GET /health')).status, 200);
    assert.ok(promised.length > 10, 'there was room for some');

    rmSync(join(disk, 'removed'));
    const freedAt = performance.now();
    await until(async () => ((await start()) ? true : undefined), { what: 'a start', deadlineMs: recoveryMs });
    const recoveredMs = Math.round(performance.now() - freedAt);
    assert.equal((await platform.call('GET /ready')).status, 200);
    for (const id of promised) assert.equal((await platform.ended(id)).output.size, input.text.length, id);
    const refused = [...refusals].map(([refusal, count]) => `${count} × ${refusal}`).join(', ');
    t.diagnostic(
      `${promised.length} promised, refused: ${refused}; takes starts ${recoveredMs} ms after there is room`,
    );
  });

  test('lets the store forget, though there is no room to write that down, and go on in the room it makes', async (t) => {
    const store = await openSqliteStore({ directory: join(disk, 'store') });
    t.after(() => store.close());
    const moveOf = (id: string, length: number) => move(id, 1, { values: [{ hash: 'h', text: 'x'.repeat(length) }] });
    const kept: string[] = [];
    const fill = async (): Promise<void> => {
      for (;;) {
        const ids = Array.from({ length: 50 }, (_, index) => `e${kept.length + index}`);
        await store.commit(ids.map((id) => moveOf(id, 3_000)));
        kept.push(...ids);
      }
    };
    const isFull = (error: unknown) => Fault.is(error, 'STORE_FULL');
    const fits = (write: Write): Promise<boolean> =>
      store.commit([write]).then(
        () => true,
        (error: unknown) => {
          assert.ok(isFull(error));
          return false;
        },
      );
    // Each time the log is emptied there is a little room again, and in the end there is none.
    for (let known = -1; known < kept.length; ) {
      known = kept.length;
      await assert.rejects(fill(), isFull);
    }
    let id = 'late-0';
    for (let count = 1; await fits(moveOf(id, 200_000)); count += 1) {
      kept.push(id);
      id = `late-${count}`;
      await assert.rejects(fill(), isFull);
    }
    const late = moveOf(id, 200_000);
    await store.forget(kept.splice(0, 1_000).map((executionId) => ({ executionId, position: 1 })));
    // The engine sends a commit that failed again, too.
    await store.commit([late]).catch(() => store.commit([late]));
    for (const each of [...kept, id]) assert.deepEqual(await moveIds(store, each), [`move-${each}-1`]);
    assert.equal((await store.diagnostics()).integrity, 'ok');
    t.diagnostic(`${kept.length} kept`);
  });
});

describe('a process without file descriptors', { skip: skipLimit }, () => {
  test('goes on serving those it has, takes no others, and takes them again once it may', async (t) => {
    const platform = await openPlatform({ willBeKilled: true });
    t.after(() => platform.close());
    await platform.deploy(workflow);
    const limit = (count: number): void => {
      execFileSync('prlimit', ['--pid', String(platform.pid), `--nofile=${count}:4096`]);
    };
    limit(64);
    const sockets = await openSockets(platform, 100);
    t.after(() => {
      for (const socket of sockets) socket.destroy();
    });
    assert.ok(platform.isAlive(), platform.stderr());
    limit(4_096);
    for (const socket of sockets) socket.destroy();
    const ended = await until(() => platform.post('workflows/keep/execute?wait=5s', { input: { text: 'abc' } }), {
      what: 'an answer',
      deadlineMs: recoveryMs,
    });
    assert.equal(ended.output.size, 3);
    assert.ok(platform.isAlive());
  });
});

/** Connections that nobody may be able to take; each is open, refused or dropped when this resolves. */
async function openSockets({ url }: PlatformProcess, count: number): Promise<Socket[]> {
  const { hostname, port } = new URL(url);
  const sockets = Array.from({ length: count }, () => connect(Number(port), hostname));
  await Promise.all(
    sockets.map(
      (socket) =>
        new Promise<void>((resolve) => {
          socket.once('connect', () => resolve()).once('error', () => resolve());
        }),
    ),
  );
  return sockets;
}
