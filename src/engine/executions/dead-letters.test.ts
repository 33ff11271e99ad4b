/** Dead letters over a real engine: where they come from, how they are replayed, one by one and all at once. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Fault } from '../../kit/fault.ts';
import { call, makeEngine, type Node, restarted, workspace } from '../make-engine.ts';

const policy = `error_handling: {dead_letter: {owner: payments}}\nsteps: [{name: a, ${call}}, {name: b, ${call}}]`;

async function dead(node: Node, code = 'BOOM'): Promise<string> {
  const id = await node.start();
  const [task] = await node.claim();
  assert.ok(task);
  await node.fail(task, { code });
  return id;
}

async function subject(spec = policy): Promise<{ node: Node; id: string }> {
  const node = await makeEngine();
  await node.deploy(spec);
  return { node, id: await dead(node) };
}

const ids = async (node: Node, filter = {}): Promise<string[]> => {
  const { rows } = await node.engine.deadLetters.list({ workspace, filter, limit: 50 });
  return rows.map(({ executionId }) => executionId);
};
const isMissing = (error: unknown): boolean => Fault.is(error, 'DEAD_LETTER_NOT_FOUND');

describe('a dead letter', () => {
  test('shows why it died, and where', async () => {
    const { node, id } = await subject();
    const { deadLetter, errorCode } = await node.engine.deadLetters.get(workspace, id);
    assert.equal(errorCode, 'BOOM');
    const place = { step: 'a', executor: 'e', function: 'f', attempt: 1, deliveries: 1 };
    assert.deepEqual(deadLetter, { reason: 'policy', ...place });
    assert.deepEqual(await ids(node, { executor: 'e', code: 'BOOM', reason: 'policy' }), [id]);
    assert.deepEqual(await ids(node, { executor: 'other' }), []);
    await assert.rejects(node.engine.deadLetters.get('other', id), isMissing);
  });

  test('is poison that was handed out five times', async () => {
    const node = await makeEngine({ leaseMs: 1_000 });
    await node.deploy(`steps: [{name: a, ${call}}]`);
    const id = await node.start();
    for (let delivery = 0; delivery < 5; delivery += 1) {
      await node.claimOne();
      await node.clock.advance(2_000);
    }
    assert.deepEqual(await ids(node, { reason: 'poison' }), [id]);
    const { deadLetter, errorCode } = await node.engine.deadLetters.get(workspace, id);
    assert.deepEqual([errorCode, deadLetter?.deliveries], ['DELIVERIES_EXHAUSTED', 5]);
  });

  test('is replayed from the step that failed', async () => {
    const { node, id } = await subject();
    assert.equal((await node.engine.deadLetters.replay(workspace, id)).status, 'running');
    assert.deepEqual(await ids(node), []);
    const task = await node.claimOne();
    assert.deepEqual([task.step, task.executionId], ['a', id]);
    await assert.rejects(node.engine.deadLetters.replay(workspace, id), isMissing);
  });

  test('that fails again is one again', async () => {
    const { node, id } = await subject();
    await node.engine.deadLetters.replay(workspace, id);
    await node.fail(await node.claimOne(), { code: 'AGAIN' });
    assert.deepEqual(await ids(node, { code: 'AGAIN' }), [id]);
  });

  test('that is discarded stays as it ended, with the name of whoever did it', async () => {
    const { node, id } = await subject();
    assert.equal((await node.engine.deadLetters.discard(workspace, id, 'ada')).status, 'failed');
    assert.deepEqual(await ids(node), []);
    const entries = await node.engine.executions.journal(workspace, id, { after: 0, limit: 100 });
    assert.deepEqual(entries.at(-1)?.event, { type: 'execution.dead_letter_discarded', by: 'ada' });
    await assert.rejects(node.engine.deadLetters.discard(workspace, id, 'ada'), isMissing);
    assert.equal(await node.operate(id, { type: 'retry' }), 'running');
  });

  test('survives a restart', async () => {
    const { node, id } = await subject();
    const next = await restarted(node);
    assert.deepEqual(await ids(next), [id]);
    await next.engine.deadLetters.replay(workspace, id);
    assert.equal((await next.claimOne()).step, 'a');
  });

  test('is replayed with others at once, and discarded with others', async () => {
    const { node } = await subject();
    for (let count = 0; count < 4; count += 1) await dead(node, count < 2 ? 'LATE' : 'BOOM');
    const start = async (action: 'retry' | 'discard', code: string): Promise<void> => {
      const filter = { deadLetters: { code } };
      const { bulkId } = await node.engine.bulk.start({ workspace, action, filter, given: {}, requestedBy: 'ada' });
      await node.clock.advance(500);
      const { status, done, matched } = await node.engine.bulk.get(workspace, bulkId);
      assert.deepEqual([status, done], ['completed', matched]);
    };
    await start('retry', 'LATE');
    assert.equal((await ids(node)).length, 3);
    assert.equal((await node.claim()).length, 2);
    await start('discard', 'BOOM');
    assert.deepEqual(await ids(node), []);
    assert.deepEqual({ ...(await node.engine.executions.counts(workspace)) }, { failed: 3, running: 2 });
  });
});
