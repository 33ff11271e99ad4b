import assert from 'node:assert/strict';
import { test } from 'node:test';
import { evolve } from '../core/evolve/evolve.ts';
import { emptyState } from '../core/state.ts';
import { Fault } from '../kit/fault.ts';
import { eventAnswer } from './answers/event-answer.ts';
import { outputsByPath } from './answers/execution-answer.ts';
import { periodEndingAt } from './answers/metrics-answer.ts';
import { decodeExecutionCursor, decodeOffset, encodeExecutionCursor, encodeOffset } from './cursor.ts';
import { depthMax, findFlaw } from './flaw.ts';
import { openKnownPaths } from './known-paths.ts';
import { problemOf } from './problem.ts';
import { timeMs } from './requests.ts';
import { openStepNames } from './step-names.ts';

test('the depth limit is exact', () => {
  const nested = (depth: number): unknown => JSON.parse(`${'['.repeat(depth)}${']'.repeat(depth)}`);
  assert.equal(findFlaw(nested(depthMax)), undefined);
  assert.equal(findFlaw(nested(depthMax + 1))?.code, 'TOO_DEEP');
});

test('what looks dangerous and is not passes', () => {
  for (const value of [
    { constructor: 'x' },
    { constructor: { name: 'x' } },
    { prototype: 1 },
    'emoji 😀',
    '\u0001',
    1e308,
    { toString: 1 },
    null,
    [],
  ]) {
    assert.equal(findFlaw(value), undefined, JSON.stringify(value));
  }
});

test('outputs of steps with names like __proto__ are ordinary members', () => {
  const state = emptyState('e');
  const arrival = {
    step: '__proto__',
    name: '__proto__',
    kind: 'transform',
    frame: '',
    visit: 1,
    origin: 'flow',
  } as const;
  evolve(state, { type: 'step.entered', ...arrival }, 1);
  evolve(state, { type: 'step.completed', step: '__proto__', output: { admin: true } }, 2);
  const outputs = outputsByPath(state);
  assert.deepEqual(Object.keys(outputs), ['__proto__']);
  assert.equal(JSON.stringify(outputs), '{"__proto__":{"admin":true}}');
  assert.equal(({} as Record<string, unknown>)['admin'], undefined);
});

test('events are renamed, and what users put into them is not', () => {
  const output = { camelCase: { startedAt: 5, timeoutMs: 7 } };
  const event = {
    type: 'step.completed',
    step: 's',
    output,
    startedAt: 1_000,
    insteadOf: { code: 'C', message: 'm' },
  } as const;
  assert.deepEqual(eventAnswer({ position: 3, at: 2_000, event }), {
    position: 3,
    at: '1970-01-01T00:00:02.000Z',
    type: 'step.completed',
    step: 's',
    output,
    started_at: '1970-01-01T00:00:01.000Z',
    instead_of: { code: 'C', message: 'm' },
  });
});

test('cursors come back as they went, and nothing else does', () => {
  const cursor = { createdAt: 1_700_000_000_000, executionId: 'exec_abc' };
  assert.deepEqual(decodeExecutionCursor(encodeExecutionCursor(cursor)), cursor);
  assert.equal(decodeOffset(encodeOffset(50), 100), 50);
  for (const wrong of [
    encodeOffset(101),
    encodeOffset(-1),
    encodeOffset(1.5),
    encodeExecutionCursor(cursor),
    '',
    '%',
  ]) {
    assert.throws(
      () => decodeOffset(wrong, 100),
      (error) => Fault.is(error, 'CURSOR_INVALID'),
    );
  }
});

test('a period is whole buckets, and the last one holds now', () => {
  assert.deepEqual(periodEndingAt(10_500, 3_000, 1_000), { from: 8_000, to: 11_000, bucketMs: 1_000 });
  assert.deepEqual(periodEndingAt(10_000, 0, 1_000), { from: 10_000, to: 11_000, bucketMs: 1_000 });
  assert.deepEqual(periodEndingAt(10_500, 3_500, 1_000).from, 7_000);
});

