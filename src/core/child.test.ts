import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type ChildCommand, childCommandId, type ParentLink } from './child-events.ts';
import type { Outcome } from './events.ts';
import { childDepthMax } from './limits.ts';
import { call, type Story, started } from './make-story.ts';
import { pending } from './pending.ts';

const calling = (more = ''): string => `steps:\n  - {name: sub, type: workflow, workflow: other${more}}`;
const withUndo = `steps:
  - {name: a, ${call}, compensate: {executor: e, function: undo-a}}
  - {name: sub, type: workflow, workflow: other, compensate: {executor: e, function: undo-sub}}`;

const child = (story: Story, of = 'sub#1/1'): ChildCommand | undefined =>
  story.state.outstanding.get(childCommandId(of)) as ChildCommand | undefined;
const phase = (story: Story, of?: string): string | undefined => child(story, of)?.phase;

function begins(story: Story, of = 'sub#1/1'): Story {
  story.when({ type: 'child.started', call: of, execution: 'exec_2', version: '1.0.0' });
  return story;
}

interface End {
  readonly status?: Outcome;
  readonly output?: string;
  readonly code?: string;
  readonly retryable?: false;
  readonly of?: string;
}

const endOf = ({ status = 'completed', output = 'done', code, retryable, of = 'sub#1/1' }: End = {}) => {
  const error =
    code === undefined
      ? {}
      : { error: { code, message: 'it went wrong', ...(retryable === false ? { retryable } : {}) } };
  return { type: 'child.ended', call: of, execution: 'exec_2', status, output, ...error } as const;
};

function ends(story: Story, end: End = {}): Story {
  story.when(endOf(end));
  return story;
}

describe('a step that calls a workflow', () => {
  test('waits for its end, and has its output', () => {
    const story = started(calling(', input: {n: $.input.n}, output: {got: $.response}'), { input: { n: 3 } });
    assert.deepEqual([phase(story), story.step('sub').input, story.end().status], ['starting', { n: 3 }, 'running']);
    begins(story);
    assert.deepEqual([phase(story), story.step('sub').child?.execution], ['running', 'exec_2']);
    assert.deepEqual(ends(story).end(), { status: 'completed', output: { got: 'done' } });
  });

  test('fails as the child did: with its code, its word on retries, and its error as the cause', () => {
    const story = ends(begins(started(calling())), { status: 'failed', code: 'NO_STOCK', retryable: false });
    const { error } = story.step('sub');
    assert.deepEqual([error?.code, error?.retryable, error?.cause?.code], ['NO_STOCK', false, 'NO_STOCK']);
    assert.deepEqual(error?.details, { execution_id: 'exec_2', status: 'failed' });
    assert.equal(story.end().code, 'NO_STOCK');
  });

  test('fails with CHILD_FAILED where the child has no error of its own', () => {
    assert.equal(ends(begins(started(calling())), { status: 'compensated' }).end().code, 'CHILD_FAILED');
  });

  test('fails with CHILD_CANCELLED where somebody cancelled the child', () => {
    const story = ends(begins(started(calling())), { status: 'cancelled', code: 'CANCELLED' });
    assert.deepEqual(story.end(), { status: 'failed', code: 'CHILD_CANCELLED' });
  });

  test('fails where the child cannot be started, and leaves nothing to be cancelled', () => {
    const story = started(calling());
    story.when({ type: 'child.refused', call: 'sub#1/1', error: { code: 'WORKFLOW_NOT_FOUND', message: 'no' } });
    assert.deepEqual([story.end().code, child(story)], ['WORKFLOW_NOT_FOUND', undefined]);
  });

  test('calls a new child with each attempt', () => {
    const story = begins(started(calling(', retry_config: {max_attempts: 2}')));
    ends(story, { status: 'failed', code: 'BUSY' }).fires('retry');
    assert.deepEqual([child(story), phase(story, 'sub#1/2')], [undefined, 'starting']);
    assert.equal(story.step('sub').child?.execution, undefined);
    assert.equal(ends(story, { of: 'sub#1/2' }).end().status, 'completed');
  });

  test('calls a new child when the execution is retried', () => {
    const story = ends(begins(started(calling())), { status: 'failed', code: 'BUSY' });
    story.when({ type: 'retry' });
    assert.equal(phase(story, 'sub#1/2'), 'starting');
  });

  test('takes the end before it has heard of the start', () => {
    const story = ends(started(calling()));
    assert.deepEqual([story.end().status, story.step('sub').child?.execution], ['completed', 'exec_2']);
    const late = { type: 'child.started', call: 'sub#1/1', execution: 'exec_2', version: '1.0.0' } as const;
    assert.notEqual(story.refusal(late), undefined);
  });

  test('calls what stands under its alias', () => {
    const includes = 'includes: [{workflow: real-name, version: 2.0.0, as: other}]\n';
    assert.deepEqual(child(started(includes + calling()))?.target, { workflow: 'real-name', version: '2.0.0' });
  });

  test('fails where too many workflows wait for each other, unless it is detached', () => {
    const parent = (depth: number): ParentLink => ({ executionId: 'x', step: 's', call: 's#1/1', root: 'r', depth });
    assert.equal(phase(started(calling(), { parent: parent(childDepthMax - 1) })), 'starting');
    const deep = started(calling(), { parent: parent(childDepthMax) });
    assert.deepEqual([deep.end().code, child(deep)], ['CHILD_DEPTH_EXCEEDED', undefined]);
    assert.equal(phase(started(calling(', mode: detached'), { parent: parent(childDepthMax) })), 'starting');
  });

  test('starts no child while the execution is paused, and takes the end of one that runs', () => {
    const story = started(`steps:\n  - {name: a, ${call}}\n  - {name: sub, type: workflow, workflow: other}`);
    story.when({ type: 'pause' });
    story.completes('a');
    assert.deepEqual(pending(story.state), []);
    story.when({ type: 'resume' });
    assert.equal(pending(story.state).length, 1);
    begins(story).when({ type: 'pause' });
    assert.equal(ends(story).end().status, 'completed');
  });
});

