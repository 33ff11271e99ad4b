/**
 * A process that publishes and takes is killed without warning, again and again. Every message it had an answer for is
 * there, once, and what comes again although it was taken says so: each answer stands in a ledger that the
 * process syncs before it goes on.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { systemClock } from '../../kit/clock.ts';
import { seededRandom } from '../../kit/random.ts';
import type { Broker, Delivery } from '../broker.ts';
import { openEmbeddedBroker } from './embedded-broker.ts';

const kills = 8;
const root = mkdtempSync(join(tmpdir(), 'magicflow-broker-kill-'));
const folder = join(root, 'data');
const ledger = join(root, 'ledger');
after(() => rmSync(root, { recursive: true }));

const child = `
  import { fsyncSync, openSync, writeSync } from 'node:fs';
  import { systemClock } from ${JSON.stringify(new URL('../../kit/clock.ts', import.meta.url).href)};
  import { openEmbeddedBroker } from ${JSON.stringify(new URL('./embedded-broker.ts', import.meta.url).href)};
  const [folder, ledger, round] = process.argv.slice(1);
  const broker = openEmbeddedBroker({ clock: systemClock, warn: () => undefined, folder });
  const file = openSync(ledger, 'a');
  const note = (lines) => {
    writeSync(file, lines.join('\\n') + '\\n');
    fsyncSync(file);
  };
  const group = { workspace: 'default', topic: 't', name: 'g', inHandMax: 4 };
  await broker.subscribe(group, async ({ id }) => note(['taken ' + id]));
  for (let turn = 0; ; turn += 1) {
    const ids = [0, 1, 2, 3, 4].map((key) => round + '-' + turn + '-' + key);
    const message = (id) => ({ workspace: 'default', topic: 't', id, key: id.slice(-1), headers: {}, body: id });
    await Promise.all(ids.map((id) => broker.publish(message(id))));
    note(ids.map((id) => 'sent ' + id));
    if (turn === 0) writeSync(1, 'ready\\n');
  }
`;

async function runAndKill(round: number, lifeMs: number): Promise<NodeJS.Signals | null> {
  const running = spawn(process.execPath, ['--input-type=module', '-e', child, folder, ledger, String(round)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise<NodeJS.Signals | null>((resolve) => {
    running.once('exit', (_code, signal) => resolve(signal));
  });
  await new Promise((resolve) => running.stdout.once('data', resolve));
  await pause(lifeMs);
  running.kill('SIGKILL');
  return ended;
}

async function allOf(broker: Broker): Promise<readonly string[]> {
  const found: string[] = [];
  for (let after: string | undefined; ; ) {
    const page = (await broker.log?.read({ workspace: 'default', topic: 't', after, limit: 1_000 })) ?? [];
    if (page.length === 0) return found;
    found.push(...page.map(({ id }) => id));
    after = page.at(-1)?.position;
  }
}

test(`every answered message is there after each of ${kills} kills, once, and is taken`, {
  timeout: 120_000,
}, async () => {
  const random = seededRandom(20_260_304);
  writeFileSync(ledger, '');
  for (let round = 0; round < kills; round += 1) {
    assert.equal(await runAndKill(round, 20 + random.next() * 60), 'SIGKILL');
    const broker = openEmbeddedBroker({ clock: systemClock, warn: assert.fail, folder });
    const there = await allOf(broker);
    assert.equal(new Set(there).size, there.length);
    const sent = noted('sent');
    assert.deepEqual(
      sent.filter((id) => !there.includes(id)),
      [],
    );
    await broker.close();
  }
  const broker = openEmbeddedBroker({ clock: systemClock, warn: assert.fail, folder });
  const rest: Delivery[] = [];
  await broker.subscribe({ workspace: 'default', topic: 't', name: 'g', inHandMax: 100 }, async (delivery) => {
    rest.push(delivery);
  });
  const unsettled = async (): Promise<number> => (await broker.log?.topics('default'))?.[0]?.groups[0]?.unsettled ?? 0;
  while ((await unsettled()) > 0) await pause(5);
  const there = await allOf(broker);
  const taken = noted('taken');
  const all = new Set([...taken, ...rest.map(({ id }) => id)]);
  assert.deepEqual(
    there.filter((id) => !all.has(id)),
    [],
    'never taken',
  );
  const again = rest.filter(({ id }) => taken.includes(id));
  assert.ok(
    again.every(({ attempt }) => attempt > 1),
    'what comes again says so',
  );
  assert.ok(again.length <= kills * 4, `${again.length} were taken again`);
  assert.ok(there.length > kills * 5, `only ${there.length} messages: the test has seen little`);
  await broker.close();
});

const noted = (what: 'sent' | 'taken'): string[] =>
  readFileSync(ledger, 'utf8')
    .split('\n')
    .flatMap((line) => (line.startsWith(`${what} `) ? [line.slice(what.length + 1)] : []));
