/** The keeper of the servers that tests need: one for all who ask, none left behind. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { after, describe, test } from 'node:test';
import { findKeeper, type KeeperLink, keeperFolder, openKeeper } from '../../dev/services/keeper-link.ts';
import { until } from '../support/platform.ts';
import { findService } from '../support/services.ts';

/** A keeper of this test alone. */
const own = { name: `test-${process.pid}`, lingerMs: 300 };
const available = await findService('postgres');

async function canConnect(url: string): Promise<boolean> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

const isGone = (url: string) =>
  until(async () => ((await canConnect(url)) ? undefined : true), { what: `the end of the server at ${url}` });

describe('services', { skip: available.skip }, () => {
  const links: KeeperLink[] = [];
  const open = async (): Promise<KeeperLink> => {
    const link = await openKeeper(own);
    links.push(link);
    return link;
  };
  after(async () => {
    for (const link of links) link.close();
    await (await findKeeper(own))?.stop();
    rmSync(keeperFolder(own.name), { recursive: true, force: true });
  });

  test('all who ask at the same time get one server, which ends soon after the last of them', async () => {
    const both = await Promise.all([open(), open()]);
    const [first = '', second] = await Promise.all(both.map((link) => link.start('postgres')));
    assert.equal(first, second);
    both[0]?.close();
    await new Promise((resolve) => setTimeout(resolve, own.lingerMs * 2));
    assert.ok(await canConnect(first), 'it ended while somebody needed it');
    both[1]?.close();
    await isGone(first);
    await until(async () => ((await findKeeper(own)) ? undefined : true), { what: 'the end of the keeper' });
  });

  test('a server that was asked to stay ends when it is told to', async () => {
    const link = await open();
    const url = await link.start('postgres', { stay: true });
    link.close();
    await new Promise((resolve) => setTimeout(resolve, own.lingerMs * 2));
    assert.ok(await canConnect(url));
    await (await findKeeper(own))?.stop();
    assert.equal(await canConnect(url), false);
  });

  test('no server outlives a keeper that was killed', async () => {
    const link = await open();
    const url = await link.start('postgres', { stay: true });
    process.kill(keeperProcess(), 'SIGKILL');
    await isGone(url);
  });
});

describe('a test that needs a service', () => {
  const find = async (env: NodeJS.ProcessEnv) => {
    const script = `const { findService } = await import('./test/support/services.ts');
      console.log((await findService('postgres')).skip)`;
    const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
      env: { ...process.env, MAGICFLOW_NO_SERVICES: '1', ...env },
    });
    let output = '';
    child.stdout.on('data', (text: Buffer) => {
      output += String(text);
    });
    const [code] = await once(child, 'close');
    return { code, output: output.trim() };
  };

  test('is skipped with the reason where the machine cannot have it, and fails under CI', async () => {
    assert.deepEqual(await find({ CI: '' }), { code: 0, output: 'MAGICFLOW_NO_SERVICES is set' });
    assert.equal((await find({ CI: 'true' })).code, 1);
  });
});

/** The keeper of this test: the process whose arguments name its folder. */
function keeperProcess(): number {
  const folder = keeperFolder(own.name);
  const found = readdirSync('/proc').find((entry) => /^\d+$/.test(entry) && argumentsOf(entry).includes(folder));
  assert.ok(found, 'there is no keeper');
  return Number(found);
}

function argumentsOf(pid: string): string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
  } catch {
    return [];
  }
}
