/**
 * Executors that stand still for longer than their lease, and then go on as if nothing had happened. Whoever took their
 * work meanwhile decides; what the zombie brings is refused, counted and shown.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { type ExecutorProcess, openExecutor } from '../support/executor.ts';
import { openPlatform, type PlatformProcess, until } from '../support/platform.ts';

const isQuick = process.env['MAGICFLOW_QUICK'] === '1';
const victims = 8;
const roundsEach = isQuick ? 1 : 5;
/** The shortest that the configuration takes. */
const leaseMs = 1_000;

const workflow = (victim: number): string => `
apiVersion: magicflow.io/v2
kind: Workflow
metadata: { name: haunted-${victim}, version: 1.0.0 }
spec:
  steps:
    - { name: work, type: function, executor: house-${victim}, function: work }
`;

describe('an executor that stands still for three leases', () => {
  let platform: PlatformProcess;
  const executors: ExecutorProcess[] = [];
  before(async () => {
    platform = await openPlatform({ willBeKilled: true, env: { MAGICFLOW_LIMITS_LEASE: `${leaseMs}ms` } });
    for (let victim = 0; victim < victims; victim += 1) {
      await platform.deploy(workflow(victim));
      const script = { [`house-${victim}`]: { work: { answer: { by: 'zombie' }, delayMs: 100 } } };
      executors.push(await openExecutor({ server: platform.url, token: platform.token, script }));
    }
  });
  after(async () => {
    await Promise.all(executors.map((executor) => executor.close()));
    await platform?.close();
  });

  const staleResults = async (): Promise<number> => {
    const { body } = await platform.call('GET /metrics');
    return Number(/^magicflow_stale_results_total (\d+)$/m.exec(body)?.[1]);
  };

  /** Stopped in the middle of its work, overtaken, and let go on. */
  async function haunt(victim: number): Promise<string> {
    const executor = executors[victim];
    assert.ok(executor);
    const { execution_id: id } = await platform.post(`workflows/haunted-${victim}/execute`);
    const isCalled = () => executor.effects().some((effect) => effect.execution === id) || undefined;
    await until(isCalled, { what: 'the call', everyMs: 5 });
    executor.signal('SIGSTOP');
    const stoppedAt = performance.now();
    const claim = { executor: `house-${victim}`, worker_id: 'rescuer', wait: '20s' };
    const { tasks } = await platform.post('tasks/claim', claim);
    assert.deepEqual(
      tasks.map((task: { execution_id: string }) => task.execution_id),
      [id],
    );
    const { task_id, lease_token, idempotency_key } = tasks[0];
    const result = { task_id, lease_token, status: 'completed', output: { by: 'rescuer' } };
    const { results } = await platform.post('tasks/complete', { results: [result] });
    assert.deepEqual(results, [{ task_id, accepted: true }]);
    const key = executor.effects().find((effect) => effect.execution === id)?.key;
    assert.equal(idempotency_key, key, 'both were given one key for the target');
    await delay(Math.max(0, stoppedAt + 3 * leaseMs - performance.now()));
    executor.signal('SIGCONT');
    return id;
  }

  test(`loses its work to another, ${victims * roundsEach} times of ${victims * roundsEach}`, async (t) => {
    const ids: string[] = [];
    const calls = (): number => executors.reduce((count, executor) => count + executor.effects().length, 0);
    for (let round = 1; round <= roundsEach; round += 1) {
      ids.push(...(await Promise.all(Array.from({ length: victims }, (_, victim) => haunt(victim)))));
      // A call that waited for work when its process stood still may be handed the same task once more: one more result.
      await until(async () => ((await staleResults()) === calls() && calls() >= ids.length ? true : undefined), {
        what: 'the zombies’ results to be refused',
      });
    }
    for (const id of ids) {
      const execution = await platform.get(`executions/${id}`);
      assert.deepEqual([execution.status, execution.output], ['completed', { by: 'rescuer' }]);
      const { events } = await platform.get(`executions/${id}/journal`);
      const types = events.map((event: { type: string }) => event.type);
      assert.equal(types.filter((type: string) => type === 'step.completed').length, 1);
      assert.ok(types.includes('step.redelivered'), 'the journal shows that the work changed hands');
    }
    t.diagnostic(`${ids.length} zombies brought ${calls()} stale results, all refused and counted`);
  });
});
