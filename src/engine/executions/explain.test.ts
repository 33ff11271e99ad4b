import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Fault } from '../../kit/fault.ts';
import { call, makeEngine, type Node, type NodeOptions, workspace } from '../make-engine.ts';

async function started(spec: string, options: NodeOptions = {}): Promise<{ node: Node; id: string }> {
  const node = await makeEngine(options);
  await node.deploy(spec);
  const id = await node.start();
  await node.clock.settle();
  return { node, id };
}

const why = async ({ node, id }: { node: Node; id: string }) => {
  const { summary, reasons, status } = await node.engine.executions.explain(workspace, id);
  return { summary, status, kinds: reasons.map(({ kind }) => kind), first: reasons[0] };
};

const one = `steps: [{name: a, ${call}}]`;

describe('an explanation', () => {
  test('says that no executor asks for the work, and for how long', async () => {
    const story = await started(one);
    assert.match((await why(story)).summary, /no executor "e" has asked for tasks of "f" since this server started/);
    await story.node.claim({ functions: ['other'] });
    assert.deepEqual((await why(story)).kinds, ['no_executor']);
    await story.node.claim({ executor: 'e', functions: ['f'], maxTasks: 1 });
    await story.node.clock.advance(100_000);
    assert.match((await why(story)).summary, /for 100 s: start one/);
  });

  test('says who works on it, and that all workers are busy', async () => {
    const story = await started(
      `steps: [{name: both, type: parallel, branches: [{name: x, steps: [{name: a, ${call}}]}, {name: y, steps: [{name: b, ${call}}]}]}]`,
    );
    await story.node.claim({ maxTasks: 1, workerId: 'w7' });
    const { kinds, summary } = await why(story);
    assert.deepEqual(kinds, ['waiting_for_executor', 'running']);
    assert.match(summary, /both\.\w\.\w waits for a free worker of e/);
    const { reasons } = await story.node.engine.executions.explain(workspace, story.id);
    assert.match(reasons[1]?.message ?? '', /runs with worker w7 of e/);
  });

  test('says what runs in the server itself', async () => {
    const story = await started('steps: [{name: a, type: http, url: "https://example.com"}]', {
      connectors: { http: { run: () => new Promise(() => undefined) } },
    });
    assert.match((await why(story)).summary, /step a runs in the server \(http\)/);
  });

  test('says when a failed step is tried again, and where a breaker is open', async () => {
    const story = await started(
      `steps: [{name: a, ${call}, retry_config: {max_attempts: 3, initial_delay: 10s, jitter: false}}]`,
    );
    await story.node.fail(await story.node.claimOne());
    const { summary, first } = await why(story);
    assert.match(summary, /step a failed with BOOM and is tried again at \d{4}-/);
    assert.equal(first?.until, story.node.clock.nowMs() + 10_000);
    await story.node.clock.advance(10_000);
    await story.node.fail(await story.node.claimOne(), { code: 'CIRCUIT_OPEN' });
    assert.deepEqual((await why(story)).kinds, ['breaker_open']);
  });

  test('names every signal that would end a wait, with its key and number', async () => {
    const story = await started(
      'steps: [{name: a, type: wait, any: [{name: x, signal: paid, key: k}, {name: y, signal: vote, take: 2}, {name: z, duration: 1h}]}]',
    );
    const { kinds, summary } = await why(story);
    assert.match(summary, /step a waits for the signal "paid" under the key "k" or 2 of the signal "vote"/);
    assert.deepEqual(kinds, ['signal', 'timer']);
  });

  test('names the people who are asked, or who has claimed the task', async () => {
    const story = await started('steps: [{name: a, type: human_task, assignee: [ada, bob]}]');
    const { kinds, summary } = await why(story);
    assert.match(summary, /step a waits for the answer of ada or bob/);
    assert.deepEqual(kinds, ['person']);
    const { humanTasks } = story.node.engine;
    const { rows } = await humanTasks.list({ workspace, status: ['open'], limit: 1 });
    await humanTasks.claim({ workspace, name: 'bob', isOperator: false }, rows[0]?.humanTaskId ?? '');
    assert.match((await why(story)).summary, /step a waits for the answer of bob/);
  });

  test('names the signal and the time that a step waits for', async () => {
    const story = await started('timeout: 1h\nsteps: [{name: a, type: wait, signal: go}]');
    const { summary, kinds } = await why(story);
    assert.match(summary, /step a waits for the signal "go"/);
    assert.deepEqual(kinds, ['signal', 'deadline']);
    const timed = await started('steps: [{name: a, type: wait, duration: 1h}]');
    assert.match((await why(timed)).summary, /step a waits until \d{4}-/);
  });

  test('puts a pause and a missing turn before everything else', async () => {
    const story = await started('timeout: 1h\nsteps: [{name: a, type: wait, signal: go}]', {
      admission: { running: 1 },
    });
    const queued = { node: story.node, id: await story.node.start() };
    assert.match((await why(queued)).summary, /waits for its turn: 1 executions of its workspace may run/);
    await story.node.operate(story.id, { type: 'pause' });
    assert.equal((await why(story)).kinds[0], 'paused');
  });

  test('tells what is asked back, and how an ended one ended', async () => {
    const story = await started(
      `steps:\n  - {name: a, ${call}, compensate: {name: undo, ${call}}}\n  - {name: b, ${call}}`,
    );
    await story.node.complete(await story.node.claimOne());
    const held = await story.node.claimOne();
    await story.node.operate(story.id, { type: 'cancel', reason: 'enough' });
    assert.match((await why(story)).summary, /step b was doing was asked back from worker w/);
    await story.node.fail(held);
    await story.node.complete(await story.node.claimOne());
    const { summary, kinds } = await why(story);
    assert.deepEqual([summary, kinds], ['it has ended: cancelled with CANCELLED: enough', ['ended']]);
  });

  test('of an execution that does not exist is refused', async () => {
    const { node } = await started(one);
    await assert.rejects(node.engine.executions.explain(workspace, 'exec_no'), (error) =>
      Fault.is(error, 'EXECUTION_NOT_FOUND'),
    );
  });
});
