import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { elide } from './elide.ts';
import { loopChunk, loopRoundsDefault } from './limits.ts';
import { call, plain, type Story, started } from './make-story.ts';
import { readSnapshot, writeSnapshot } from './snapshot.ts';

const over = (fields: string, steps = `[{name: work, ${call}, input: {item: $.item, index: $.index}}]`): string =>
  `steps:\n- {name: each, type: loop, iterate_over: $.input.items, ${fields}steps: ${steps}}`;

const run = (spec: string, items: readonly unknown[]): Story => started(spec, { input: { items } as never });

/** Completes whatever is in hand until nothing is, with the place of its round. */
function drain(story: Story): void {
  for (let [next] = story.inHand(); next !== undefined; [next] = story.inHand()) story.completes(next, placeOf(next));
}

const placeOf = (path: string): number => Number(/\[(\d+)\]/.exec(path)?.[1]);

const output = (story: Story): unknown => plain(story.state.output ?? null);

describe('a loop over items', () => {
  test('runs one round after the other, each with its item and its place', () => {
    const story = run(over(''), ['a', 'b']);
    assert.deepEqual(story.inHand(), ['each[0].work']);
    assert.deepEqual(plain(story.step('each[0].work').input ?? null), { item: 'a', index: 0 });
    story.completes('each[0].work', 10);
    assert.deepEqual(story.inHand(), ['each[1].work']);
    assert.deepEqual(plain(story.step('each[1].work').input ?? null), { item: 'b', index: 1 });
    story.completes('each[1].work', 11);
    assert.deepEqual(story.end(), {
      status: 'completed',
      output: { results: [10, 11], succeeded: 2, failed: 0, errors: [] },
    });
  });

  test('side by side runs as many rounds at once as batch_size says, and keeps the order of the items', () => {
    const story = run(over('parallel: true, batch_size: 2, '), [1, 2, 3]);
    assert.deepEqual(story.inHand(), ['each[0].work', 'each[1].work']);
    story.completes('each[1].work', 'second');
    assert.deepEqual(story.inHand(), ['each[0].work', 'each[2].work']);
    story.completes('each[2].work', 'third').completes('each[0].work', 'first');
    assert.deepEqual((output(story) as { results: unknown }).results, ['first', 'second', 'third']);
  });

  test('takes batch_size and max_iterations from expressions', () => {
    const story = started(over('parallel: true, batch_size: $.input.size, max_iterations: $.input.most, '), {
      input: { items: [1, 2, 3], size: 3, most: 3 },
    });
    assert.equal(story.inHand().length, 3);
    const refused = started(over('max_iterations: $.input.most, '), { input: { items: [1, 2, 3], most: 2 } });
    assert.deepEqual([refused.end().status, refused.end().code], ['failed', 'TOO_MANY_ITERATIONS']);
    const unfit = started(over('parallel: true, batch_size: $.input.size, '), { input: { items: [1], size: 'x' } });
    assert.equal(unfit.end().code, 'EXPRESSION_FAILED');
  });

  test('over no items completes at once', () => {
    assert.deepEqual(output(run(over(''), [])), { results: [], succeeded: 0, failed: 0, errors: [] });
  });

  test('over what is no list fails and says what it found', () => {
    const story = started(over(''), { input: { items: { a: 1 } } });
    assert.equal(story.end().code, 'EXPRESSION_FAILED');
    assert.match(story.state.error?.message ?? '', /iterate_over.*no list but object/);
  });

  for (const [what, items] of [
    ['at first', [undefined]],
    ['at a later visit', [['x'], undefined]],
  ] as const) {
    test(`over what is no list ${what} fails again where the execution is retried`, () => {
      const story = started(`steps:
- {name: list, ${call}}
- {name: each, type: loop, iterate_over: $.list.items, steps: [{name: work, ${call}}]}
- {name: next, type: transform, mapping: {}, on_success: list}`);
      for (const given of items) {
        story.completes('list', given ? { items: given } : {});
        if (given) story.completes('each[0].work');
      }
      assert.deepEqual(story.end(), { status: 'failed', code: 'EXPRESSION_FAILED' });
      story.when({ type: 'retry' });
      assert.deepEqual(story.end(), { status: 'failed', code: 'EXPRESSION_FAILED' });
    });
  }

  test('an item that is null is null to its steps', () => {
    const story = run(over(''), [null]);
    assert.deepEqual(plain(story.step('each[0].work').input ?? null), { item: null, index: 0 });
  });

  test('a failing round ends the loop, and those beside it are cancelled', () => {
    const story = run(over('parallel: true, '), [1, 2]);
    story.fails('each[1].work', 'E1');
    assert.deepEqual(story.end(), { status: 'failed', code: 'E1' });
    assert.equal(story.state.error?.step, 'each[1].work');
    assert.equal(story.statuses()['each[0].work'], 'cancelled');
  });

  test('on_item_error: continue goes on and tells which rounds failed', () => {
    const story = run(over('on_item_error: continue, output: {all: $.iterations, n: $.response.failed}, '), [1, 2, 3]);
    story.completes('each[0].work', 'x').fails('each[1].work', 'E1').completes('each[2].work', 'z');
    assert.deepEqual(output(story), {
      all: [
        { index: 0, status: 'completed', result: 'x' },
        { index: 1, status: 'failed', error: { code: 'E1', message: 'each[1].work failed' } },
        { index: 2, status: 'completed', result: 'z' },
      ],
      n: 1,
    });
  });

  for (const [tolerated, failures] of [
    ['1', 2],
    ['"50%"', 3],
  ] as const) {
    test(`tolerated_failures: ${tolerated} of four fails with the one that is too many`, () => {
      const story = run(over(`tolerated_failures: ${tolerated}, `), [1, 2, 3, 4]);
      for (let index = 0; index < failures; index += 1) {
        assert.equal(story.end().status, 'running', `after ${index} failures`);
        story.fails(`each[${index}].work`, `E${index}`);
      }
      assert.deepEqual(story.end(), { status: 'failed', code: `E${failures - 1}` });
    });
  }

  test('a round that retries, falls back or skips is a round like any other', () => {
    const spec = over(
      '',
      `[{name: work, ${call}, retry_config: {max_attempts: 2, jitter: false}}, {name: odd, when: $.index == 1, ${call}, fallback_response: "none"}]`,
    );
    const story = run(spec, [1, 2]);
    story.fails('each[0].work').fires('retry').completes('each[0].work', 'a');
    assert.equal(story.statuses()['each[0].odd'], 'skipped');
    story.completes('each[1].work', 'b').fails('each[1].odd');
    assert.deepEqual((output(story) as { results: unknown }).results, ['a', 'none']);
  });

  test('its own timeout cancels the rounds, and a retry begins anew with new visits', () => {
    const story = run(over('timeout: 1m, retry_config: {max_attempts: 2, jitter: false}, '), [1]);
    story.fires('timeout', 'each').fires('retry', 'each');
    assert.deepEqual([story.inHand(), story.step('each[0].work').visit], [['each[0].work'], 2]);
    story.completes('each[0].work', 'late');
    assert.deepEqual((output(story) as { results: unknown }).results, ['late']);
  });

  test('each attempt of a loop, and each run, has all the visits of its steps', () => {
    const steps = `[{name: work, ${call}, retry_config: {max_attempts: 1}, max_visits: 2, on_success: work}]`;
    const story = started(
      `timeout: 1h
timeout_action: retry
retry_policy: {max_attempts: 2, initial_delay: 1s}
${over('retry_config: {max_attempts: 2}, ', steps)}`,
      { input: { items: [1] } },
    );
    story.completes('each[0].work').fails('each[0].work').fires('retry').completes('each[0].work');
    story.fires('deadline').fires('rerun').completes('each[0].work');
    assert.equal(story.step('each[0].work').visit, 6);
    assert.equal(story.completes('each[0].work').end().code, 'TOO_MANY_VISITS');
  });

  test('loops and branches stand in rounds, and each sees the items around it', () => {
    const inner = `{name: inner, type: loop, iterate_over: $.outer.list, item_variable: leaf, index_variable: at, steps: [{name: work, ${call}, input: "\${$.outer.name + $.leaf + $.at}"}]}`;
    const spec = `steps:\n- {name: each, type: loop, iterate_over: $.input.items, item_variable: outer, steps: [{name: both, type: parallel, branches: [{name: x, steps: [${inner}]}]}]}`;
    const story = run(spec, [{ name: 'n', list: ['a', 'b'] }]);
    assert.deepEqual(story.inHand(), ['each[0].both.x.inner[0].work']);
    assert.equal(story.step('each[0].both.x.inner[0].work').input, 'na0');
    story.completes('each[0].both.x.inner[0].work', 1).completes('each[0].both.x.inner[1].work', 2);
    assert.deepEqual((output(story) as { results: unknown }).results, [
      { x: { results: [1, 2], succeeded: 2, failed: 0, errors: [] } },
    ]);
  });

  test('steps of branches and cases in a round are seen by name behind them, each round its own', () => {
    const steps = `[
    {name: both, type: parallel, branches: [{name: x, steps: [{name: one, type: transform, mapping: {v: $.item}}]}]},
    {name: big, type: condition, condition: $.item > 1, then: [{name: many, type: transform, mapping: {v: $.one.v}}]},
    {name: inner, type: loop, iterate_over: $.input.items, output: $.two, steps: [
      {name: pair, type: condition, condition: 'true', then: [{name: two, type: transform, mapping: [$.one.v, $.item]}]}]},
    {name: seen, type: transform, mapping: [$.one.v, $.many.v, $.steps.many.status, $.inner]}]`;
    const { results } = output(run(over('', steps), [1, 2])) as { results: unknown };
    assert.deepEqual(results, [
      [1, null, 'pending', [1, 2]],
      [2, 2, 'completed', [2, 2]],
    ]);
  });

  test('a round that begins anew does not see what its cases did before', () => {
    const story = started(`steps:
- {name: list, ${call}}
- name: each
  type: loop
  iterate_over: $.list
  steps:
    - name: big
      type: condition
      when: $.item > 0
      condition: $.item > 1
      then: [{name: many, type: transform, mapping: {v: $.item}}]
      else: [{name: one, type: transform, mapping: {v: 1}}]
    - {name: seen, type: transform, mapping: {many: $.many.v, one: $.one.v}}
- {name: again, type: condition, condition: 'true', then: [{name: note, ${call}, input: $.each.results}], on_success: list}`);
    const results = [];
    for (const item of [5, 1, 0]) {
      story.completes('list', [item]);
      results.push(...(plain(story.step('again.note').input ?? null) as unknown[]));
      story.completes('again.note');
    }
    assert.deepEqual(results, [
      { many: 5, one: null },
      { many: null, one: 1 },
      { many: null, one: null },
    ]);
  });

  test('compensation undoes the steps of each round with what that round knew, last first', () => {
    const spec = `steps:
- name: each
  type: loop
  iterate_over: $.input.items
  steps: [{name: work, ${call}, compensate: {name: undo, ${call}, input: {of: $.work, item: $.item}}}]
- {name: last, ${call}}
error_handling: [{condition: '$.steps.last.status == "failed"', action: compensate}]`;
    const story = run(spec, ['a', 'b']);
    story.completes('each[0].work', 'A').completes('each[1].work', 'B').fails('last');
    assert.deepEqual(plain(story.step('each[1].undo').input ?? null), { of: 'B', item: 'b' });
    story.completes('each[1].undo');
    assert.deepEqual(plain(story.step('each[0].undo').input ?? null), { of: 'A', item: 'a' });
    story.completes('each[0].undo');
    assert.equal(story.end().status, 'compensated');
  });

  test('retrying the execution runs the failed and the cut off rounds again, then the rest', () => {
    const story = run(over('parallel: true, batch_size: 2, '), [1, 2, 3]);
    story.completes('each[0].work', 'a').fails('each[1].work');
    assert.equal(story.end().status, 'failed');
    story.when({ type: 'retry' });
    assert.deepEqual(story.inHand(), ['each[1].work', 'each[2].work']);
    story.completes('each[1].work', 'b').completes('each[2].work', 'c');
    assert.deepEqual((output(story) as { results: unknown }).results, ['a', 'b', 'c']);
  });

  test('a retry that is cut short leaves the rounds it had no time for to the next one', () => {
    const story = run(over('on_item_error: continue, '), [1, 2, 3]);
    story.fails('each[0].work').fails('each[1].work');
    for (const _ of ['once', 'twice']) {
      story.when({ type: 'cancel' });
      story.when({ type: 'retry' });
    }
    drain(story);
    assert.deepEqual((output(story) as { results: unknown }).results, [0, 1, 2]);
  });

  test('a retry runs no round of an earlier visit that had more of them', () => {
    const story = started(`steps:
- {name: list, ${call}}
- {name: each, type: loop, iterate_over: $.list, parallel: true, on_failure: list, steps: [{name: work, ${call}}]}`);
    story.completes('list', ['a', 'b', 'c']).fails('each[0].work');
    story.completes('list', ['d', 'e']);
    story.when({ type: 'cancel' });
    story.when({ type: 'retry' });
    assert.deepEqual(story.inHand(), ['each[0].work', 'each[1].work']);
    drain(story);
    assert.deepEqual((story.step('each').output as { results: unknown }).results, [0, 1]);
  });
});

