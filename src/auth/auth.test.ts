import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Fault } from '../kit/fault.ts';
import { makeFirstToken, openAuth, principalIn } from './auth.ts';
import { isPermission, may, permissions, roles } from './permission.ts';
import { areHashesEqual, hashToken, isTokenSound, makeToken } from './token.ts';
import { openTokens, type StoredToken } from './tokens.ts';

async function openShelf(nowMs = () => 1_000) {
  let saved: readonly StoredToken[] = [];
  let isBroken = false;
  const shelf = {
    load: async () => saved,
    save: async (tokens: readonly StoredToken[]) => {
      if (isBroken) throw new Error('disk');
      saved = structuredClone(tokens);
    },
    clock: { nowMs },
  };
  return { shelf, tokens: await openTokens(shelf), saved: () => saved, breakDisk: () => (isBroken = true) };
}

test('each role may do exactly what the table says', () => {
  const granted = Object.fromEntries(roles.map((role) => [role, permissions.filter((name) => may(role, name))]));
  assert.deepEqual(granted['admin'], permissions);
  assert.deepEqual(granted['executor'], ['public', 'tasks:work']);
  assert.deepEqual(granted['person'], ['public', 'human_tasks:read', 'human_tasks:answer']);
  const reading = [
    'workflows:read',
    'executions:read',
    'human_tasks:read',
    'topics:read',
    'metrics:read',
    'system:read',
  ];
  assert.deepEqual(granted['viewer'], ['public', ...reading]);
  assert.deepEqual(
    permissions.filter((name) => !granted['operator']?.includes(name)),
    ['system:manage', 'tokens:manage'],
  );
});

test('a permission nobody wrote down is none', () => {
  assert.equal(isPermission('constructor'), false);
  assert.equal(isPermission('workflows:rule'), false);
  assert.equal(isPermission(undefined), false);
  assert.equal(isPermission('public'), true);
});

test('a made token is long, never the same and knows its own typos', () => {
  const token = makeToken();
  assert.match(token, /^mf_[0-9a-z]{58}$/);
  assert.notEqual(token, makeToken());
  assert.ok(isTokenSound(token));
  const swapped = `${token.slice(0, 10)}${token[10] === '0' ? '1' : '0'}${token.slice(11)}`;
  assert.equal(isTokenSound(swapped), false);
  assert.equal(isTokenSound(token.slice(0, -1)), false);
  assert.equal(isTokenSound('your-api-token'), false);
});

test('hashes of different length are not equal', () => {
  assert.equal(areHashesEqual('ab', 'abc'), false);
  assert.equal(areHashesEqual(hashToken('a'), hashToken('a')), true);
});

test('a token opens its workspace with its role, and the shelf holds its hash only', async () => {
  const { tokens, saved } = await openShelf();
  const { token, stored } = await tokens.create({ name: 'ci', role: 'operator', workspace: 'team' });
  const ci = { tokenId: stored.id, workspace: 'team', name: 'ci', role: 'operator', reach: 'workspace' };
  const auth = openAuth({ tokens });
  assert.deepEqual(auth.authenticate(`Bearer ${token}`), ci);
  assert.deepEqual(auth.authenticate(`bearer   ${token}`), ci);
  assert.equal(saved()[0]?.hash, hashToken(token));
  assert.ok(!JSON.stringify(saved()).includes(token));
  assert.match(stored.id, /^tok_/);
});

test('no credential, another scheme, an unknown token and a cut one open nothing', async () => {
  const { tokens } = await openShelf();
  const { token } = await tokens.create({ name: 'ci', role: 'admin', workspace: 'team' });
  const auth = openAuth({ tokens, adminToken: 'the-admin-token' });
  for (const header of [
    undefined,
    '',
    'Bearer',
    'Bearer ',
    token,
    `Basic ${token}`,
    `Bearer ${token.slice(0, -1)}`,
    `Bearer ${makeToken()}`,
    `Bearer ${token} x`,
    `Bearer ${'x'.repeat(10_000)}`,
  ]) {
    assert.equal(auth.authenticate(header), undefined, String(header));
  }
  assert.equal(auth.authenticate('Bearer the-admin-token')?.role, 'admin');
});