describe('a detached child', () => {
  test('lets its step complete once it has started', () => {
    const story = begins(started(calling(', mode: detached')));
    assert.deepEqual(story.end(), { status: 'completed', output: { execution_id: 'exec_2' } });
  });

  test('is left alone by a cancelled parent', () => {
    const story = started(calling(', mode: detached'));
    story.when({ type: 'cancel' });
    assert.deepEqual([story.end().status, child(story)], ['cancelled', undefined]);
  });
});

describe('an execution that gives its child up', () => {
  test('because its step ran out of time, fails with TIMEOUT and owes the child a cancellation', () => {
    const story = begins(started(calling(', timeout: 1m'))).fires('timeout');
    assert.deepEqual([story.end(), phase(story)], [{ status: 'failed', code: 'TIMEOUT' }, 'cancelling']);
    assert.deepEqual(pending(story.state), [child(story)]);
    story.when({ type: 'child.told', call: 'sub#1/1' });
    assert.deepEqual(pending(story.state), []);
  });

  test('tries again with another child while the first is being cancelled', () => {
    const story = begins(started(calling(', timeout: 1m, timeout_action: retry, retry_config: {max_attempts: 2}')));
    story.fires('timeout').fires('retry');
    assert.deepEqual([phase(story), phase(story, 'sub#1/2')], ['cancelling', 'starting']);
    story.when({ type: 'child.told', call: 'sub#1/1' });
    assert.equal(phase(story), 'ending');
    ends(story, { status: 'cancelled' });
    assert.deepEqual([child(story), story.step('sub').status], [undefined, 'running']);
  });

  test('because a neighbour failed, owes it the same', () => {
    const story = started(
      `steps: [{name: p, type: parallel, branches: [{name: x, steps: [{name: sub, type: workflow, workflow: other}]}, {name: y, steps: [{name: b, ${call}}]}]}]`,
    );
    begins(story, 'p.x.sub#1/1').fails('p.y.b');
    assert.deepEqual([story.end().status, phase(story, 'p.x.sub#1/1')], ['failed', 'cancelling']);
  });

  test('cancelled, waits for its end even with nothing to undo', () => {
    const story = begins(started(calling()));
    story.when({ type: 'cancel' });
    assert.deepEqual([story.end().status, phase(story)], ['compensating', 'cancelling']);
    story.when({ type: 'child.told', call: 'sub#1/1' });
    ends(story, { status: 'cancelled', code: 'CANCELLED' });
    assert.deepEqual(story.end(), { status: 'cancelled', code: 'CANCELLED' });
    assert.equal(story.step('sub').status, 'cancelled');
  });

  test('compensates after the child has ended, and undoes a child that had completed all the same', () => {
    for (const [status, undone] of [
      ['cancelled', ['a-compensate']],
      ['completed', ['sub-compensate']],
    ] as const) {
      const story = begins(started(withUndo).completes('a'));
      story.when({ type: 'cancel' });
      assert.deepEqual(story.inHand(), []);
      assert.deepEqual(ends(story, { status }).inHand(), undone);
    }
  });

  test('undoes a child that completed after its step had run out of time', () => {
    const rules = 'error_handling: [{condition: $.error.code == "LATE", action: compensate}]\n';
    const steps = `steps:
  - {name: sub, type: workflow, workflow: other, timeout: 1m, timeout_action: ignore, compensate: {executor: e, function: undo}}
  - {name: b, ${call}}`;
    const story = begins(started(rules + steps)).fires('timeout');
    story.fails('b', 'LATE');
    assert.deepEqual([story.end().status, story.inHand()], ['compensating', []]);
    assert.deepEqual(ends(story).inHand(), ['sub-compensate']);
  });

  test('terminated, ends at once and terminates the child too', () => {
    const story = begins(started(withUndo).completes('a'));
    story.when({ type: 'cancel' });
    story.when({ type: 'terminate' });
    assert.deepEqual([story.end().status, phase(story)], ['cancelled', 'terminating']);
  });

  test('leaves it alone where it may outlive its parent, unless the step itself is out of time', () => {
    const abandoning = calling(', on_parent_cancel: abandon, timeout: 1m');
    for (const type of ['cancel', 'terminate'] as const) {
      const story = begins(started(abandoning));
      story.when({ type });
      assert.deepEqual([story.end().status, child(story)], ['cancelled', undefined]);
    }
    assert.equal(phase(begins(started(abandoning)).fires('timeout')), 'cancelling');
  });

  test('takes nothing any more once it has ended', () => {
    const story = begins(started(calling(', timeout: 1m'))).fires('timeout');
    assert.equal(story.refusal(endOf())?.code, 'EXECUTION_ENDED');
    story.when({ type: 'child.told', call: 'sub#1/1' });
    assert.equal(story.refusal(endOf())?.code, 'STALE_ATTEMPT');
  });
});

