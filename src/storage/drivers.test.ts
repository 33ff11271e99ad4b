import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { after, test } from 'node:test';
import { Fault } from '../kit/fault.ts';
import { openStore } from './drivers.ts';
import { move, moveIds } from './sample-writes.ts';

const root = mkdtempSync(join(tmpdir(), 'magicflow-drivers-'));
after(() => rmSync(root, { recursive: true }));

test('memory: opens a store of its own each time', async () => {
  const [first, second] = [await openStore('memory:'), await openStore('memory:')];
  await first.commit([move('e', 1)]);
  assert.deepEqual(await moveIds(first, 'e'), ['move-e-1']);
  assert.deepEqual(await moveIds(second, 'e'), []);
});

test('sqlite: opens the folder it names, in every way to write it', async () => {
  const folder = join(root, 'my data');
  const urls = [`sqlite:${folder}`, `sqlite://${folder}`, `sqlite:${relative(process.cwd(), folder)}`];
  for (const url of urls) {
    const store = await openStore(url);
    await store.commit([move('e', 1)]);
    assert.deepEqual(await moveIds(store, 'e'), ['move-e-1']);
    await store.close();
  }
  assert.ok(existsSync(join(folder, 'magicflow.db')));
});

for (const [url, driver] of [
  ['postgres://user:pass@db:5432/magicflow', 'postgresql'],
  ['postgresql://db/magicflow', 'postgresql'],
  ['mongodb://db/magicflow', 'mongodb'],
  ['oracle:thin', 'oracle'],
] as const) {
  test(`${url.split(':')[0]}: is refused by name, with the drivers that are there`, async () => {
    const isRefusal = (error: unknown): boolean =>
      Fault.is(error, 'DRIVER_NOT_AVAILABLE') &&
      error.message.includes(`driver ${driver};`) &&
      error.message.includes('memory, sqlite') &&
      !error.message.includes('pass');
    await assert.rejects(openStore(url), isRefusal);
  });
}

for (const url of ['./data', '', 'sqlite:']) {
  test(`"${url}" is refused with an example`, async () => {
    const isRefusal = (error: unknown): boolean =>
      Fault.is(error, 'CONFIG_INVALID') && error.message.includes('sqlite:./data');
    await assert.rejects(openStore(url), isRefusal);
  });
}
