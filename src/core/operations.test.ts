import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { decide } from './decide.ts';
import type { StartFact } from './facts.ts';
import { eventsMax, signalIdsKept, signalsKeptMax } from './limits.ts';
import { call, noon, plain, programOf, type Story, started } from './make-story.ts';
import { earliestDue, pending } from './pending.ts';
import type { Rerun } from './rerun.ts';
import { readSnapshot, writeSnapshot } from './snapshot.ts';
import { statusOf } from './state.ts';

const twoSteps = `steps:\n  - {name: a, ${call}}\n  - {name: b, ${call}}`;
const retried = (story: Story): Story => {
  story.when({ type: 'retry' });
  return story;
};

describe('a start', () => {
  test('is decided once', () => {
    const story = started(twoSteps);
    const again = { type: 'start', workspace: 'default', input: {} } as StartFact;
    assert.equal(story.refusal(again)?.code, 'ALREADY_STARTED');
  });

  test('that waits for a slot begins when it is admitted', () => {
    const story = started(twoSteps, { queued: true });
    assert.deepEqual([story.end().status, story.state.startedAt, story.inHand()], ['queued', undefined, []]);
    story.at += 5_000;
    story.when({ type: 'admitted' });
    assert.deepEqual([story.end().status, story.state.startedAt, story.inHand()], ['running', noon + 5_000, ['a']]);
    assert.equal(story.refusal({ type: 'admitted' })?.code, 'SETTLED');
  });
});

describe('pause', () => {
  const paused = (spec = twoSteps): Story => {
    const story = started(spec);
    story.when({ type: 'pause' });
    return story;
  };

  test('records results and hands nothing out', () => {
    const story = paused().completes('a', 1);
    assert.deepEqual([story.end().status, story.statuses()], ['paused', { a: 'completed', b: 'running' }]);
    assert.deepEqual(story.inHand(), []);
    story.when({ type: 'resume' });
    assert.deepEqual([story.end().status, story.inHand()], ['running', ['b']]);
  });

  test('holds timers until the execution goes on, but the one of the workflow', () => {
    const story = paused('timeout: 1h\nsteps:\n  - {name: w, type: wait, duration: 1m}');
    assert.equal(earliestDue(pending(story.state)), noon + 3_600_000);
    story.when({ type: 'resume' });
    assert.equal(earliestDue(pending(story.state)), noon + 60_000);
  });

  test('takes signals', () => {
    const story = paused(`steps:\n  - {name: w, type: wait, signal: go}\n  - {name: a, ${call}}`).signals('go');
    assert.equal(story.step('w').status, 'completed');
    assert.deepEqual(story.inHand(), []);
  });

  test('does not pause twice, nor what has not begun, is ending or has ended', () => {
    assert.equal(paused().refusal({ type: 'pause' })?.code, 'STATE_CONFLICT');
    assert.equal(started(twoSteps, { queued: true }).refusal({ type: 'pause' })?.code, 'STATE_CONFLICT');
    assert.equal(started(twoSteps).fails('a').refusal({ type: 'pause' })?.code, 'EXECUTION_ENDED');
    const story = started(`steps:\n  - {name: a, ${call}, compensate: {executor: e, function: f}}`);
    story.when({ type: 'cancel' });
    assert.equal(story.refusal({ type: 'pause' })?.code, 'STATE_CONFLICT');
  });

  test('ends with resume alone', () => {
    assert.equal(started(twoSteps).refusal({ type: 'resume' })?.code, 'STATE_CONFLICT');
  });
});

