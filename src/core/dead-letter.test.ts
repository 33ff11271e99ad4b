import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { deliveriesMax } from './limits.ts';
import { call, type Story, started } from './make-story.ts';

const lost = (story: Story): Story => {
  for (let count = 0; count < deliveriesMax; count += 1)
    story.when({ type: 'task.lost', step: 'a', visit: 1, attempt: 1 });
  return story;
};
const reasonOf = ({ state }: Story) => state.deadLetter && state.deadLetterReason;

describe('an execution is a dead letter', () => {
  test('that a rule sends there', () => {
    const story = started(`steps: [{name: a, ${call}}]\nerror_handling: [{condition: "true", action: dead_letter}]`);
    assert.equal(reasonOf(story.fails('a')), 'rule');
  });

  test('whose attempt was handed out too often without an answer', () => {
    assert.equal(reasonOf(lost(started(`steps: [{name: a, ${call}}]`))), 'poison');
  });

  test('that fails where the workflow asks for all that do', () => {
    const spec = `steps: [{name: a, ${call}}]\nerror_handling: {dead_letter: {owner: payments}}`;
    assert.equal(reasonOf(started(spec).fails('a')), 'policy');
    assert.equal(reasonOf(started(spec).completes('a', 1)), false);
    const stopped = started(spec);
    stopped.when({ type: 'terminate' });
    assert.equal(reasonOf(stopped), false, 'whoever ends it knows');
  });

  test('not by itself', () => {
    assert.equal(reasonOf(started(`steps: [{name: a, ${call}}]`).fails('a')), false);
    const handled = `steps: [{name: a, ${call}, on_failure: b}, {name: b, ${call}}]`;
    assert.equal(reasonOf(lost(started(handled))), false, 'its own flow goes on from the poison');
  });

  test('until it is retried or discarded, once', () => {
    const spec = `steps: [{name: a, ${call}}]\nerror_handling: {dead_letter: {}}`;
    const retried = started(spec).fails('a');
    retried.when({ type: 'retry' });
    assert.equal(reasonOf(retried), false);
    const discarded = started(spec).fails('a');
    discarded.when({ type: 'discard', by: 'ada' });
    assert.deepEqual(
      [reasonOf(discarded), discarded.end().status, discarded.events.at(-1)],
      [false, 'failed', { type: 'execution.dead_letter_discarded', by: 'ada' }],
    );
    assert.equal(discarded.refusal({ type: 'discard', by: 'ada' })?.code, 'STATE_CONFLICT');
    assert.equal(started(spec).refusal({ type: 'discard', by: 'ada' })?.code, 'STATE_CONFLICT');
  });
});