describe('what a child tells', () => {
  test('is taken once, and known as taken ever after', () => {
    const story = ends(begins(started(`${calling()}\n  - {name: b, ${call}}`)));
    assert.equal(story.refusal(endOf())?.code, 'REPEATED');
    assert.equal(ends(begins(started(calling()))).refusal(endOf())?.code, 'REPEATED');
  });

  test('about a call that its step has gone beyond counts as taken', () => {
    const story = ends(begins(started(calling(', retry_config: {max_attempts: 2}'))), {
      status: 'failed',
      code: 'BUSY',
    });
    story.fires('retry');
    assert.equal(story.refusal(endOf())?.code, 'REPEATED');
  });

  test('that a cancellation reached it counts only where there is one', () => {
    const story = started(calling());
    assert.equal(story.refusal({ type: 'child.told', call: 'sub#1/1' })?.code, 'SETTLED');
  });
});

describe('a child', () => {
  const parent: ParentLink = { executionId: 'exec_0', step: 'sub', call: 'sub#1/1', root: 'exec_0', depth: 1 };
  const failed = (): Story => started(`steps: [{name: a, ${call}}]`, { parent }).fails('a');
  const owed = (story: Story): readonly string[] => pending(story.state).map(({ id }) => id);

  test('owes its parent the news of its end', () => {
    assert.deepEqual(owed(failed()), ['report']);
  });

  test('owes nobody anything where it is detached or was started by a user', () => {
    const detached = started(`steps: [{name: a, ${call}}]`, { parent: { ...parent, isDetached: true } });
    assert.deepEqual(owed(detached.fails('a')), []);
    assert.deepEqual(owed(started(`steps: [{name: a, ${call}}]`).fails('a')), []);
  });

  test('cannot be retried while its parent is being told, nor once it took the result', () => {
    const story = failed();
    assert.match(story.refusal({ type: 'retry' })?.message ?? '', /is being told of its end/);
    story.when({ type: 'reported', isTaken: true });
    assert.deepEqual([owed(story), story.refusal({ type: 'retry' })?.code], [[], 'STATE_CONFLICT']);
    assert.match(story.refusal({ type: 'retry' })?.message ?? '', /exec_0 took its result/);
  });

  test('that nobody waits for any more can be retried, and heeds its parent no longer', () => {
    const story = failed();
    story.when({ type: 'reported', isTaken: false });
    story.when({ type: 'retry' });
    assert.equal(story.refusal({ type: 'cancel', isFromParent: true })?.code, 'SETTLED');
    assert.equal(story.refusal({ type: 'terminate', isFromParent: true })?.code, 'SETTLED');
    assert.equal(story.refusal({ type: 'cancel' }), undefined);
    assert.deepEqual(owed(story.completes('a')), []);
  });

  test('that was cancelled before it began runs nothing', () => {
    const story = started(`steps: [{name: a, ${call}}]`, { parent, stillborn: 'too late' });
    assert.deepEqual([story.end(), owed(story)], [{ status: 'cancelled', code: 'CANCELLED' }, ['report']]);
    assert.deepEqual(story.statuses(), {});
  });
});
