/** Workflows and versions: immutable content, one active pointer, readable by hash after removal. */
import assert from 'node:assert/strict';
import type { StoredVersion } from './catalog.ts';
import { noon, version } from './sample-writes.ts';
import type { PromiseCase } from './store-subject.ts';

export function catalogConformance(promise: PromiseCase): void {
  versions(promise);
  replacement(promise);
  lists(promise);
  removal(promise);
}

function versions(promise: PromiseCase): void {
  promise('adds a version and makes it active', async ({ catalog }) => {
    const metadata = { team: 'web', build: { number: 7 } };
    const own = { contextYaml: 'c: 1', tags: ['a'], owner: 'me', description: 'first', metadata };
    const first = version('w', '1.0.0', own);
    assert.equal(await catalog.putVersion(first), 'added');
    assert.deepEqual(await catalog.findVersion('default', 'w'), { ...first, active: true });
    assert.equal(await catalog.putVersion(version('w', '2.0.0', { createdAt: noon + 5 })), 'added');
    assert.equal((await catalog.findVersion('default', 'w'))?.version, '2.0.0');
    assert.deepEqual(await catalog.findVersion('default', 'w', '1.0.0'), { ...first, active: false });
    assert.equal(await catalog.findVersion('default', 'w', '3.0.0'), undefined);
    assert.equal(await catalog.findVersion('team', 'w'), undefined);
  });

  promise('makes a version active again that is put with the same hash', async ({ catalog }) => {
    await catalog.putVersion(version('w', '1.0.0'));
    await catalog.putVersion(version('w', '2.0.0'));
    assert.equal(await catalog.putVersion(version('w', '1.0.0', { yaml: 'ignored', metadata: { a: 1 } })), 'present');
    assert.equal((await catalog.findVersion('default', 'w'))?.version, '1.0.0');
    assert.deepEqual(await catalog.findVersion('default', 'w'), { ...version('w', '1.0.0'), active: true });
  });

  promise('refuses other content under a version that is there', async ({ catalog }) => {
    await catalog.putVersion(version('w', '1.0.0'));
    await catalog.putVersion(version('w', '2.0.0'));
    assert.equal(await catalog.putVersion(version('w', '1.0.0', { hash: 'other' })), 'conflict');
    assert.equal((await catalog.findVersion('default', 'w'))?.version, '2.0.0');
    assert.equal((await catalog.findVersion('default', 'w', '1.0.0'))?.hash, 'hash-w-1.0.0');
  });

  promise('lists versions newest first', async ({ catalog }) => {
    await catalog.putVersion(version('w', '1.0.0', { createdAt: noon }));
    await catalog.putVersion(version('w', '3.0.0', { createdAt: noon + 9 }));
    await catalog.putVersion(version('w', '2.0.0', { createdAt: noon + 5 }));
    await catalog.putVersion(version('w', '2.0.1', { createdAt: noon + 5 }));
    await catalog.putVersion(version('w', '9.0.0', { workspace: 'team' }));
    const found = await catalog.listVersions('default', 'w');
    assert.deepEqual(
      found.map((each) => each.version),
      ['3.0.0', '2.0.1', '2.0.0', '1.0.0'],
    );
    assert.deepEqual(
      found.map((each) => each.active),
      [false, true, false, false],
    );
    assert.deepEqual(await catalog.listVersions('default', 'unknown'), []);
  });

  promise('moves the active pointer only to versions that exist', async ({ catalog }) => {
    await catalog.putVersion(version('w', '1.0.0', { description: 'one' }));
    await catalog.putVersion(version('w', '2.0.0', { description: 'two' }));
    assert.equal(await catalog.activate('default', 'w', '1.0.0', noon + 50), true);
    assert.equal(await catalog.activate('default', 'w', '7.0.0', noon + 60), false);
    assert.equal(await catalog.activate('default', 'unknown', '1.0.0', noon), false);
    assert.deepEqual(await catalog.findWorkflow('default', 'w'), {
      workspace: 'default',
      name: 'w',
      activeVersion: '1.0.0',
      versionCount: 2,
      description: 'one',
      tags: [],
      owner: null,
      createdAt: noon,
      updatedAt: noon + 50,
    });
  });
}