test('an expired token and a revoked one open nothing', async () => {
  let now = 1_000;
  const { tokens } = await openShelf(() => now);
  const auth = openAuth({ tokens });
  const short = await tokens.create({ name: 'short', role: 'viewer', workspace: 'w', expiresAt: 2_000 });
  const long = await tokens.create({ name: 'long', role: 'viewer', workspace: 'w' });
  now = 1_999;
  assert.ok(auth.authenticate(`Bearer ${short.token}`));
  now = 2_000;
  assert.equal(auth.authenticate(`Bearer ${short.token}`), undefined);
  await tokens.revoke('w', long.stored.id);
  assert.equal(auth.authenticate(`Bearer ${long.token}`), undefined);
  assert.deepEqual(
    tokens.list('w').map((token) => token.name),
    ['short'],
  );
});

test("another workspace's token is neither listed nor revoked", async () => {
  const { tokens } = await openShelf();
  const { stored } = await tokens.create({ name: 'ci', role: 'viewer', workspace: 'mine' });
  assert.deepEqual(tokens.list('yours'), []);
  await assert.rejects(tokens.revoke('yours', stored.id), (error) => Fault.is(error, 'TOKEN_NOT_FOUND'));
  assert.equal(tokens.list('mine').length, 1);
});

test('a change that cannot be saved does not count', async () => {
  const { tokens, breakDisk } = await openShelf();
  await tokens.create({ name: 'first', role: 'viewer', workspace: 'w' });
  breakDisk();
  await assert.rejects(tokens.create({ name: 'lost', role: 'viewer', workspace: 'w' }), /disk/);
  assert.equal(tokens.list('w').length, 1);
});

test('changes made at once are all kept, also for the next process', async () => {
  const { shelf, tokens } = await openShelf();
  await Promise.all(['a', 'b', 'c'].map((name) => tokens.create({ name, role: 'viewer', workspace: 'w' })));
  const reopened = await openTokens(shelf);
  assert.deepEqual(
    reopened.list('w').map((token) => token.name),
    ['a', 'b', 'c'],
  );
});

test('the first admin token is made once', async () => {
  const { tokens } = await openShelf();
  const token = await makeFirstToken(tokens);
  assert.equal(openAuth({ tokens }).authenticate(`Bearer ${token}`)?.role, 'admin');
  assert.equal(await makeFirstToken(tokens), undefined);
});

test('a token of a workspace acts there alone; the admin tokens of the server act in any that they name', async () => {
  const { tokens } = await openShelf();
  const first = await makeFirstToken(tokens);
  const { token } = await tokens.create({ name: 'boss', role: 'admin', workspace: 'team' });
  const auth = openAuth({ tokens, adminToken: 'the-admin-token' });
  const workspaceFor = (credential: string | undefined, named?: string): string | undefined => {
    const principal = auth.authenticate(`Bearer ${credential}`);
    return principal && principalIn(principal, named)?.workspace;
  };
  assert.deepEqual(
    [undefined, 'team', 'default', 'other'].map((named) => workspaceFor(token, named)),
    ['team', 'team', undefined, undefined],
  );
  for (const server of [first, 'the-admin-token']) {
    assert.deepEqual(
      [undefined, 'default', 'other'].map((named) => workspaceFor(server, named)),
      ['default', 'default', 'other'],
    );
  }
});

test('what an admin of the server makes in a workspace reaches that workspace alone', async () => {
  const { tokens, saved } = await openShelf();
  await makeFirstToken(tokens);
  await tokens.create({ name: 'ci', role: 'admin', workspace: 'team' });
  assert.deepEqual(
    saved().map(({ name, reach }) => [name, reach]),
    [
      ['first admin', 'server'],
      ['ci', undefined],
    ],
  );
});

test('with authentication off everybody is an anonymous admin', async () => {
  const { tokens } = await openShelf();
  const auth = openAuth({ tokens, enabled: false });
  assert.deepEqual(auth.authenticate(undefined), {
    workspace: 'default',
    name: 'anonymous',
    role: 'admin',
    reach: 'server',
    tokenId: undefined,
  });
});