describe('a loop on a condition', () => {
  test('while looks before each round, and variables carry values from round to round', () => {
    const story = started(`steps:
- name: count
  type: loop
  while: $.vars.n < 3
  variables: {n: 0}
  steps: [{name: add, type: transform, mapping: "\${$.vars.n + 1}", set: {n: $.add}}]
  output: {n: $.vars.n, rounds: $.response.succeeded}`);
    assert.deepEqual(story.end(), { status: 'completed', output: { n: 3, rounds: 3 } });
  });

  test('until looks after each round and sees its steps', () => {
    const story = started(`steps:
- {name: poll, type: loop, until: '$.ask.done', steps: [{name: ask, ${call}}, {name: pause, type: wait, duration: 1s, when: '!$.ask.done'}], output: $.ask}`);
    story.completes('poll[0].ask', { done: false }).fires('wait').completes('poll[1].ask', { done: true, at: 2 });
    assert.deepEqual(story.end(), { status: 'completed', output: { done: true, at: 2 } });
  });

  test('fails with one round more than it may have', () => {
    const forever = (most: string): Story =>
      started(
        `steps:\n- {name: spin, type: loop, while: "true", ${most}steps: [{name: t, type: transform, mapping: 1}]}`,
      );
    assert.equal(forever('max_iterations: 5, ').end().code, 'TOO_MANY_ITERATIONS');
    const story = forever('');
    story.goesOn();
    const turns = [...story.state.outstanding.keys()];
    assert.deepEqual(turns, []);
    assert.equal(story.end().code, 'TOO_MANY_ITERATIONS');
    assert.match(story.state.error?.message ?? '', new RegExp(String(loopRoundsDefault)));
  });
});

