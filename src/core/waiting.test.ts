// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the language under test writes them
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Json } from '../kit/json.ts';
import { decide } from './decide.ts';
import { signalsKeptMax } from './limits.ts';
import { call, noon, plain, programOf, type Story, started } from './make-story.ts';

const outputOf = (story: Story, step: string): Json => plain(story.step(step).output ?? null);
const waits = (fields: string, input: Json = {}): Story =>
  started(`steps:\n  - {name: a, ${call}}\n  - {name: w, type: wait, ${fields}}`, { input });

describe('a wait for a signal with a key', () => {
  test('takes only what was sent under its key', () => {
    const story = waits('signal: paid, key: $.input.order', { order: 'o-7' }).completes('a');
    story.signals('paid', 1, { key: 'o-8' }).signals('paid', 2);
    assert.equal(story.end().status, 'waiting');
    assert.equal(outputOf(story.signals('paid', 3, { key: 'o-7' }), 'w'), 3);
    assert.deepEqual(
      story.state.signals.map(({ payload }) => payload),
      [1, 2],
    );
  });

  test('takes the oldest under its key that was kept for it', () => {
    const story = waits('signal: paid, key: k').signals('paid', 1, { key: 'x' });
    story.signals('paid', 2, { key: 'k' }).signals('paid', 3, { key: 'k' });
    assert.equal(outputOf(story.completes('a'), 'w'), 2);
  });

  test('a number is a key as its text', () => {
    const story = waits('signal: paid, key: $.input.order', { order: 7 }).completes('a');
    assert.equal(story.signals('paid', 1, { key: '7' }).end().status, 'completed');
  });

  test('without a key takes signals of any', () => {
    assert.equal(outputOf(waits('signal: paid').completes('a').signals('paid', 1, { key: 'k' }), 'w'), 1);
  });

  test('a key that is no text fails the step', () => {
    for (const order of [null, '', {}, 'x'.repeat(256)]) {
      const story = waits('signal: paid, key: $.input.order', { order }).completes('a');
      assert.equal(story.end().code, 'EXPRESSION_FAILED', JSON.stringify(order));
    }
    const longest = waits('signal: paid, key: $.input.order', { order: 'x'.repeat(255) }).completes('a');
    assert.equal(longest.end().status, 'waiting');
  });

  test('each of several waits gets its own', () => {
    const story = started(`steps:
  - name: p
    type: parallel
    branches:
      - {name: one, steps: [{name: w1, type: wait, signal: paid, key: k1}]}
      - {name: two, steps: [{name: w2, type: wait, signal: paid, key: k2}]}`);
    story.signals('paid', 2, { key: 'k2' }).signals('paid', 1, { key: 'k1' });
    assert.deepEqual(outputOf(story, 'p'), { one: 1, two: 2 });
  });
});

