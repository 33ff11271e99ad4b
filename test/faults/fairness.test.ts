/**
 * One workspace queues 50,000 executions and has an executor that works them off as fast as it can; another one starts one
 * a second. The second must not notice: from its start to its work in hand it waits half a second at most. On a machine
 * that is busy with other things it waits some time even alone; there that time counts, measured before.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { openCaller } from '../support/api-caller.ts';
import { type ExecutorProcess, openExecutor } from '../support/executor.ts';
import { openPlatform, type PlatformProcess } from '../support/platform.ts';

const isQuick = process.env['MAGICFLOW_QUICK'] === '1';
const crowdSize = isQuick ? 10_000 : 50_000;
const jobs = isQuick ? 10 : 30;
const jobsAlone = 10;
/** What a crowd may make of a wait: it is served as often as the one job is. */
const slowerMax = 10;
const batchSize = 1_000;
const waitMaxMs = 500;

const workflow = (spread: string): string => `
apiVersion: magicflow.io/v2
kind: Workflow
metadata: { name: work, version: 1.0.0 }
spec:
  steps:
    - { name: work, type: function, executor: worker, function: work${spread} }
`;

const plain = workflow('');
/** Every tenth execution shares a key, so that the crowd waits in a thousand lines. */
const spread = workflow(', concurrency: {limit: 1, key: $.input.key}');

describe('a workspace beside another that queues 50,000 executions', () => {
  let platform: PlatformProcess;
  const executors: ExecutorProcess[] = [];
  before(async () => {
    platform = await openPlatform();
  });
  after(async () => {
    await Promise.all(executors.map((executor) => executor.close()));
    await platform?.close();
  });

  /** A token of the workspace, made by the server's admin who names it, and a caller with it. */
  async function member(workspace: string) {
    const headers = { 'x-magicflow-workspace': workspace };
    const { token } = await platform.post('tokens', { name: 'member', role: 'admin' }, headers);
    return { token: String(token), caller: openCaller(platform.url, String(token)) };
  }

  async function crowd(workspace: string, text: string): Promise<void> {
    const { token, caller } = await member(workspace);
    await caller.call('POST /api/v1/workflows', { body: text });
    const script = { worker: { work: { answer: {} } } };
    executors.push(await openExecutor({ server: platform.url, token, script, concurrency: 100 }));
    const lanes = Array.from({ length: 4 }, async (_, lane) => {
      for (let batch = lane; batch < crowdSize / batchSize; batch += 4) {
        const executions = Array.from({ length: batchSize }, (_each, index) => ({ input: { key: `k${index}` } }));
        await caller.post('workflows/work/execute-batch', { executions });
      }
    });
    await Promise.all(lanes);
  }

  /** Milliseconds from each start to its task in hand. */
  async function oneAfterTheOther(workspace: string, count: number, everyMs: number): Promise<number[]> {
    const { caller } = await member(workspace);
    await caller.call('POST /api/v1/workflows', { body: plain });
    const waits: number[] = [];
    const claim = { executor: 'worker', worker_id: 'only', wait: '20s' };
    const worker = (async () => {
      let results: object[] = [];
      while (waits.length < count) {
        const { tasks } = await caller.post('tasks/complete', { results, claim });
        results = tasks.map((task: { task_id: string; lease_token: string; input: { at: number } }) => {
          waits.push(performance.now() - task.input.at);
          return { task_id: task.task_id, lease_token: task.lease_token, status: 'completed', output: {} };
        });
      }
      await caller.post('tasks/complete', { results });
    })();
    for (let job = 0; job < count; job += 1) {
      await Promise.all([caller.post('workflows/work/execute', { input: { at: performance.now() } }), delay(everyMs)]);
    }
    await worker;
    return waits.sort((a, b) => a - b);
  }

  for (const [title, text] of [
    ['at once', plain],
    ['over a thousand keys', spread],
  ] as const) {
    test(`waits ${waitMaxMs} ms at most where the crowd comes ${title}`, { timeout: 240_000 }, async (t) => {
      const name = title.replaceAll(' ', '-');
      const alone = p99Of(await oneAfterTheOther(`alone-${name}`, jobsAlone, 100));
      const [, waits] = await Promise.all([
        crowd(`crowd-${name}`, text),
        oneAfterTheOther(`calm-${name}`, jobs, 1_000),
      ]);
      const p99 = p99Of(waits);
      const p50 = waits[Math.floor(waits.length / 2)] ?? 0;
      t.diagnostic(
        `${jobs} jobs beside ${crowdSize}: p50 ${p50.toFixed(0)} ms, p99 ${p99.toFixed(0)} ms; alone ${alone.toFixed(0)} ms`,
      );
      assert.ok(p99 <= Math.max(waitMaxMs, slowerMax * alone), `p99 is ${p99} ms, alone ${alone} ms`);
    });
  }
});

const p99Of = (sorted: readonly number[]): number =>
  sorted[Math.ceil(sorted.length * 0.99) - 1] ?? Number.POSITIVE_INFINITY;