describe('a long loop', () => {
  const many = Array.from({ length: loopChunk + 300 }, (_, index) => index);

  test('folds rounds that have ended: results and failures stay, steps and frames go', () => {
    const story = run(over('parallel: true, batch_size: 650, on_item_error: continue, '), many);
    story.atOnce(() => {
      for (let [next] = story.inHand(); next !== undefined; [next] = story.inHand()) {
        if (placeOf(next) % 163 === 7) story.fails(next, 'E7');
        else story.completes(next, placeOf(next));
      }
    });
    assert.equal(story.events.filter(({ type }) => type === 'loop.folded').length, 1);
    assert.ok(!story.state.steps.has('each[3].work') && !story.state.frames.has('each[3]'));
    assert.ok(story.state.steps.has(`each[${loopChunk + 5}].work`));
    const answer = output(story) as { results: (number | null)[]; failed: number; errors: { index: number }[] };
    assert.deepEqual(
      answer.results,
      many.map((index) => (index % 163 === 7 ? null : index)),
    );
    assert.deepEqual([answer.failed, answer.errors.map(({ index }) => index % 163)], [8, Array(8).fill(7)]);
  });

  test('keeps the newest round, whose steps its own fields see, where a chunk of rounds is full', () => {
    const story = started(`steps:
- name: count
  type: loop
  until: $.number.n == ${loopChunk}
  steps: [{name: number, type: transform, mapping: {n: "\${index + 1}"}}]
  output: {rounds: $.response.succeeded, last: $.number.n}`);
    story.atOnce(() => story.goesOn());
    assert.deepEqual(story.end(), { status: 'completed', output: { rounds: loopChunk, last: loopChunk } });
  });

  test('runs a folded round again, with a visit it never had, where the execution is retried', () => {
    const story = run(over('parallel: true, batch_size: 1000, tolerated_failures: 1, '), many);
    story.atOnce(() => {
      story.fails('each[0].work');
      for (const index of many.slice(1, loopChunk)) story.completes(`each[${index}].work`, index);
      story.fails(`each[${loopChunk}].work`);
    });
    assert.equal(story.end().status, 'failed');
    story.atOnce(() => {
      story.when({ type: 'retry' });
      assert.equal(story.step('each[0].work').visit, 2);
      drain(story);
    });
    assert.deepEqual((output(story) as { results: unknown }).results, many);
  });

  test('begins no round again beside one that fails at once when the execution is retried', () => {
    const steps = `[{name: work, ${call}}, {name: bad, type: fail, condition: $.item == 1, code: BAD, message: no}]`;
    const spec = `${over('parallel: true, batch_size: 2, on_failure: after, ', steps)}\n- {name: after, ${call}}`;
    const story = run(spec, [1, 2]);
    story.completes('each[0].work', 1).completes('after', 1);
    assert.deepEqual(story.end(), { status: 'failed', code: 'BAD' });
    story.when({ type: 'retry' });
    assert.deepEqual(story.inHand(), ['after']);
  });

  const check =
    '{name: check, type: validate, data: $.item, on_invalid: continue, rules: [{name: even, condition: "$.item % 2 == 0"}]}';

  test('keeps what its steps found of the data when their rounds are folded', () => {
    const story = run(over('', `[${check}]`), many).goesOn();
    assert.equal(story.end().status, 'completed');
    assert.deepEqual(Object.fromEntries(story.state.qualityFolded), { check: { even: [500, 500] } });
    assert.equal([...story.state.steps.values()].filter(({ quality }) => quality).length, 300);
  });

  test('counts once what a loop in its rounds folded before', () => {
    const inner = `[{name: inner, type: loop, iterate_over: $.item, item_variable: item, steps: [${check}]}]`;
    const lists = many.slice(0, loopChunk + 1).map((index) => (index === 3 ? many : [index]));
    const story = run(over('', inner), lists).goesOn();
    assert.equal(story.end().status, 'completed');
    const newest = `each[${loopChunk}].inner`;
    assert.deepEqual([...story.state.steps.keys()], ['each', newest, `${newest}[0].check`]);
    assert.deepEqual(Object.fromEntries(story.state.qualityFolded), { check: { even: [1_150, 1_149] } });
  });

  test('keeps the rounds that compensation may have to undo', () => {
    const story = run(
      over('parallel: true, batch_size: 1000, ', `[{name: work, ${call}, compensate: undo}, {name: undo, ${call}}]`),
      many,
    );
    story.atOnce(() => drain(story));
    assert.ok(story.state.steps.has('each[0].work'));
  });
});

