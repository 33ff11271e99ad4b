import assert from 'node:assert/strict';
import { test } from 'node:test';
import { call, started } from './make-story.ts';

test('a graph that a rule led past a failed step ends when nothing in it can begin any more', () => {
  const story = started(`steps:
- {name: a, ${call}}
- {name: b, ${call}, depends_on: a}
- {name: c, ${call}}
error_handling:
- {condition: '$.error.code == "E1"', action: {type: goto, step: c}}`);
  story.completes('c').fails('a', 'E1');
  story.completes('c');
  assert.equal(story.end().status, 'completed');
  assert.deepEqual(story.statuses(), { a: 'failed', c: 'completed' });
});

test('what waits for a completed step begins also where a rule led the flow from that step to another one', () => {
  for (const target of ['c', 'd']) {
    const story = started(`steps:
- {name: a, ${call}}
- {name: b, ${call}, depends_on: a}
- {name: c, ${call}}
- {name: d, ${call}, depends_on: c}
error_handling:
- {condition: '$.a.go', action: {type: goto, step: ${target}}}`);
    story.completes('a', { go: true });
    for (let [next] = story.inHand(); next !== undefined; [next] = story.inHand()) story.completes(next);
    assert.equal(story.end().status, 'completed', target);
    assert.equal(story.statuses()['b'], 'completed', target);
  }
});

test('a step with dependencies that compensation names is a handler and is not begun by them', () => {
  const story = started(`steps:
- {name: a, ${call}}
- {name: b, ${call}, depends_on: a}
- {name: undo, ${call}, depends_on: a}
error_handling:
  rules: [{condition: '$.error != null', action: compensate}]
  compensation: [undo]`);
  story.completes('a').completes('b');
  assert.equal(story.end().status, 'completed');
  assert.deepEqual(Object.keys(story.statuses()), ['a', 'b']);
});

test('a step that a retry takes up again begins once, also where a rule leads the flow to it in the same move', () => {
  const story = started(`steps:
- {name: a, type: fail, code: E1}
- {name: b, ${call}, depends_on: c}
- {name: c, ${call}}
error_handling:
- {condition: '$.error.code == "E1"', action: {type: goto, step: b}}`);
  story.completes('c').fails('b', 'E2');
  assert.equal(story.end().status, 'failed');
  story.when({ type: 'retry' });
  assert.deepEqual(story.inHand(), ['b']);
  assert.deepEqual([story.step('b').visit, story.step('b').attempt], [1, 2]);
  assert.equal(story.completes('b').end().status, 'completed');
});

test('what a goto out of a branch cuts off in the hands of an executor may have to be undone', () => {
  const story = started(`steps:
- {name: a, ${call}, compensate: {name: undo-a, ${call}}}
- {name: both, type: parallel, branches: [{name: x, steps: [{name: b, ${call}}]}]}
- {name: c, ${call}, depends_on: [a, both]}
error_handling:
- {condition: '$.b.status == "failed"', action: {type: goto, step: c}}`);
  story.fails('both.x.b');
  assert.deepEqual(story.inHand(), ['c']);
  story.when({ type: 'cancel' });
  story.when({ type: 'task.withdrawn', step: 'c', visit: 1, attempt: 1, outcome: 'untouched' });
  assert.deepEqual(story.inHand(), ['undo-a']);
});
