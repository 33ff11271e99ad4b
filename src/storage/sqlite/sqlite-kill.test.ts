/**
 * A process that commits is killed without warning, again and again; the folder it leaves must hold every move it had
 * an answer for. The child writes each answered move into a ledger of its own and syncs it before it goes on.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { seededRandom } from '../../kit/random.ts';
import { moveIds } from '../sample-writes.ts';
import type { Store } from '../store.ts';
import { openSqliteStore } from './sqlite-store.ts';

const kills = 10;
const root = mkdtempSync(join(tmpdir(), 'magicflow-kill-'));
const directory = join(root, 'data');
const ledger = join(root, 'ledger');
after(() => rmSync(root, { recursive: true }));

const child = `
  import { fsyncSync, openSync, writeSync } from 'node:fs';
  import { openSqliteStore } from ${JSON.stringify(new URL('./sqlite-store.ts', import.meta.url).href)};
  import { move, task, viewRow } from ${JSON.stringify(new URL('../sample-writes.ts', import.meta.url).href)};
  const [directory, ledger, round] = process.argv.slice(1);
  const store = await openSqliteStore({ directory });
  const file = openSync(ledger, 'a');
  for (let turn = 0; ; turn += 1) {
    const ids = Array.from({ length: 5 }, (_, index) => 'r' + round + '-' + turn + '-' + index);
    const tasksAdded = (id) => [task('task-' + id)];
    const writes = ids.flatMap((id) => [move(id, 1, { view: viewRow(1), tasksAdded: tasksAdded(id) }), move(id, 2)]);
    const outcomes = await store.commit(writes);
    if (outcomes.some((outcome) => !outcome.ok)) process.exit(3);
    writeSync(file, ids.join('\\n') + '\\n');
    fsyncSync(file);
    if (turn === 0) writeSync(1, 'ready\\n');
  }
`;

/** Lets a child commit for a while after its first answer, then kills it. */
async function commitAndKill(round: number, lifeMs: number): Promise<NodeJS.Signals | null> {
  const running = spawn(process.execPath, ['--input-type=module', '-e', child, directory, ledger, String(round)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise<NodeJS.Signals | null>((resolve) => {
    running.once('exit', (_code, signal) => resolve(signal));
  });
  await new Promise((resolve) => running.stdout.once('data', resolve));
  await delay(lifeMs);
  running.kill('SIGKILL');
  return ended;
}

/** Every move of the ledger is there, with what was written in its transaction. */
async function checkLedger(store: Store): Promise<number> {
  const answered = readFileSync(ledger, 'utf8').split('\n').slice(0, -1);
  for (const id of answered) {
    assert.deepEqual(await moveIds(store, id), [`move-${id}-1`, `move-${id}-2`]);
    assert.equal((await store.views.find('default', id))?.position, 1);
    assert.equal((await store.tasks.find(`task-${id}`))?.executionId, id);
  }
  return answered.length;
}

test(`every answered move is there after each of ${kills} kills`, async () => {
  const random = seededRandom(20_260_101);
  writeFileSync(ledger, '');
  let counted = 0;
  for (let round = 0; round < kills; round += 1) {
    assert.equal(await commitAndKill(round, 5 + random.next() * 45), 'SIGKILL');
    // That it opens at once shows that the kill freed the folder.
    const store = await openSqliteStore({ directory });
    counted = await checkLedger(store);
    assert.equal((await store.diagnostics()).integrity, 'ok');
    await store.close();
  }
  assert.ok(counted > kills, `only ${counted} moves were answered: the test has seen nothing`);
});
