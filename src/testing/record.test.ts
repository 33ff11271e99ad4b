/** A real execution becomes a test that passes, whatever happened in it. */
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the language under test writes them
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parse } from 'yaml';
import { eventAnswer } from '../api/answers/event-answer.ts';
import { makeEngine } from '../engine/make-engine.ts';
import type { Json } from '../kit/json.ts';
import { call, workflowText } from './make-suite.ts';
import type { RecordedEvent } from './record.ts';
import { recordAndTry } from './record-run.ts';

interface Play {
  readonly spec: string;
  readonly input?: Json;
  /** Answers of `e.f`, one a call; an error is thrown. */
  readonly answers?: readonly unknown[];
  readonly act?: (node: Awaited<ReturnType<typeof makeEngine>>, id: string) => Promise<unknown>;
  readonly more?: readonly string[];
}

const openStatuses = new Set(['running', 'waiting', 'compensating']);

/** What is recorded of an execution of the engine, with the test run against its workflow. */
async function recorded({ spec, input = {}, answers = [], act, more = [] }: Play) {
  const node = await makeEngine();
  let calls = 0;
  node.engine.local.register('default', 'e', 'f', () => {
    const answer = answers[Math.min(calls, answers.length - 1)];
    calls += 1;
    if (answer instanceof Error) throw answer;
    return answer;
  });
  for (const text of more) await node.engine.versions.deploy('default', text);
  await node.deploy(spec);
  const id = await node.start(input);
  await node.clock.advance(1_000);
  await act?.(node, id);
  for (let minutes = 0; minutes < 70 && openStatuses.has(await node.status(id)); minutes += 1)
    await node.clock.advance(60_000);
  const events = await node.engine.executions.journal('default', id, { after: 0, limit: 100_000 });
  const execution = {
    executionId: id,
    status: await node.status(id),
    events: events.map((event) => eventAnswer(event) as RecordedEvent),
  };
  const recording = await recordAndTry(execution, [workflowText(spec), ...more]);
  return { ...recording, case: parse(recording.text).spec.cases[0], document: parse(recording.text) };
}

const fault = (code: string, more: object = {}): Error => Object.assign(new Error(`it is ${code}`), { code, ...more });

