/** Operations on many executions over a real engine: what they match, what they do once, and what survives. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Fault } from '../../kit/fault.ts';
import type { JsonObject } from '../../kit/json.ts';
import type { BulkRow } from '../../storage/bulk-operations.ts';
import { call, makeEngine, type Node, type NodeOptions, restarted, workspace } from '../make-engine.ts';
import type { BulkRequest } from './bulk-desk.ts';
import { bulkBatchMax } from './bulk-limits.ts';
import { lookedAt } from './bulk-runner.ts';

const oneStep = `steps: [{name: a, ${call}}]`;

async function engineWith(count: number, options: NodeOptions = {}): Promise<{ node: Node; ids: string[] }> {
  const node = await makeEngine(options);
  await node.deploy(oneStep);
  const ids: string[] = [];
  for (let number = 0; number < count; number += 1) ids.push(await node.start({ number }));
  return { node, ids };
}

const asked = (action: BulkRequest['action'], more: Partial<BulkRequest> = {}): BulkRequest => ({
  workspace,
  action,
  filter: { workflow: 'flow' },
  given: {},
  requestedBy: 'ada',
  ...more,
});

/** Lets time pass until it has ended. */
async function ended(node: Node, bulkId: string): Promise<BulkRow> {
  for (let round = 0; round < 2_000; round += 1) {
    const row = await node.engine.bulk.get(workspace, bulkId);
    if (row.endedAt !== null) return row;
    await node.clock.advance(50);
  }
  throw new Error(`bulk operation ${bulkId} does not end`);
}

const run = async (node: Node, request: BulkRequest): Promise<BulkRow> =>
  ended(node, (await node.engine.bulk.start(request)).bulkId);

const statuses = (node: Node, ids: readonly string[]): Promise<string[]> => Promise.all(ids.map(node.status));

const eventsOf = async (node: Node, id: string): Promise<string[]> =>
  (await node.engine.executions.journal(workspace, id, { after: 0, limit: 500 })).map(({ event }) => event.type);

