import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { loopChunk, streamLagMax } from './limits.ts';
import { call, plain, type Story, started } from './make-story.ts';

interface Forms {
  readonly producer?: string;
  readonly consumer?: string;
  readonly rest?: string;
  readonly before?: string;
}

const pair = ({ producer = '', consumer = '', rest = '', before = '' }: Forms = {}): string => `steps:
- {name: make, type: loop, iterate_over: $.input.items, ${producer}steps: [{name: get, ${call}, input: $.item}]}
${before}- {name: use, type: loop, iterate_over: $.make.results, stream: true, depends_on: [make${before === '' ? '' : ', other'}], ${consumer}steps: [{name: put, ${call}, input: {item: $.item, index: $.index}}]}
${rest}`;

const run = (forms: Forms = {}, items: readonly unknown[] = [1, 2, 3]): Story =>
  started(pair(forms), { input: { items } as never });

const inputOf = (story: Story, path: string): unknown => plain(story.step(path).input ?? null);

describe('a loop that streams', () => {
  test('takes each result as soon as its round has ended, and ends with its producer', () => {
    const story = run();
    assert.deepEqual(story.inHand(), ['make[0].get']);
    assert.equal(story.statuses()['use'], 'running', 'it has begun and waits');
    story.completes('make[0].get', 'a');
    assert.deepEqual(story.inHand(), ['make[1].get', 'use[0].put']);
    assert.deepEqual(inputOf(story, 'use[0].put'), { item: 'a', index: 0 });
    story.completes('use[0].put', 'A').completes('make[1].get', 'b').completes('make[2].get', 'c');
    assert.deepEqual(story.inHand(), ['use[1].put']);
    story.completes('use[1].put', 'B');
    assert.equal(story.statuses()['use'], 'running');
    story.completes('use[2].put', 'C');
    assert.equal(story.end().status, 'completed');
    assert.deepEqual(plain(story.step('use').output ?? null), {
      results: ['A', 'B', 'C'],
      succeeded: 3,
      failed: 0,
      errors: [],
    });
  });

  test("takes results in the order of the items, however the producer's rounds end", () => {
    const story = run({ producer: 'parallel: true, ', consumer: 'parallel: true, ' });
    story.completes('make[2].get', 'c').completes('make[1].get', 'b');
    assert.deepEqual(story.inHand(), ['make[0].get'], 'nothing overtakes the first');
    story.completes('make[0].get', 'a');
    assert.deepEqual(story.inHand(), ['use[0].put', 'use[1].put', 'use[2].put']);
    assert.deepEqual(inputOf(story, 'use[1].put'), { item: 'b', index: 1 });
  });

  test('over no items completes with its producer', () => {
    assert.equal(run({}, []).end().status, 'completed');
    assert.deepEqual(plain(run({}, []).step('use').output ?? null), {
      results: [],
      succeeded: 0,
      failed: 0,
      errors: [],
    });
  });

  test('streams from a loop that does not know how often it will run', () => {
    const story = started(`steps:
- {name: make, type: loop, until: $.page.last, steps: [{name: page, ${call}}]}
- {name: use, type: loop, iterate_over: $.make.results, stream: true, depends_on: [make], steps: [{name: put, ${call}, input: $.item.rows}]}`);
    story.completes('make[0].page', { rows: [1], last: false });
    assert.deepEqual(inputOf(story, 'use[0].put'), [1]);
    story.completes('use[0].put').completes('make[1].page', { rows: [2], last: true });
    assert.equal(story.statuses()['make'], 'completed');
    story.completes('use[1].put');
    assert.equal(story.end().status, 'completed');
  });

  test('holds its producer back, which goes on when it has caught up', () => {
    const items = Array.from({ length: streamLagMax + 50 }, (_, place) => place);
    const story = run({ producer: 'parallel: true, batch_size: 1000, ' }, items);
    const made = (): number => story.inHand().filter((path) => path.startsWith('make')).length;
    assert.equal(made(), streamLagMax);
    for (let index = 0; index < streamLagMax; index += 1) story.completes(`make[${index}].get`, index);
    assert.deepEqual(story.inHand(), ['use[0].put', `make[${streamLagMax}].get`], 'one is taken, one may begin');
    story.completes('use[0].put');
    assert.deepEqual(story.inHand(), [`make[${streamLagMax}].get`, 'use[1].put', `make[${streamLagMax + 1}].get`]);
  });

  test('does not hold back a producer that something it waits for waits for', () => {
    const items = Array.from({ length: streamLagMax + 5 }, (_, place) => place);
    const before = `- {name: other, depends_on: [make], ${call}}\n`;
    const story = run({ before, producer: 'parallel: true, batch_size: 1000, ' }, items);
    assert.equal(story.inHand().length, items.length);
    story.atOnce(() => {
      for (const index of items) story.completes(`make[${index}].get`, index);
    });
    assert.deepEqual(story.inHand(), ['other']);
    story.completes('other');
    assert.deepEqual(story.inHand(), ['use[0].put']);
    assert.deepEqual(inputOf(story, 'use[0].put'), { item: 0, index: 0 });
    assert.deepEqual(inputOf(story, 'use'), items, 'begun late, it is a loop over a list');
  });

  test("is cut off where its producer fails, whose error is the execution's", () => {
    const story = run();
    story.completes('make[0].get', 'a').fails('make[1].get', 'E1');
    assert.deepEqual(story.end(), { status: 'failed', code: 'E1' });
    assert.deepEqual([story.statuses()['use'], story.statuses()['use[0].put']], ['cancelled', 'cancelled']);
  });

  test('goes on with its producer where the execution is retried: what was taken is not taken again', () => {
    const story = run({ producer: 'parallel: true, batch_size: 2, ' });
    story.completes('make[0].get', 'a').completes('use[0].put', 'A').fails('make[1].get', 'E1');
    story.when({ type: 'retry' } as never);
    assert.deepEqual(story.inHand(), ['make[1].get', 'make[2].get']);
    story.completes('make[1].get', 'b').completes('make[2].get', 'c');
    story.completes('use[1].put', 'B').completes('use[2].put', 'C');
    assert.equal(story.end().status, 'completed');
    assert.deepEqual((plain(story.step('use').output ?? null) as { results: unknown }).results, ['A', 'B', 'C']);
    assert.equal(story.step('use[0].put').visit, 1);
  });

  test('begins anew with another attempt of its producer', () => {
    const story = run({ producer: 'retry_config: {max_attempts: 2, jitter: false}, ' });
    story.completes('make[0].get', 'a').completes('use[0].put', 'A').completes('make[1].get', 'b').fails('make[2].get');
    assert.equal(story.statuses()['use'], 'running', 'it takes what is there meanwhile');
    story.completes('use[1].put', 'B').fires('retry', 'make');
    assert.deepEqual(story.inHand(), ['make[0].get']);
    story.completes('make[0].get', 'x');
    assert.deepEqual(inputOf(story, 'use[0].put'), { item: 'x', index: 0 });
    for (const step of ['use[0].put', 'make[1].get', 'use[1].put', 'make[2].get', 'use[2].put'])
      story.completes(step, step);
    assert.equal(story.end().status, 'completed');
  });

  test('that fails and is let pass lets its producer run freely', () => {
    const items = Array.from({ length: streamLagMax + 2 }, (_, place) => place);
    const rest = 'error_handling: [{condition: "$.use.status == \'failed\'", action: ignore}]';
    const story = run({ producer: 'parallel: true, batch_size: 1000, ', rest }, items);
    assert.equal(story.inHand().length, streamLagMax);
    story.completes('make[0].get').fails('use[0].put', 'E1');
    assert.equal(story.inHand().filter((path) => path.startsWith('make')).length, items.length - 1);
    story.atOnce(() => {
      for (const index of items.slice(1)) story.completes(`make[${index}].get`);
    });
    assert.equal(story.end().status, 'completed');
  });

  test('begins with what its producer gives in the end where that is replaced', () => {
    const story = run({ producer: 'fallback_response: {results: [7]}, ' });
    story.completes('make[0].get', 'a').fails('make[1].get', 'E1');
    assert.deepEqual(story.inHand(), ['use[0].put']);
    assert.deepEqual(inputOf(story, 'use[0].put'), { item: 7, index: 0 });
    story.completes('use[0].put');
    assert.equal(story.end().status, 'completed');
  });

  test('lets some of its own rounds fail, and two may stream from one', () => {
    const rest = `- {name: also, type: loop, iterate_over: $.make.results, stream: true, depends_on: [make], steps: [{name: log, ${call}, input: $.item}]}`;
    const story = run({ consumer: 'tolerated_failures: 1, ', rest }, [1, 2]);
    story.completes('make[0].get', 'a');
    assert.deepEqual(story.inHand(), ['make[1].get', 'use[0].put', 'also[0].log']);
    story.fails('use[0].put').completes('also[0].log').completes('make[1].get', 'b');
    story.completes('use[1].put').completes('also[1].log');
    assert.equal(story.end().status, 'completed');
    assert.equal((plain(story.step('use').output ?? null) as { failed: unknown }).failed, 1);
  });

  test('leaves a short journal: rounds of both loops are folded, and a replay without their events gives the same', () => {
    const items = Array.from({ length: 2 * loopChunk + 10 }, (_, place) => place);
    const story = run({ producer: 'parallel: true, batch_size: 50, ', consumer: 'parallel: true, ' }, items);
    story.atOnce(() => {
      for (let [next] = story.inHand(); next !== undefined; [next] = story.inHand()) story.completes(next, 1);
    });
    assert.equal(story.end().status, 'completed');
    const folds = story.events.filter((event) => event.type === 'loop.folded');
    assert.deepEqual(folds.map(({ step }) => step).sort(), ['make', 'make', 'use', 'use']);
    assert.ok(story.state.steps.size < loopChunk + 100);
  });
});
