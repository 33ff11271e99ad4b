import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type CallOptions, helloYaml, openTestApi } from './test-api.ts';

const deployed = async (named: string | undefined, as: CallOptions['as'] = 'server') => {
  const subject = await openTestApi();
  const headers = { 'content-type': 'text/yaml', ...(named === undefined ? {} : { 'x-magicflow-workspace': named }) };
  const answer = await subject.call('POST /api/v1/workflows', undefined, { as, raw: helloYaml, headers });
  return { ...subject, answer };
};

describe('a request that names its workspace', () => {
  test('gets there with an admin token of the server, and finds only what is there', async () => {
    const { call, answer } = await deployed('other');
    assert.equal(answer.status, 201);
    const get = (as: CallOptions['as'], named?: string) =>
      call('GET /api/v1/workflows/hello', undefined, {
        as,
        ...(named === undefined ? {} : { headers: { 'x-magicflow-workspace': named } }),
      });
    assert.equal((await get('server', 'other')).status, 200);
    assert.equal((await get('stranger')).status, 200);
    assert.equal((await get('server')).status, 404);
    assert.equal((await get('server', 'third')).status, 404);
  });

  test('makes tokens there, which reach no other', async () => {
    const { call, api } = await openTestApi();
    const headers = { 'x-magicflow-workspace': 'team' };
    const made = await call('POST /api/v1/tokens', { name: 'ci', role: 'admin' }, { as: 'server', headers });
    assert.deepEqual([made.status, made.body['workspace']], [201, 'team']);
    const status = async (named: string) => {
      const authorization = `Bearer ${made.body['token']}`;
      const sent = { authorization, 'x-magicflow-workspace': named };
      return (await api.server.inject({ method: 'GET', url: '/api/v1/workflows', headers: sent })).statusCode;
    };
    assert.deepEqual([await status('team'), await status('default'), await status('unheard-of')], [200, 404, 404]);
  });

  test('is refused with 404 where its token does not reach it, whether or not it is there, and reaches nothing', async () => {
    const { call, engine } = await deployed('other', 'stranger');
    const calls = engine.calls.length;
    const ask = (named: string) =>
      call('GET /api/v1/workflows', undefined, {
        as: 'viewer',
        headers: { 'x-magicflow-workspace': named, 'x-request-id': 'same' },
      });
    const [there, nowhere] = [await ask('other'), await ask('wrong')];
    assert.deepEqual([there.status, there.body['code']], [404, 'WORKSPACE_NOT_FOUND']);
    assert.equal(there.text.replaceAll('other', 'wrong'), nowhere.text);
    assert.equal(engine.calls.length, calls);
    assert.equal((await ask('default')).status, 200);
  });

  test('is refused with its place where the name is none', async () => {
    for (const name of ['', 'Team', 'a b', '-a', 'a/b', '../x', 'a'.repeat(64), 'a, b', '__proto__']) {
      const { answer } = await deployed(name);
      assert.deepEqual([answer.status, answer.body['code']], [422, 'REQUEST_INVALID'], name);
      const [error] = answer.body['errors'] as Record<string, unknown>[];
      assert.deepEqual([error?.['in'], error?.['pointer']], ['headers', '/x-magicflow-workspace']);
    }
    for (const name of ['a', 'a'.repeat(63), 'team_1-b', '9']) assert.equal((await deployed(name)).answer.status, 201);
  });
});