describe('an operation on many executions', () => {
  test('acts on all that match, batch by batch, and counts them', async () => {
    const { node, ids } = await engineWith(bulkBatchMax * 2 + 7);
    const row = await run(node, asked('cancel', { given: { reason: 'a bad day' } }));
    assert.deepEqual([row.status, row.matched, row.done, row.failed, row.skipped], ['completed', 107, 107, {}, {}]);
    assert.deepEqual(new Set(await statuses(node, ids)), new Set(['cancelled']));
    assert.equal((await node.state(ids[0] ?? '')).error?.message, 'a bad day');
  });

  test('stands in the journal of each with whoever asked for it', async () => {
    const { node, ids } = await engineWith(1);
    const row = await run(node, asked('pause'));
    const entries = await node.engine.executions.journal(workspace, ids[0] ?? '', { after: 0, limit: 500 });
    assert.deepEqual(
      entries.slice(-2).map(({ event }) => event),
      [{ type: 'execution.operated', id: row.bulkId, by: 'ada', operation: 'pause' }, { type: 'execution.paused' }],
    );
  });

  test('looks only where it fits unless it is told otherwise, and says why it passed over the rest', async () => {
    const { node, ids } = await engineWith(3);
    await node.operate(ids[0] ?? '', { type: 'terminate' });
    assert.equal((await node.engine.bulk.preview(asked('cancel'))).matched, 2);
    const row = await run(node, asked('cancel', { filter: { ids: [...ids, 'exec_unknown'] } }));
    assert.deepEqual([row.matched, row.done], [4, 2]);
    assert.deepEqual(row.skipped, { EXECUTION_ENDED: 1, NOT_MATCHED: 1 });
    assert.deepEqual(
      row.problems.map(({ executionId, code }) => [executionId, code]),
      [[ids[0], 'EXECUTION_ENDED']],
    );
  });

  test('leaves alone what is started after it', async () => {
    const { node } = await engineWith(60);
    const { bulkId } = await node.engine.bulk.start(asked('cancel'));
    await node.clock.advance(5);
    const later = await node.start();
    await ended(node, bulkId);
    assert.equal(await node.status(later), 'running');
  });

  test('pauses, resumes, signals, retries and terminates', async () => {
    const { node, ids } = await engineWith(2);
    for (const [action, status] of [
      ['pause', 'paused'],
      ['resume', 'running'],
      ['terminate', 'cancelled'],
      ['retry', 'running'],
    ] as const) {
      assert.equal((await run(node, asked(action))).done, 2, action);
      assert.deepEqual(await statuses(node, ids), [status, status], action);
    }
    const given = { signal: { name: 'go', payload: 7 } };
    assert.equal((await run(node, asked('signal', { given }))).done, 2);
    assert.deepEqual(
      (await node.state(ids[0] ?? '')).signals.map(({ payload }) => payload),
      [7],
    );
  });

  test('reruns each as a new execution that names it', async () => {
    const { node, ids } = await engineWith(3);
    await run(node, asked('terminate'));
    const row = await run(node, asked('rerun', { given: { fromStep: 'a', input: { again: true } } }));
    assert.deepEqual([row.done, row.failed], [3, {}]);
    const { rows } = await node.engine.executions.list({ workspace, text: row.bulkId, limit: 10 });
    const of = await Promise.all(
      rows.map(({ executionId }) => node.engine.executions.read(workspace, executionId, (state) => state.rerun?.of)),
    );
    assert.deepEqual(of.sort(), ids.sort());
    const wrong = await run(node, asked('rerun', { given: { fromStep: 'b' } }));
    assert.deepEqual([wrong.done, wrong.failed], [0, { REQUEST_INVALID: 3 }]);
  });

  test('goes on after a crash, and does nothing twice', async () => {
    const { node, ids } = await engineWith(120);
    const { bulkId } = await node.engine.bulk.start(asked('signal', { given: { signal: { name: 'go', payload: 1 } } }));
    await node.clock.advance(2);
    const before = await node.engine.bulk.get(workspace, bulkId);
    assert.ok(before.endedAt === null && before.batch.length > 0, 'it is in the middle');
    const next = await restarted(node);
    const row = await ended(next, bulkId);
    assert.deepEqual([row.done, row.skipped, row.failed], [120, {}, {}]);
    for (const id of ids) {
      assert.equal((await eventsOf(next, id)).filter((type) => type === 'signal.received').length, 1);
    }
  });

  test('counts what was done before a crash although it fits the filter no more, and does not undo what came since', async () => {
    const { node, ids } = await engineWith(2);
    const { bulkId } = await node.engine.bulk.start(asked('terminate'));
    await node.clock.advance(2);
    const row = await node.engine.bulk.get(workspace, bulkId);
    // The row is put back to before its first batch was counted, as a crash would leave it.
    const again = { ...row, status: 'running', endedAt: null, done: 0, batch: placesOf(node, ids), cursor: null };
    node.disk.bulks.set(bulkId, again);
    await node.operate(ids[0] ?? '', { type: 'retry' });
    const next = await restarted(node);
    assert.equal((await ended(next, bulkId)).done, 2);
    assert.deepEqual(await statuses(next, ids), ['running', 'cancelled']);
  });

  test('takes the same wish by its key once, and refuses another under it', async () => {
    const { node } = await engineWith(1);
    const request = asked('cancel', { idempotencyKey: 'k' });
    const [first, second] = [await node.engine.bulk.start(request), await node.engine.bulk.start(request)];
    assert.equal(first.bulkId, second.bulkId);
    await assert.rejects(node.engine.bulk.start({ ...request, action: 'pause' }), (error) =>
      Fault.is(error, 'IDEMPOTENCY_KEY_REUSED'),
    );
  });

  test('that is cancelled looks at no more, and keeps what it has done', async () => {
    const { node } = await engineWith(300);
    const { bulkId } = await node.engine.bulk.start(asked('pause'));
    await node.clock.advance(110);
    await node.engine.bulk.cancel(workspace, bulkId);
    const row = await ended(node, bulkId);
    assert.equal(row.status, 'cancelled');
    assert.ok(row.done > 0 && row.done < 300, `${row.done} were paused`);
    const { paused } = await node.engine.executions.counts(workspace);
    assert.equal(paused, row.done);
    await assert.rejects(node.engine.bulk.cancel('other', bulkId), (error) =>
      Fault.is(error, 'BULK_OPERATION_NOT_FOUND'),
    );
  });

  test('keeps to its rate', async () => {
    const { node } = await engineWith(60, { bulkRate: 10 });
    const { bulkId, createdAt } = await node.engine.bulk.start(asked('cancel'));
    const { endedAt, done } = await ended(node, bulkId);
    assert.equal(done, 60);
    const seconds = ((endedAt ?? 0) - createdAt) / 1_000;
    assert.ok(seconds >= 5 && seconds < 9, `60 executions took ${seconds} s`);
  });

  test('waits where a retry finds no slot, and loses none', async () => {
    const { node, ids } = await engineWith(1, { admission: { running: 1 } });
    await node.operate(ids[0] ?? '', { type: 'terminate' });
    const second = await node.start();
    const { bulkId } = await node.engine.bulk.start(asked('retry', { filter: { ids } }));
    await node.clock.advance(2_000);
    assert.equal(lookedAt(await node.engine.bulk.get(workspace, bulkId)), 0);
    await node.operate(second, { type: 'terminate' });
    assert.equal((await ended(node, bulkId)).done, 1);
    assert.equal(await node.status(ids[0] ?? ''), 'running');
  });

  test('stands still while the store is away and goes on when it is back', async () => {
    const { node } = await engineWith(3);
    const { bulkId } = await node.engine.bulk.start(asked('cancel'));
    node.fates.push(...Array.from({ length: 6 }, () => 'refused' as const));
    assert.equal((await ended(node, bulkId)).done, 3);
  });

  test('is refused where it cannot be kept', async () => {
    const { node } = await engineWith(1);
    const given: JsonObject = { reason: 'a\u0000b' };
    await assert.rejects(node.engine.bulk.start(asked('cancel', { given })), (error) =>
      Fault.is(error, 'INPUT_INVALID'),
    );
  });
});

function placesOf(node: Node, ids: readonly string[]) {
  const newestFirst = [...ids].sort().reverse();
  return newestFirst.map((executionId) => ({
    executionId,
    createdAt: node.disk.views.get(executionId)?.createdAt ?? 0,
  }));
}
