import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Json } from '../../kit/json.ts';
import type { HandedTask } from '../engine.ts';
import { call, makeEngine, type Node, restarted, workspace } from '../make-engine.ts';

const spec = `steps:\n  - {name: a, ${call}}`;

async function begun(): Promise<{ node: Node; id: string; task: HandedTask }> {
  const node = await makeEngine();
  await node.deploy(spec);
  const id = await node.start();
  return { node, id, task: await node.claimOne() };
}

const beat = (node: Node, { taskId, leaseToken }: HandedTask, progress?: Json) =>
  node.engine.tasks.heartbeat(workspace, [{ taskId, leaseToken, ...(progress === undefined ? {} : { progress }) }]);

const shown = (node: Node, id: string): Json | undefined => node.engine.tasks.holder(id, 'a')?.progress;

describe('what an executor tells of its progress', () => {
  test('is kept as it was told last, and a heartbeat that tells nothing leaves it', async () => {
    const { node, id, task } = await begun();
    assert.equal(shown(node, id), undefined);
    await beat(node, task, { percent: 10 });
    await beat(node, task, { percent: 50 });
    await beat(node, task);
    assert.deepEqual(shown(node, id), { percent: 50 });
    await beat(node, task, null);
    assert.equal(shown(node, id), null);
  });

  test('goes with the lease: with its result, when it runs out, when it is given back', async () => {
    for (const end of ['complete', 'expire', 'release'] as const) {
      const { node, id, task } = await begun();
      await beat(node, task, 'half');
      if (end === 'complete') await node.complete(task);
      if (end === 'release') await node.engine.tasks.release(workspace, [task]);
      if (end === 'expire') await node.clock.advance(31_000);
      assert.equal(shown(node, id), undefined, end);
      if (end === 'complete') continue;
      await node.claimOne();
      assert.equal(shown(node, id), undefined, `claimed again after ${end}`);
    }
  });

  test('is not taken from who does not hold the task', async () => {
    const { node, id, task } = await begun();
    await beat(node, { ...task, leaseToken: 'forged' }, 'mine');
    assert.equal(shown(node, id), undefined);
  });

  test('writes nothing to the journal', async () => {
    const { node, id, task } = await begun();
    const before = (await node.state(id)).position;
    await beat(node, task, 'half');
    assert.equal((await node.state(id)).position, before);
  });

  test('is told again to a node that was started again, which then knows who holds the step', async () => {
    const { node, id, task } = await begun();
    await beat(node, task, 'half');
    const later = await restarted(node);
    await later.state(id);
    assert.equal(later.engine.tasks.holder(id, 'a'), undefined);
    await beat(later, task, 'most');
    assert.deepEqual(later.engine.tasks.holder(id, 'a'), {
      since: node.engine.tasks.holder(id, 'a')?.since,
      worker: 'w',
      progress: 'most',
    });
    assert.equal((await later.complete(task)).accepted, true);
  });
});