describe('a wait for several signals', () => {
  test('all takes those that are there, oldest first, as a list', () => {
    const story = waits('signal: paid, take: all').signals('paid', 1).signals('other').signals('paid', 2);
    assert.deepEqual(outputOf(story.completes('a'), 'w'), [1, 2]);
    assert.deepEqual(
      story.state.signals.map(({ name }) => name),
      ['other'],
    );
  });

  test('all waits for one where none is there', () => {
    const story = waits('signal: paid, take: all').completes('a');
    assert.equal(story.end().status, 'waiting');
    assert.deepEqual(outputOf(story.signals('paid', 1), 'w'), [1]);
  });

  test('a number waits until so many are there, and takes no more', () => {
    const story = waits('signal: paid, take: 3').signals('paid', 1).completes('a').signals('paid', 2);
    assert.equal(story.end().status, 'waiting');
    assert.deepEqual(outputOf(story.signals('paid', 3), 'w'), [1, 2, 3]);
    const many = waits('signal: paid, take: 2').signals('paid', 1).signals('paid', 2).signals('paid', 3);
    assert.deepEqual(outputOf(many.completes('a'), 'w'), [1, 2]);
    assert.deepEqual(
      many.state.signals.map(({ payload }) => payload),
      [3],
    );
  });

  test('1 gives a list of one, first the payload itself', () => {
    assert.deepEqual(outputOf(waits('signal: paid, take: 1').completes('a').signals('paid', 1), 'w'), [1]);
    assert.deepEqual(outputOf(waits('signal: paid, take: first').completes('a').signals('paid', 1), 'w'), 1);
  });

  test('counts only those whose payload fits', () => {
    const story = waits('signal: paid, take: 2, condition: $.signal.sum > 5').completes('a');
    story.signals('paid', { sum: 9 }).signals('paid', { sum: 1 }).signals('paid', { sum: 7 });
    assert.deepEqual(outputOf(story, 'w'), [{ sum: 9 }, { sum: 7 }]);
  });

  test('how many may be an expression, which must give all, first or a number', () => {
    const take = (count: Json): Story => waits('signal: paid, take: $.input.n', { n: count }).completes('a');
    assert.deepEqual(outputOf(take(2).signals('paid', 1).signals('paid', 2), 'w'), [1, 2]);
    assert.deepEqual(outputOf(take('all').signals('paid', 1), 'w'), [1]);
    assert.deepEqual(outputOf(take('first').signals('paid', 1), 'w'), 1);
    for (const wrong of [0, 1.5, 'some', null, signalsKeptMax + 1]) {
      assert.equal(take(wrong).end().code, 'EXPRESSION_FAILED', String(wrong));
    }
  });

  test('as many as are kept can be waited for', () => {
    const spec = `steps:\n  - {name: w, type: wait, signal: paid, take: ${signalsKeptMax}}`;
    const { state, end } = started(spec);
    const program = programOf(spec);
    for (let id = 1; id <= signalsKeptMax; id += 1) {
      assert.equal(end().status, 'waiting');
      decide(program, state, { type: 'signal', id: `s${id}`, name: 'paid', payload: id, at: noon });
    }
    const taken = plain(state.steps.get('w')?.output ?? null) as Json[];
    assert.deepEqual([end().status, taken.length, taken.at(-1)], ['completed', signalsKeptMax, signalsKeptMax]);
  });

  test('a timeout leaves those that came in the mailbox', () => {
    const story = started(`steps:
  - {name: w, type: wait, signal: paid, take: 2, timeout: 1h, on_failure: h}
  - {name: h, type: wait, signal: paid, on_success: end}`);
    assert.equal(outputOf(story.signals('paid', 1).fires('timeout'), 'h'), 1);
  });
});