describe('retry', () => {
  test('begins no step of a branch that another one made needless in the same move', () => {
    const story = started(`error_handling: [{condition: $.error.code == "E", action: {type: return_error, message: no}}]
steps:
  - {name: s, ${call}}
  - name: p
    type: parallel
    depends_on: [s]
    wait_for: any
    branches:
      - {name: x, steps: [{name: x1, type: transform, mapping: 1}]}
      - {name: y, steps: [{name: y1, ${call}}]}
  - {name: f, type: parallel, depends_on: [s], branches: [{name: z, steps: [{name: z1, type: fail, code: E}]}]}`);
    assert.equal(story.completes('s').end().status, 'failed');
    assert.equal(story.step('p').status, 'cancelled');
    retried(story);
    assert.deepEqual([story.step('p').status, story.inHand()], ['completed', []]);
  });

  test('goes on from the failed step: what completed stays, and the run counts up', () => {
    const story = retried(started(twoSteps).completes('a', { x: 1 }).fails('b'));
    assert.deepEqual([story.state.run, story.inHand(), story.state.error], [2, ['b'], undefined]);
    assert.deepEqual(story.completes('b').end(), { status: 'completed', output: { x: 1 } });
  });

  test('refuses results of older runs', () => {
    const story = started(twoSteps);
    story.when({ type: 'cancel' });
    retried(story);
    const old = { type: 'task.completed', step: 'a', visit: 1, attempt: 1, output: 1 } as const;
    assert.equal(story.refusal(old)?.code, 'STALE_ATTEMPT');
    assert.equal(story.step('a').attempt, 2);
  });

  test('gives the failed step all its attempts again', () => {
    const story = started(`steps:\n  - {name: a, ${call}, retry_config: {max_attempts: 2}}`);
    retried(story.fails('a').fires('retry').fails('a')).fails('a');
    assert.equal(story.step('a').status, 'retrying');
    assert.equal(story.fires('retry').fails('a').end().status, 'failed');
  });

  test('is for executions that failed, were cancelled or timed out', () => {
    const running = started(twoSteps);
    assert.equal(running.refusal({ type: 'retry' })?.code, 'STATE_CONFLICT');
    assert.equal(running.completes('a').completes('b').refusal({ type: 'retry' })?.code, 'STATE_CONFLICT');
    const timedOut = started(`timeout: 1m\n${twoSteps}`).fires('deadline');
    assert.deepEqual(retried(timedOut).inHand(), ['a']);
    assert.equal(timedOut.state.deadlineAt, noon + 120_000);
  });

  test('is refused where steps were compensated', () => {
    const story = started(
      `steps:\n  - {name: a, ${call}, compensate: {executor: e, function: f}}\n  - {name: b, ${call}}`,
    );
    story.completes('a').when({ type: 'cancel' });
    story.when({ type: 'task.withdrawn', step: 'b', visit: 1, attempt: 1, outcome: 'untouched' });
    assert.equal(story.completes('a-compensate').refusal({ type: 'retry' })?.code, 'STATE_CONFLICT');
  });

  test('of an execution that was cancelled before it began starts it', () => {
    const story = started(twoSteps, { queued: true });
    story.when({ type: 'cancel' });
    assert.deepEqual(retried(story).inHand(), ['a']);
  });

  const reused = { name: 'a', kind: 'function', frame: '', status: 'completed', input: {}, output: {} } as const;
  const reruns: readonly [string, Rerun][] = [
    ['its first step', { of: 'exec_0', from: 'a', steps: [], vars: {} }],
    ['a later one', { of: 'exec_0', from: 'b', steps: [{ step: 'a', ...reused }], vars: {} }],
  ];
  for (const [where, rerun] of reruns) {
    test(`of a rerun from ${where} that ended before its turn came begins at that step`, () => {
      const inLine = started(twoSteps, { queued: true, rerun });
      inLine.when({ type: 'cancel' });
      const turnedAway = started(twoSteps, { stillborn: 'the limit is reached', rerun });
      for (const story of [inLine, turnedAway]) assert.deepEqual(retried(story).inHand(), [rerun.from]);
    });
  }

  test('keeps the branches that completed', () => {
    const story = started(`steps:
  - name: p
    type: parallel
    fail_fast: false
    branches:
      - {name: one, steps: [{name: a, ${call}}]}
      - {name: two, steps: [{name: b, ${call}}, {name: c, ${call}}]}`);
    retried(story.completes('p.one.a', 1).completes('p.two.b').fails('p.two.c'));
    assert.deepEqual(story.inHand(), ['p.two.c']);
    assert.deepEqual(plain(story.completes('p.two.c', 2).step('p').output ?? null), { one: 1, two: 2 });
  });

  test('brings back the branches that were cut off, and the timeout of their container', () => {
    const story = started(`steps:
  - name: p
    type: parallel
    timeout: 1m
    branches:
      - {name: one, steps: [{name: a, ${call}}]}
      - {name: two, steps: [{name: b, ${call}}]}`);
    retried(story.fails('p.one.a'));
    assert.deepEqual(story.inHand(), ['p.one.a', 'p.two.b']);
    assert.equal(earliestDue(pending(story.state)), noon + 60_000);
    assert.equal(story.completes('p.one.a').completes('p.two.b').end().status, 'completed');
  });

  test('of a failed join whose branches all completed joins once more', () => {
    const story = started(`steps:
  - name: p
    type: parallel
    output: {sum: '\${response.one * 2}'}
    branches: [{name: one, steps: [{name: a, ${call}}]}]`);
    assert.equal(story.completes('p.one.a', 'text').end().code, 'EXPRESSION_FAILED');
    assert.equal(retried(story).end().code, 'EXPRESSION_FAILED');
    assert.equal(story.step('p.one.a').attempt, 1);
  });

  test('of a graph goes on with all that failed, was cut off, or had no time to begin', () => {
    const story = started(`steps:
  - {name: bad, type: fail, code: NO}
  - {name: a, ${call}}
  - {name: b, ${call}, depends_on: a}`);
    assert.equal(story.end().code, 'NO');
    assert.equal(retried(story).end().code, 'NO');
    const cut = started(
      `steps:\n  - {name: a, ${call}}\n  - {name: b, ${call}}\n  - {name: c, ${call}, depends_on: [a, b]}`,
    );
    retried(cut.fails('a'));
    assert.deepEqual(cut.inHand(), ['a', 'b']);
    assert.deepEqual(cut.completes('a').completes('b').inHand(), ['c']);
  });

  test('of a graph begins what a failure gave no time to', () => {
    const story = started(`steps:
  - {name: bad, type: fail, when: $.execution.attempt == 1}
  - {name: a, ${call}}
  - {name: b, ${call}, depends_on: [bad, a]}`);
    assert.deepEqual(story.statuses(), { bad: 'failed' });
    assert.deepEqual(retried(story).inHand(), ['a']);
    assert.equal(story.completes('a').completes('b').end().status, 'completed');
  });

  test('of a fail step fails again', () => {
    const story = started(`steps:\n  - {name: no, type: fail, code: NO, max_visits: 1}\n  - {name: a, ${call}}`);
    assert.deepEqual(retried(story).end(), { status: 'failed', code: 'NO' });
  });

  test('of a step whose input had no value takes the input anew', () => {
    const story = started(`steps:\n  - {name: a, ${call}, input: {x: '\${input.n * 2}'}}`, { input: { n: 'text' } });
    assert.deepEqual(retried(story).end(), { status: 'failed', code: 'EXPRESSION_FAILED' });
    assert.deepEqual(story.inHand(), []);
  });

  test('of a wait waits again', () => {
    const story = started(`steps:\n  - {name: w, type: wait, signal: go, timeout: 1m}`).fires('timeout');
    assert.equal(retried(story).step('w').status, 'waiting');
    assert.equal(story.signals('go').end().status, 'completed');
  });

  test('of an undefined step fails the same way, without running what completed', () => {
    const story = started(`steps:\n  - {name: a, ${call}, on_success: nowhere}`).completes('a');
    assert.equal(retried(story).end().code, 'UNDEFINED_STEP');
    assert.equal(story.step('a').visit, 1);
  });

  test('runs the step again after which a rule ended the execution', () => {
    const story = started(`${twoSteps}\nerror_handling:\n  - {condition: $.a.valid == false, action: return_error}`);
    retried(story.completes('a', { valid: false }));
    assert.deepEqual([story.inHand(), story.step('a').visit], [['a'], 2]);
    assert.equal(story.completes('a', { valid: true }).completes('b').end().status, 'completed');
  });

  const judged: readonly [string, string, string][] = [
    [
      'of a graph',
      `{name: check, ${call}, set: {valid: $.check.valid}}, {name: pay, ${call}, depends_on: check}`,
      'check',
    ],
    [
      'in a round',
      `{name: each, type: loop, iterate_over: $.input.items, steps: [{name: check, ${call}, set: {valid: $.check.valid}}, {name: pay, ${call}}]}`,
      'each[0].check',
    ],
  ];
  for (const [where, steps, check] of judged) {
    test(`runs the step ${where} again after which a rule ended the execution, and nothing behind it`, () => {
      const rule = 'error_handling: [{condition: $.vars.valid == false, action: return_error}]';
      const story = started(`steps: [${steps}]\n${rule}`, { input: { items: [1] } });
      assert.equal(story.completes(check, { valid: false }).end().status, 'failed');
      assert.deepEqual(retried(story).inHand(), [check]);
      assert.equal(story.completes(check, { valid: false }).end().status, 'failed');
      assert.deepEqual(retried(story).completes(check, { valid: true }).inHand(), [check.replace('check', 'pay')]);
    });
  }

  test('of a handled failure goes back to the step that failed, not to its handler', () => {
    const story = started(`steps:\n  - {name: a, ${call}, on_failure: h}\n  - {name: h, ${call}}`);
    retried(story.fails('a').completes('h'));
    assert.deepEqual(story.inHand(), ['a']);
  });

  test('of a condition without a value does not take what an earlier visit gave', () => {
    const story = started(`steps:
  - {name: a, ${call}}
  - {name: either, type: condition, condition: len($.a.x) > 1, then: [{name: b, ${call}}], on_success: a}`);
    story.completes('a', { x: 'yes' }).completes('either.b').completes('a', { x: 1 });
    assert.equal(story.end().code, 'EXPRESSION_FAILED');
    assert.equal(retried(story).end().code, 'EXPRESSION_FAILED');
  });

  test('leaves a failure alone that was handled before the execution ended at a later step', () => {
    const story = started(`steps:
  - {name: a, ${call}, on_failure: h}
  - {name: b, ${call}}
  - {name: h, ${call}, on_success: b}
error_handling:
  - {condition: $.b.valid == false, action: return_error}`);
    story.fails('a').completes('h').completes('b', { valid: false });
    assert.deepEqual(retried(story).inHand(), ['b']);
  });

  test('goes on behind a fallback where the step goes on that it stood in for', () => {
    const story = started(`steps:
  - {name: a, ${call}, fallback_step: f, on_success: nowhere}
  - {name: f, ${call}}`);
    assert.equal(story.fails('a').completes('f').end().code, 'UNDEFINED_STEP');
    assert.equal(retried(story).end().code, 'UNDEFINED_STEP');
  });

  test('of a sequence that jumped back goes on with the step that failed last', () => {
    const story = started(`steps:
  - {name: a, ${call}}
  - {name: b, ${call}, on_failure: a}
  - {name: c, ${call}}`);
    story.completes('a').fails('b').fails('a');
    assert.deepEqual(retried(story).inHand(), ['a']);
  });
});