describe('variables of a loop in the rounds of a parallel loop', () => {
  const pages = (set: string): string =>
    `{name: pages, type: loop, while: $.vars.next != null, variables: {next: 1}, steps: [
       {name: page, ${call}, input: $.vars.next, set: {${set}}}, {name: store, ${call}, input: $.vars.next}]}`;
  const after = '{name: last, type: transform, mapping: "${vars.next ?? \'none\'}"}';
  const spec = over('parallel: true, ', `[${pages('next: $.page.next, toString: $.item')}, ${after}]`);

  test('are those of their round', () => {
    const story = run(spec, ['a', 'b']);
    const page = (round: number, turn: number, next: number | null): void => {
      assert.equal(story.step(`each[${round}].pages[${turn}].page`).input, turn + 1);
      story.completes(`each[${round}].pages[${turn}].page`, { next });
    };
    page(0, 0, 2);
    page(1, 0, 2);
    story.completes('each[0].pages[0].store', 'a1');
    page(0, 1, null);
    story.completes('each[1].pages[0].store', 'b1');
    page(1, 1, 3);
    story.completes('each[0].pages[1].store', 'a2').completes('each[1].pages[1].store', 'b2');
    page(1, 2, null);
    assert.deepEqual(story.inHand(), ['each[1].pages[2].store']);
    assert.equal(story.step('each[1].pages[2].store').input ?? null, null);
    story.completes('each[1].pages[2].store', 'b3');
    assert.equal(story.end().status, 'completed');
    assert.deepEqual((output(story) as { results: unknown }).results, ['none', 'none']);
    // What no loop declares is the execution's, as ever.
    assert.deepEqual(Object.entries(story.state.vars), [['toString', 'b']]);
  });

  test('are found again in a snapshot', () => {
    const story = run(over('parallel: true, ', `[${pages('next: $.page.next')}]`), ['a', 'b']);
    story.completes('each[1].pages[0].page', { next: 7 });
    const restored = readSnapshot(writeSnapshot(story.state));
    assert.deepEqual([...(restored?.roundVars ?? [])].map(plain), [
      ['each[0]', { next: 1 }],
      ['each[1]', { next: 7 }],
    ]);
  });

  test('leave with their folded rounds, journal and all', () => {
    const page = '{name: page, type: transform, mapping: {next: null}, set: {next: $.page.next}}';
    const each = `[{name: pages, type: loop, while: $.vars.next != null, variables: {next: 1}, steps: [${page}]}]`;
    const story = run(
      over('parallel: true, batch_size: 100, ', each),
      Array.from({ length: loopChunk + 1 }, () => 1),
    );
    assert.equal(story.goesOn().end().status, 'completed');
    assert.deepEqual([...story.state.roundVars.keys()], [`each[${loopChunk}]`]);
    const kept = elide(story.events, []).flatMap((event) =>
      'vars' in event && event.vars ? Object.keys(event.vars) : [],
    );
    assert.deepEqual(kept, [`each[${loopChunk}]:next`, `each[${loopChunk}]:next`]);
  });
});
