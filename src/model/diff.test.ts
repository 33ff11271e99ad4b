import assert from 'node:assert/strict';
import { test } from 'node:test';
import { canonicalDefinition } from './canonical.ts';
import type { Definition, Step } from './definition.ts';
import { type Change, diffDefinitions } from './diff.ts';

const step = (name: string, more: object = {}): Step => ({
  name,
  type: 'function',
  handler: false,
  executor: 'e',
  function: 'f',
  ...more,
});
const flow = (...steps: readonly Step[]) => ({ flow: 'sequence', steps }) as const;
const make = (steps: readonly Step[], more: object = {}): Definition => ({
  name: 'shop',
  version: '1.0.0',
  steps: flow(...steps),
  ...more,
});
const changes = (before: Definition, after: Definition): readonly Change[] => diffDefinitions(before, after);

test('equal definitions differ in nothing, whatever the order of their members', () => {
  const definition = make([step('a')], { owner: 'me', tags: ['x'] });
  assert.deepEqual(changes(definition, JSON.parse(canonicalDefinition(definition)) as Definition), []);
});

test('a step put in front changes no other', () => {
  assert.deepEqual(changes(make([step('a')]), make([step('new'), step('a')])), [
    { path: '/steps/new', kind: 'added', after: step('new') },
  ]);
});

test('a change inside a step is told by the name of the step', () => {
  assert.deepEqual(changes(make([step('a'), step('b')]), make([step('b', { timeout: 5 }), step('c')])), [
    { path: '/steps/a', kind: 'removed', before: step('a') },
    { path: '/steps/b/timeout', kind: 'added', after: 5 },
    { path: '/steps/c', kind: 'added', after: step('c') },
  ]);
});

test('a new order is told once, with the names', () => {
  assert.deepEqual(changes(make([step('a'), step('b')]), make([step('b'), step('a')])), [
    { path: '/steps', kind: 'changed', before: ['a', 'b'], after: ['b', 'a'] },
  ]);
});

test('a list that becomes a graph is told, and members that came, went or changed', () => {
  const before = make([step('a')], { owner: 'me', timeout: 1, tags: ['x'] });
  const after = {
    ...make([step('a')], { timeout: 2, tags: ['x', 'y'], priority: null }),
    steps: { ...flow(step('a')), flow: 'graph' },
  } as Definition;
  assert.deepEqual(changes(before, after), [
    { path: '/owner', kind: 'removed', before: 'me' },
    { path: '/priority', kind: 'added', after: null },
    { path: '/steps', kind: 'changed', before: 'sequence', after: 'graph' },
    { path: '/tags', kind: 'changed', before: ['x'], after: ['x', 'y'] },
    { path: '/timeout', kind: 'changed', before: 1, after: 2 },
  ]);
});

test('branches are compared by name, and steps inside them too', () => {
  const fan = (...branches: readonly object[]): Step =>
    ({ ...step('fan'), type: 'parallel', branches, failFast: true, waitFor: 'all' }) as unknown as Step;
  const before = make([fan({ name: 'x', list: flow(step('a')) })]);
  const after = make([
    fan({ name: 'y', list: flow(step('c')) }, { name: 'x', list: flow(step('a', { function: 'g' })) }),
  ]);
  assert.deepEqual(
    changes(before, after).map((change) => [change.path, change.kind]),
    [
      ['/steps/fan/branches/x/list/a/function', 'changed'],
      ['/steps/fan/branches/y', 'added'],
    ],
  );
});