describe('a signal', () => {
  const waits = (fields: string): string =>
    `steps:\n  - {name: a, ${call}}\n  - {name: w, type: wait, signal: paid${fields}}`;

  test('that comes early is kept until a step asks for it', () => {
    const story = started(waits('')).signals('paid', { sum: 5 }).completes('a');
    assert.deepEqual(story.step('w').output, { sum: 5 });
    assert.deepEqual(story.state.signals, []);
  });

  test('is taken by the step that waits for its name, oldest first', () => {
    const story = started(waits('')).signals('other').signals('paid', 1).signals('paid', 2).completes('a');
    assert.equal(story.step('w').output, 1);
    assert.deepEqual(
      story.state.signals.map(({ payload }) => payload),
      [null, 2],
    );
  });

  test('is taken only where the condition holds on its payload', () => {
    const story = started(waits(', condition: $.signal.sum >= 10')).completes('a').signals('paid', { sum: 5 });
    assert.equal(story.end().status, 'waiting');
    story.signals('paid', 'nonsense').signals('paid', { sum: 10 });
    assert.deepEqual(story.step('w').output, { sum: 10 });
  });

  test('that comes twice is refused', () => {
    const story = started(waits('')).signals('paid', 1, { id: 'id-1' });
    assert.equal(story.refusal({ type: 'signal', id: 'id-1', name: 'paid', payload: 1 })?.code, 'REPEATED');
  });

  test('that never comes lets the wait time out', () => {
    const story = started(waits(', timeout: 1d')).completes('a').fires('timeout');
    assert.deepEqual(story.end(), { status: 'failed', code: 'TIMEOUT' });
    assert.equal(story.at, noon + 86_400_000);
  });

  test('beyond the limit is refused, and only so many ids are remembered', () => {
    const story = started(waits(''));
    const signal = (id: number) => ({ type: 'signal', id: `s${id}`, name: 'paid', payload: null, at: noon }) as const;
    const program = programOf(waits(''));
    for (let id = 0; id < signalsKeptMax; id += 1) decide(program, story.state, signal(id));
    assert.equal(story.refusal(signal(-1))?.code, 'LIMIT_EXCEEDED');
    story.state.signals = [];
    for (let id = signalsKeptMax; id <= signalIdsKept + 5; id += 1) decide(program, story.state, signal(id));
    assert.equal([...story.state.signalIds].length, signalIdsKept);
    assert.equal(story.refusal(signal(signalIdsKept + 5))?.code, 'REPEATED');
    assert.equal(story.refusal(signal(0)), undefined);
  });
});