describe('a recording', () => {
  test('mocks what was called with the outputs of its steps, and expects the end', async () => {
    const made = await recorded({
      spec: `output: {paid: $.pay.id}\nsteps:\n  - {name: pay, ${call}, output: {id: $.response.charge.id}}\n  - {name: shape, type: transform, mapping: {n: 1}}`,
      input: { sum: 4 },
      answers: [{ charge: { id: 'c-1' } }],
    });
    assert.deepEqual(made.notes, []);
    assert.equal(made.document.spec.workflow, 'flow');
    assert.equal(made.document.spec.version, '1.0.0');
    assert.equal(made.document.spec.clock, '2026-03-04T12:00:00.000Z');
    const { name: _name, ...rest } = made.case;
    assert.deepEqual(rest, {
      input: { sum: 4 },
      mocks: { pay: { output: { id: 'c-1' } } },
      expect: { status: 'completed', output: { paid: 'c-1' }, steps: ['pay', 'shape'] },
    });
  });

  test('keeps each attempt: errors, then the answer', async () => {
    const made = await recorded({
      spec: `steps:\n  - {name: pay, ${call}, retry_config: {max_attempts: 3, initial_delay: 1m, backoff: fixed}}`,
      answers: [fault('BUSY'), fault('BUSY'), { ok: true }],
    });
    assert.deepEqual(made.notes, []);
    const busy = { error: { code: 'BUSY', message: 'it is BUSY' } };
    assert.deepEqual(made.case.mocks.pay, [busy, busy, { output: { ok: true } }]);
  });

  test('keeps an error that ends it, with its details and whether it may be tried again', async () => {
    const made = await recorded({
      spec: `steps:\n  - {name: pay, ${call}}`,
      answers: [fault('NO', { retryable: false, details: { why: 1 } })],
    });
    assert.deepEqual(made.notes, []);
    assert.deepEqual(made.case.mocks.pay, {
      error: { code: 'NO', message: 'it is NO', details: { why: 1 }, retryable: false },
    });
    assert.deepEqual(made.case.expect, { status: 'failed', error: { code: 'NO', step: 'pay' }, steps: ['pay'] });
  });

  test('sends signals again, lets people answer and operators act, each at its time', async () => {
    const made = await recorded({
      spec: `steps:\n  - {name: go, type: wait, signal: paid}\n  - {name: ask, type: human_task, assignee: boss, outcomes: [yes_, no_]}\n  - {name: nap, type: wait, duration: 1h}`,
      async act({ engine, clock }, id) {
        await engine.executions.operate('default', id, { type: 'signal', name: 'paid', payload: { n: 1 }, key: 'k' });
        await clock.advance(2_000);
        const [task] = (await engine.humanTasks.list({ workspace: 'default', status: ['open'], limit: 1 })).rows;
        const caller = { workspace: 'default', name: 'boss', isOperator: false };
        await engine.humanTasks.complete(caller, task?.humanTaskId ?? '', {
          answer: { a: 1 },
          outcome: 'yes_',
          comment: 'fine',
        });
        await clock.advance(3_000);
        await engine.executions.operate('default', id, { type: 'cancel' });
      },
    });
    assert.deepEqual(made.notes, []);
    assert.deepEqual(made.case.signals, [{ name: 'paid', at: '1s', payload: { n: 1 }, key: 'k' }]);
    assert.deepEqual(made.case.human_tasks, [
      { step: 'ask', after: '2s', answer: { a: 1 }, outcome: 'yes_', by: 'boss', comment: 'fine' },
    ]);
    assert.deepEqual(made.case.operations, [{ type: 'cancel', at: '6s' }]);
    assert.equal(made.case.expect.status, 'cancelled');
  });

  test('has a question answered by whom it is for where an operator answered it', async () => {
    const made = await recorded({
      spec: 'output: {by: $.ask.answered_by, ok: $.ask.outcome}\nsteps:\n  - {name: ask, type: human_task, assignee: boss}',
      act: async ({ engine }) => {
        const [task] = (await engine.humanTasks.list({ workspace: 'default', status: ['open'], limit: 1 })).rows;
        const caller = { workspace: 'default', name: 'root', isOperator: true };
        await engine.humanTasks.complete(caller, task?.humanTaskId ?? '', { answer: null, outcome: undefined });
      },
    });
    assert.equal(made.case.human_tasks[0].by, undefined);
    assert.deepEqual(made.case.expect.output_includes, { ok: 'completed' });
    assert.match(made.notes.join('\n'), /^"ask" is answered by whom it is for, not by root$/m);
    assert.doesNotMatch(made.notes.join(), /does not pass/);
  });

  test('mocks rounds of a loop by their places where their answers differ, else once', async () => {
    const spec = `steps:\n  - {name: each, type: loop, iterate_over: $.input.items, item_variable: item, steps: [{name: pay, ${call}}]}`;
    const different = await recorded({ spec, input: { items: [1, 2] }, answers: ['a', 'b'] });
    assert.deepEqual(different.notes, []);
    assert.deepEqual(different.case.mocks, { 'each[0].pay': { output: 'a' }, 'each[1].pay': { output: 'b' } });
    const same = await recorded({ spec, input: { items: [1, 2] }, answers: ['a'] });
    assert.deepEqual(same.case.mocks, { pay: { output: 'a' } });
  });

  test('mocks a loop of which rounds were folded as a whole, and says so', async () => {
    const items = Array.from({ length: 1_200 }, (_, index) => index);
    const made = await recorded({
      spec: `output: {count: $.each.succeeded}\nsteps:\n  - {name: each, type: loop, iterate_over: $.input.items, item_variable: item, steps: [{name: pay, ${call}}]}`,
      input: { items },
      answers: [1],
    });
    assert.equal(made.case.mocks.pay, undefined);
    assert.equal(made.case.mocks.each.output.succeeded, 1_200);
    assert.match(made.notes.join(), /the loop "each" is mocked as a whole/);
    assert.doesNotMatch(made.notes.join(), /does not pass/);
  });

  test('a folded loop that failed fails as a whole, and one that others fold away is no mock of its own', async () => {
    const items = Array.from({ length: 1_100 }, (_, index) => index);
    const inner =
      '{name: inner, type: loop, iterate_over: $.item, item_variable: n, steps: [{name: half, type: transform, mapping: "${$.n / 2}"}]}';
    const failed = await recorded({
      spec: `steps:\n  - {name: each, type: loop, iterate_over: $.input.items, tolerated_failures: 1, steps: [${inner}, {name: pay, ${call}, condition: $.index > 1050}], on_failure: sorry}\n  - {name: sorry, type: transform, mapping: {code: $.error.code}, on_success: end}`,
      input: { items: items.map((index) => (index === 5 ? items : [index])) },
      answers: [fault('BUSY')],
    });
    assert.deepEqual(Object.keys(failed.case.mocks), ['each']);
    assert.equal(failed.case.mocks.each.error.code, 'BUSY');
    assert.deepEqual(failed.case.expect.output, { code: 'BUSY' });
    assert.doesNotMatch(failed.notes.join(), /does not pass|inner/);
  });

  test('a folded loop in several rounds answers round by round', async () => {
    const items = Array.from({ length: 1_100 }, (_, index) => index);
    const made = await recorded({
      spec: `output: {all: "$.outer.results[*].succeeded"}\nsteps:\n  - {name: outer, type: loop, iterate_over: $.input.lists, item_variable: list, steps: [{name: inner, type: loop, iterate_over: $.list, steps: [{name: pay, ${call}}]}]}`,
      input: { lists: [[1], items, [1, 2]] },
      answers: [1],
    });
    assert.deepEqual(
      made.case.mocks.inner.map(({ output }: { output: { succeeded: number } }) => output.succeeded),
      [1, 1_100, 2],
    );
    assert.doesNotMatch(made.notes.join(), /does not pass/);
  });

  test('a folded loop that others take from as it goes is played again too', async () => {
    const made = await recorded({
      spec: `output: {used: $.use.succeeded}
steps:
  - {name: make, type: loop, parallel: true, batch_size: 50, iterate_over: "range(0, 1200)", steps: [{name: get, ${call}}]}
  - {name: use, type: loop, stream: true, parallel: true, depends_on: [make], iterate_over: $.make.results, steps: [{name: put, ${call}}]}`,
      answers: [1],
    });
    assert.deepEqual(Object.keys(made.case.mocks), ['make', 'use']);
    assert.doesNotMatch(made.notes.join(), /does not pass|tried/);
  });

  test('mocks a called workflow by its output', async () => {
    const child = workflowText(`output: {got: 1}\nsteps:\n  - {name: work, ${call}}`, 'child');
    const made = await recorded({
      spec: 'output: $.sub\nsteps:\n  - {name: sub, type: workflow, workflow: child}',
      answers: [{}],
      more: [child],
    });
    assert.deepEqual([made.notes, made.case.mocks], [[], { sub: { output: { got: 1 } } }]);
  });

  test('branches that ran beside each other keep their times, and their order is not expected', async () => {
    const made = await recorded({
      spec: `steps:\n  - {name: both, type: parallel, branches: [{name: a, steps: [{name: one, ${call}}]}, {name: b, steps: [{name: two, ${call}}]}]}`,
      answers: [{}],
    });
    assert.deepEqual(made.notes, []);
    assert.match(JSON.stringify(made.case.mocks), /"delay":"\d+m?s"/);
    assert.equal(made.case.expect.steps, undefined);
  });

  test('what looks like an expression stands for itself', async () => {
    const texts = { a: '$.input.x', b: 'price: ${amount}', c: '$', d: '$5' };
    const made = await recorded({ spec: `steps:\n  - {name: pay, ${call}}`, answers: [texts] });
    assert.deepEqual(made.notes, []);
    assert.deepEqual(made.case.expect.output, texts);
  });

  test('ids that are new each time are not expected', async () => {
    const made = await recorded({
      spec: `output: {id: $.make.id, sum: $.pay.sum}\nsteps:\n  - {name: make, type: transform, mapping: {id: "\${uuid()}"}}\n  - {name: pay, ${call}}`,
      answers: [{ sum: 3 }],
    });
    assert.deepEqual(made.case.expect.output_includes, { sum: 3 });
    assert.deepEqual(made.notes, [
      'the output is expected in part: the rest holds ids, random numbers or times that are new each time',
    ]);
  });

  test('no secret lands in it: values under such names are masked everywhere, references are in no answer', async () => {
    const made = await recorded({
      spec: `output: {token: $.pay.access_token, id: $.pay.id}\nsteps:\n  - {name: pay, ${call}, input: {key: "\${secrets.gateway}", sum: 1}}`,
      input: { card: { cvv: '123', password: 'hunter2' } },
      answers: [{ id: 'p-1', access_token: 'tok_live_1', nested: [{ apiKey: 'k-1' }] }],
    });
    for (const secret of ['hunter2', '123', 'tok_live_1', 'k-1', 'secret:gateway'])
      assert.ok(!made.text.includes(secret), secret);
    assert.deepEqual(made.case.mocks.pay.output, { id: 'p-1', access_token: '***', nested: [{ apiKey: '***' }] });
    assert.deepEqual(made.notes, ['what bears the name of a secret is masked as ***']);
  });
});
