/** A thousand joins whose last two branches end at the same moment, told by two calls or by one: each joins once. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { inLanes } from '../support/lanes.ts';
import { openPlatform, type PlatformProcess, until } from '../support/platform.ts';

const rounds = 10;
/** Joins of one round: few enough that no lease runs out on a busy machine. */
const joins = 100;
const work = 'type: function, executor: pair, function: work';
const definition = `
apiVersion: workflow.magic-flow.io/v2
kind: Workflow
metadata: { name: pairs, version: 1.0.0 }
spec:
  steps:
    - name: both
      type: parallel
      branches:
        - { name: left, steps: [{ name: l, ${work} }] }
        - { name: right, steps: [{ name: r, ${work} }] }
    - { name: next, type: transform, mapping: "$.both" }
`;

interface Task {
  readonly task_id: string;
  readonly lease_token: string;
  readonly execution_id: string;
  readonly step: string;
}

let platform: PlatformProcess;
before(async () => {
  platform = await openPlatform();
  await platform.deploy(definition);
});
after(async () => {
  await platform?.close();
});

async function claimAll(count: number): Promise<readonly Task[]> {
  const tasks: Task[] = [];
  await until(
    async () => {
      const claim = { executor: 'pair', worker_id: 'w', max_tasks: 100, wait: '1s' };
      tasks.push(...(await platform.post('tasks/claim', claim)).tasks);
      return tasks.length >= count || undefined;
    },
    { what: `${count} tasks`, deadlineMs: 60_000, everyMs: 1 },
  );
  return tasks;
}

const complete = (tasks: readonly Task[]) =>
  platform.post('tasks/complete', {
    results: tasks.map(({ task_id, lease_token, step }) => ({
      task_id,
      lease_token,
      status: 'completed',
      output: step,
    })),
  });

test('a thousand joins whose branches end together join once each', async () => {
  for (let round = 0; round < rounds; round += 1) await joinAll();
});

async function joinAll(): Promise<void> {
  const { executions } = await platform.post('workflows/pairs/execute-batch', {
    executions: Array.from({ length: joins }, () => ({ input: {} })),
  });
  const ids: string[] = executions.map(({ execution_id }: { execution_id: string }) => execution_id);
  const pairs = Map.groupBy(await claimAll(2 * joins), ({ execution_id }) => execution_id);
  assert.equal(pairs.size, joins);
  await inLanes(ids, 20, async (id) => {
    const pair = pairs.get(id) ?? [];
    assert.equal(pair.length, 2);
    const isOneCall = ids.indexOf(id) % 4 === 0;
    const answers = isOneCall ? [await complete(pair)] : await Promise.all(pair.map((task) => complete([task])));
    for (const { results } of answers) for (const { accepted } of results) assert.equal(accepted, true);
  });
  await inLanes(ids, 20, async (id) => {
    const { status, output } = await platform.ended(id);
    assert.equal(status, 'completed');
    assert.deepEqual(output, { left: 'both.left.l', right: 'both.right.r' });
    const { events } = await platform.get(`executions/${id}/journal?limit=100`);
    const count = (type: string, step: string): number =>
      events.filter((event: { type: string; step?: string }) => event.type === type && event.step === step).length;
    assert.deepEqual([count('step.completed', 'both'), count('step.entered', 'next')], [1, 1]);
  });
}