describe('limits and snapshots', () => {
  test('a journal that reaches its limit ends the execution with EVENT_LIMIT_EXCEEDED', () => {
    const story = started(twoSteps);
    const { state } = story;
    state.position = eventsMax - 2;
    const result = { type: 'task.completed', step: 'a', visit: 1, attempt: 1, output: 1, at: noon } as const;
    decide(programOf(twoSteps), state, result);
    assert.equal(statusOf(state), 'running');
    decide(programOf(twoSteps), state, { ...result, step: 'b' });
    assert.equal(statusOf(state), 'completed');
    const over = started(twoSteps).state;
    over.position = eventsMax;
    decide(programOf(twoSteps), over, result);
    assert.deepEqual([over.status, over.error?.code], ['failed', 'EVENT_LIMIT_EXCEEDED']);
  });

  test('a snapshot gives the state back, its maps and sets included', () => {
    const story = started(`timeout: 1h\n${twoSteps}`).completes('a', { x: 1 }).signals('early');
    const read = readSnapshot(writeSnapshot(story.state));
    assert.ok(read);
    assert.deepEqual([read.steps.size, read.frames.get('')?.last, read.completed.has('a')], [2, 'a', true]);
    assert.deepEqual(plain(read.steps.get('a')?.output ?? null), { x: 1 });
    assert.ok(read.recordedAt > 0 && read.recordedAt === story.state.recordedAt);
  });

  test('a snapshot of another format is ignored', () => {
    const text = writeSnapshot(started(twoSteps).state).replace(/"format":\d+/, '"format":0');
    assert.equal(readSnapshot(text), undefined);
  });

  test('an execution whose every open step waits is waiting', () => {
    assert.equal(started('steps:\n  - {name: w, type: wait, duration: 1h}').end().status, 'waiting');
    const retrying = started(`steps:\n  - {name: a, ${call}, retry_config: {max_attempts: 2}}`).fails('a');
    assert.equal(retrying.end().status, 'running');
  });
});