describe('a wait for any of several', () => {
  const any = `any:
      - {name: approved, signal: decision, key: $.input.order, condition: $.signal.ok}
      - {name: refused, signal: decision, key: $.input.order}
      - {name: late, duration: 3d}
      - {name: closed, until: $.input.until}`;
  const decide = (until: Json = noon + 7 * 86_400_000): Story =>
    started(`steps:\n  - name: w\n    type: wait\n    ${any}\n  - {name: after, ${call}, input: $.w}`, {
      input: { order: 'o', until },
    });

  test('goes on with the signal that came first and tells which it was', () => {
    const story = decide().signals('decision', { ok: true }, { key: 'o' });
    assert.deepEqual(plain(story.step('after').input ?? null), { which: 'approved', payload: { ok: true } });
    const refused = decide().signals('decision', { ok: false }, { key: 'o' });
    assert.deepEqual(outputOf(refused, 'w'), { which: 'refused', payload: { ok: false } });
  });

  test('goes on with the earliest of its times', () => {
    const story = decide().fires('wait');
    assert.deepEqual([story.at, outputOf(story, 'w')], [noon + 3 * 86_400_000, { which: 'late', payload: null }]);
    const closed = decide(noon + 60_000).fires('wait');
    assert.deepEqual([closed.at, outputOf(closed, 'w')], [noon + 60_000, { which: 'closed', payload: null }]);
  });

  test('drops the others: no timer is left', () => {
    const story = decide().signals('decision', { ok: true }, { key: 'o' });
    assert.deepEqual(
      [...story.state.outstanding.values()].map(({ type }) => type),
      ['dispatch'],
    );
  });

  test('of kept signals takes the one that came first, whatever the order of the list', () => {
    const story = started(`steps:
  - {name: a, ${call}}
  - {name: w, type: wait, any: [{name: x, signal: sx}, {name: y, signal: sy}]}`);
    story.signals('sy', 1).signals('sx', 2).completes('a');
    assert.deepEqual(outputOf(story, 'w'), { which: 'y', payload: 1 });
  });

  test('takes several where an alternative says so, once there are enough', () => {
    const story = started(`steps:
  - {name: a, ${call}}
  - {name: w, type: wait, any: [{name: votes, signal: vote, take: 2}, {name: veto, signal: veto}]}`);
    story.signals('vote', 1).signals('veto', 'no').signals('vote', 2).completes('a');
    assert.deepEqual(outputOf(story, 'w'), { which: 'veto', payload: 'no' });
    const votes = started('steps:\n  - {name: w, type: wait, any: [{name: votes, signal: vote, take: 2}]}');
    assert.deepEqual(outputOf(votes.signals('vote', 1).signals('vote', 2), 'w'), { which: 'votes', payload: [1, 2] });
    assert.deepEqual(votes.state.signals, []);
  });

  test('of two equal times the one that is listed first wins', () => {
    const story = started(
      'steps:\n  - {name: w, type: wait, any: [{name: x, duration: 1h}, {name: y, duration: 60m}]}',
    );
    assert.deepEqual(outputOf(story.fires('wait'), 'w'), { which: 'x', payload: null });
  });

  test('takes a kept signal before a time that is over already', () => {
    const story = started(
      `steps:
  - {name: a, ${call}}
  - {name: w, type: wait, any: [{name: past, until: $.input.past}, {name: now, duration: 0s}, {name: y, signal: s}]}`,
      {
        input: { past: noon - 1 },
      },
    );
    assert.deepEqual(outputOf(story.signals('s', 1).completes('a'), 'w'), { which: 'y', payload: 1 });
  });

  test('an alternative without a value fails the step', () => {
    assert.equal(decide('tomorrow').end().code, 'EXPRESSION_FAILED');
  });

  test('has a timeout over all of them, and takes its times anew in the next attempt', () => {
    const story = started(`steps:
  - {name: w, type: wait, timeout: 1h, retry_config: {max_attempts: 2, initial_delay: 1s, jitter: false}, any: [{name: x, duration: 2h}, {name: y, signal: s}]}`);
    story.fires('timeout').fires('retry');
    assert.equal(story.step('w').dueAt, story.at + 7_200_000);
    assert.deepEqual(outputOf(story.signals('s', 5), 'w'), { which: 'y', payload: 5 });
  });
});

describe('a signal', () => {
  test('that several waits ask for goes to the one that began first', () => {
    const story = started(`steps:
  - {name: a, ${call}}
  - {name: late, type: wait, signal: s, depends_on: a}
  - {name: early, type: wait, signal: s}`).completes('a');
    story.signals('s', 1);
    assert.deepEqual([story.step('early').output, story.step('late').status], [1, 'waiting']);
    assert.equal(story.signals('s', 2).step('late').output, 2);
  });

  test('that comes again is refused, also once the execution has ended by it', () => {
    const story = waits('signal: paid').completes('a').signals('paid', 1, { id: 's1' });
    assert.equal(story.end().status, 'completed');
    assert.equal(story.refusal({ type: 'signal', id: 's1', name: 'paid', payload: 1 })?.code, 'REPEATED');
    assert.equal(story.refusal({ type: 'signal', id: 's2', name: 'paid', payload: 1 })?.code, 'EXECUTION_ENDED');
  });

  test('wakes waits of a paused execution, which goes no further until it is resumed', () => {
    const story = started(
      `steps:\n  - {name: w, type: wait, signal: paid, take: 2}\n  - {name: b, ${call}, input: $.w}`,
    );
    story.when({ type: 'pause' });
    story.signals('paid', 1).signals('paid', 2);
    assert.deepEqual([story.end().status, story.inHand(), outputOf(story, 'w')], ['paused', [], [1, 2]]);
    story.when({ type: 'resume' });
    assert.deepEqual(story.inHand(), ['b']);
  });

  test('kept for an execution that is retried is taken by the next run', () => {
    const story = started(`steps:
  - {name: w, type: wait, signal: paid, key: k, timeout: 1h}
  - {name: b, ${call}}`).fires('timeout');
    assert.equal(story.end().status, 'failed');
    story.when({ type: 'retry' });
    assert.equal(story.signals('paid', 4, { key: 'k' }).step('w').output, 4);
  });
});
