import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MoveWrite, Outcome, Write } from '../store.ts';
import { done, flatten, outcomesOf, remarksOn, unflatten } from './flat-writes.ts';

const bare: MoveWrite = {
  kind: 'move',
  workspace: 'w',
  executionId: 'exec_1',
  first: 1,
  last: 2,
  moveId: 'm1',
  at: 5,
  events: '[{},{}]',
};

/** As it arrives: what is absent is undefined, and a view row is the values of its columns. */
const arrived = (move: MoveWrite, view?: readonly unknown[]) => ({
  values: undefined,
  wakeAt: undefined,
  tasksAdded: undefined,
  tasksRemoved: undefined,
  startKey: undefined,
  slotTaken: undefined,
  slotsFreed: undefined,
  ...move,
  view,
});

test('writes arrive as they were sent, in their order', () => {
  const full: MoveWrite = {
    ...bare,
    executionId: 'exec_2',
    values: [{ hash: 'h', text: '1' }],
    wakeAt: null,
    tasksAdded: [
      { taskId: 't1', executor: 'e', function: 'f', rank: 4, lease: undefined },
      {
        taskId: 't2',
        executor: 'e',
        function: 'g',
        rank: 0,
        lease: { token: 'x', worker: 'me', since: 6, expiresAt: 7 },
      },
    ],
    tasksRemoved: ['t0'],
    startKey: { workflow: 'flow', key: 'k', fingerprint: 'p', expiresAt: 9 },
    slotTaken: { key: 'running', limit: 3 },
    slotsFreed: true,
  };
  const others: Write[] = [
    { kind: 'lease', taskId: 't1', token: 'x', worker: 'me', at: 6, expiresAt: 7 },
    { kind: 'extend', taskId: 't1', token: 'x', expiresAt: 8 },
    { kind: 'release', taskId: 't1', token: 'x' },
    { kind: 'wake', workspace: 'w', executionId: 'exec_1', position: 2, wakeAt: 9 },
    { kind: 'snapshot', executionId: 'exec_1', position: 2, text: '{}' },
  ];
  const writes = [bare, ...others, full, { ...bare, wakeAt: 77 }];
  assert.deepEqual(unflatten(structuredClone(flatten(writes))), [
    arrived(bare),
    ...others,
    arrived(full),
    arrived({ ...bare, wakeAt: 77 }),
  ]);
});

test('a view row arrives as the values of its columns', () => {
  const view: MoveWrite['view'] = {
    position: 2,
    workflow: 'flow',
    version: '1.0.0',
    status: 'failed',
    run: 1,
    parent: 'exec_0',
    createdAt: 3,
    startedAt: null,
    endedAt: 4,
    tags: ['a'],
    labels: { team: 'b' },
    errorCode: 'BOOM',
    errorMessage: null,
    deadLetter: { reason: 'rule', step: 's' },
    searchText: 'flow a',
    steps: [{ step: 's', status: 'failed', durationMs: 1, attempts: 2 }],
  };
  const columns = [2, 'flow', '1.0.0', 'failed', 1, 3, null, 4, '["a"]', '{"team":"b"}', 'BOOM', null, 'flow a'];
  const steps = '[{"step":"s","status":"failed","durationMs":1,"attempts":2}]';
  const letter = '{"reason":"rule","step":"s"}';
  assert.deepEqual(unflatten(flatten([{ ...bare, view }])), [arrived(bare, [...columns, steps, 'exec_0', letter])]);
  const empty = { ...view, tags: [], labels: {}, steps: [], deadLetter: null };
  const [sent] = unflatten(flatten([{ ...bare, view: empty }]));
  assert.ok(sent?.kind === 'move');
  assert.deepEqual(sent.view?.slice(8, 10), ['[]', '{}']);
  assert.deepEqual(sent.view?.slice(-3), ['[]', 'exec_0', null]);
});

test('outcomes arrive in their places, and what needs no word does not cross', () => {
  const lost: Outcome = { ok: false, reason: 'LEASE_LOST' };
  const leased: Outcome = { ok: true, deliveries: 2 };
  const outcomes = [done, lost, done, leased];
  const crossed = structuredClone(remarksOn(outcomes));
  assert.equal(crossed.length, 2);
  assert.deepEqual(outcomesOf(4, crossed), outcomes);
  assert.deepEqual(outcomesOf(2, remarksOn([done, done])), [done, done]);
});