function replacement(promise: PromiseCase): void {
  promise('replaces the stored form of a version where the expected hash stands', async ({ catalog }) => {
    await catalog.putVersion(version('w', '1.0.0'));
    const withContext = version('w', '1.0.0', { hash: 'with context', contextYaml: 'c: 1', metadata: { a: 1 } });
    assert.equal(await catalog.replaceVersion(withContext, 'another hash'), false);
    assert.equal((await catalog.findVersion('default', 'w'))?.contextYaml, null);
    assert.equal(await catalog.replaceVersion(withContext, 'hash-w-1.0.0'), true);
    assert.deepEqual(await catalog.findVersion('default', 'w'), { ...withContext, active: true });
    assert.deepEqual(await catalog.findByHash('with context'), { ...withContext, active: true });
    assert.equal(await catalog.findByHash('hash-w-1.0.0'), undefined);
    assert.equal(await catalog.replaceVersion(version('unknown', '1.0.0'), 'hash'), false);
  });

  promise('keeps the text of a context that waits for its workflow', async ({ catalog }) => {
    assert.equal(await catalog.waitingContext('default', 'w'), undefined);
    assert.equal(await catalog.waitingContext('default', 'w', 'a: 1'), 'a: 1');
    assert.equal(await catalog.waitingContext('default', 'w', 'a: 2'), 'a: 2');
    assert.equal(await catalog.waitingContext('default', 'w'), 'a: 2');
    assert.equal(await catalog.waitingContext('team', 'w'), undefined);
    assert.equal(await catalog.waitingContext('default', 'w', null), undefined);
    assert.equal(await catalog.waitingContext('default', 'w'), undefined);
  });
}

function lists(promise: PromiseCase): void {
  promise('lists workflows by name, filtered and paged, with their total', async ({ catalog }) => {
    await catalog.putVersion(version('c-mail', '1.0.0', { tags: ['x'], description: '100% Größe' }));
    await catalog.putVersion(version('a-mail', '1.0.0', { tags: ['x', 'y'] }));
    await catalog.putVersion(version('a-mail', '1.1.0', { tags: ['y'] }));
    await catalog.putVersion(version('b-pay', '1.0.0', { tags: ['xx'] }));
    await catalog.putVersion(version('far', '1.0.0', { workspace: 'team' }));
    const list = async (more: object): Promise<[string[], number]> => {
      const { rows, total } = await catalog.listWorkflows({ workspace: 'default', offset: 0, limit: 10, ...more });
      return [rows.map((row) => row.name), total];
    };
    assert.deepEqual(await list({}), [['a-mail', 'b-pay', 'c-mail'], 3]);
    assert.deepEqual(await list({ offset: 1, limit: 1 }), [['b-pay'], 3]);
    assert.deepEqual(await list({ text: 'MAIL' }), [['a-mail', 'c-mail'], 2]);
    assert.deepEqual(await list({ text: 'GRÖSSE' }), [[], 0]);
    assert.deepEqual(await list({ text: 'GRÖ' }), [['c-mail'], 1]);
    assert.deepEqual(await list({ text: '%' }), [['c-mail'], 1]);
    assert.deepEqual(await list({ tag: 'x' }), [['c-mail'], 1]);
    assert.deepEqual(await list({ text: 'mail', tag: 'y' }), [['a-mail'], 1]);
  });

  promise('tells the newest change and the first creation of a workflow', async ({ catalog }) => {
    await catalog.putVersion(version('w', '1.0.0', { createdAt: noon }));
    await catalog.putVersion(version('w', '2.0.0', { createdAt: noon + 7 }));
    const found = await catalog.findWorkflow('default', 'w');
    assert.deepEqual([found?.createdAt, found?.updatedAt, found?.versionCount], [noon, noon + 7, 2]);
  });
}

function removal(promise: PromiseCase): void {
  promise('removes a workflow from lists and starts, and still reads its versions by hash', async ({ catalog }) => {
    await catalog.putVersion(version('w', '1.0.0'));
    assert.equal(await catalog.removeWorkflow('default', 'w', noon + 5), true);
    assert.equal(await catalog.removeWorkflow('default', 'w', noon + 6), false);
    assert.equal(await catalog.removeWorkflow('default', 'unknown', noon + 6), false);
    assert.equal(await catalog.findWorkflow('default', 'w'), undefined);
    assert.equal((await catalog.listWorkflows({ workspace: 'default', offset: 0, limit: 10 })).total, 0);
    assert.equal(await catalog.findVersion('default', 'w'), undefined);
    assert.equal(await catalog.findVersion('default', 'w', '1.0.0'), undefined);
    assert.deepEqual(await catalog.listVersions('default', 'w'), []);
    assert.equal(await catalog.activate('default', 'w', '1.0.0', noon), false);
    const kept: StoredVersion = { ...version('w', '1.0.0'), active: false };
    assert.deepEqual(await catalog.findByHash('hash-w-1.0.0'), kept);
    assert.equal(await catalog.findByHash('unknown'), undefined);
  });

  promise(
    'brings a removed workflow back with its next deploy, its versions still unchangeable',
    async ({ catalog }) => {
      await catalog.putVersion(version('w', '1.0.0'));
      await catalog.removeWorkflow('default', 'w', noon + 5);
      assert.equal(await catalog.putVersion(version('w', '1.0.0', { hash: 'other' })), 'conflict');
      assert.equal(await catalog.findWorkflow('default', 'w'), undefined);
      assert.equal(await catalog.putVersion(version('w', '2.0.0', { createdAt: noon + 9 })), 'added');
      assert.equal((await catalog.findWorkflow('default', 'w'))?.versionCount, 2);
    },
  );
}