test('times without a zone are UTC, dates alone their first moment', () => {
  const at = { in: 'query', pointer: '/from' } as const;
  const noon = Date.UTC(2026, 0, 31, 12);
  for (const text of [
    '2026-01-31T12:00',
    '2026-01-31T12:00:00Z',
    '2026-01-31T13:00:00+01:00',
    '2026-01-31T12:00:00.000',
  ]) {
    assert.equal(timeMs(text, at), noon, text);
  }
  assert.equal(timeMs('2026-01-31', at), Date.UTC(2026, 0, 31));
});

test('paths know their methods, and dots are no wildcards', () => {
  const paths = openKnownPaths();
  paths.add('GET', '/a/:id');
  paths.add('PUT', '/a/:id');
  paths.add('POST', '/a/fixed');
  paths.add('GET', '/x.json');
  assert.deepEqual(paths.methodsOf('/a/1'), ['GET', 'PUT']);
  assert.deepEqual(paths.methodsOf('/a/fixed'), ['GET', 'POST', 'PUT']);
  assert.deepEqual(paths.methodsOf('/a/1/2'), []);
  assert.deepEqual(paths.methodsOf('/xyjson'), []);
});

test('errors of the HTTP layer become problems, and defects tell nothing', () => {
  const foreign = (members: object) => problemOf(Object.assign(new Error('inner words'), members), 'r').body;
  assert.deepEqual(
    [foreign({ statusCode: 413 }).code, foreign({ statusCode: 406 }).code],
    ['BODY_TOO_LARGE', 'NOT_ACCEPTABLE'],
  );
  assert.equal(foreign({ statusCode: 400 }).code, 'BODY_INVALID');
  assert.equal(foreign({ code: 'FST_ERR_CTP_INVALID_CONTENT_LENGTH' }).status, 400);
  for (const defect of [
    foreign({}),
    foreign({ statusCode: 500 }),
    problemOf('text', 'r').body,
    problemOf(undefined, 'r').body,
  ]) {
    assert.equal(defect.code, 'INTERNAL');
    assert.ok(!defect.detail.includes('inner words'));
  }
});

test('a problem tells at most 100 errors', () => {
  const errors = Array.from({ length: 150 }, () => ({ code: 'C', message: 'm', pointer: '/p', line: 1, secret: 'x' }));
  const { body } = problemOf(new Fault('DEFINITION_INVALID', 'many', { detail: { errors } }), 'r');
  assert.equal(body.errors?.length, 100);
  assert.deepEqual(body.errors?.[0], { code: 'C', message: 'm', pointer: '/p', line: 1 });
});

test('the steps of a version are read once, and forgotten oldest first', async () => {
  const reads: string[] = [];
  const names = openStepNames({
    get: async (_workspace, name) => {
      reads.push(name);
      if (name === 'gone') throw new Fault('VERSION_NOT_FOUND', 'gone');
      if (name === 'broken') throw new Error('disk');
      return {
        definition: JSON.stringify({
          steps: {
            steps: [
              { name: 'a', handler: false },
              { name: 'h', handler: true },
            ],
          },
        }),
      } as never;
    },
  });
  const ref = (workflow: string, definition = workflow) => ({ workspace: 'w', workflow, version: '1.0.0', definition });
  assert.equal(names.known('x'), undefined);
  assert.deepEqual([...(await names.read(ref('x')))], ['a']);
  assert.deepEqual([...(names.known('x') ?? [])], ['a']);
  assert.deepEqual([...(await names.read(ref('gone')))], []);
  await assert.rejects(names.read(ref('broken')), /disk/);
  for (let index = 0; index < 1_000; index += 1) await names.read(ref('y', `y${index}`));
  assert.equal(names.known('x'), undefined);
  assert.ok(names.known('y999'));
});
