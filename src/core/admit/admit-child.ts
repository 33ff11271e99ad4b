/** Whether what another execution tells may move this one: each thing once, and only while it is wanted. */

import { type ChildCommand, type ChildFact, childCommandId, isAwaited, isUndelivered } from '../child-events.ts';
import { attemptId, type ExecutionState, isEnded } from '../state.ts';
import type { Refusal } from './admit.ts';

export function admitChild(state: ExecutionState, fact: ChildFact): Refusal | undefined {
  if (fact.type === 'reported') {
    return state.outstanding.has('report') ? undefined : { code: 'SETTLED', message: 'the parent was told before' };
  }
  const command = state.outstanding.get(childCommandId(fact.call));
  if (command?.type !== 'child') return refuseSettled(state, fact.call);
  if (fact.type === 'child.ended' && isEnded(state)) {
    return { code: 'EXECUTION_ENDED', message: `the parent ${state.id} has ended (${state.status})` };
  }
  return isExpected(command, fact.type) ? undefined : { code: 'SETTLED', message: `${fact.call} has gone on` };
}

function isExpected(command: ChildCommand, type: ChildFact['type']): boolean {
  switch (type) {
    case 'child.started':
    case 'child.refused':
      return command.phase === 'starting';
    case 'child.told':
      return !isAwaited(command) && isUndelivered(command);
    default:
      return true;
  }
}

/**
 * `REPEATED`: the end of that child was taken. Of a call that its step has gone beyond this is not remembered and is
 * assumed, for a result must not be taken by a parent and then be made anew.
 */
function refuseSettled(state: ExecutionState, call: string): Refusal {
  const step = state.steps.get(call.slice(0, call.lastIndexOf('#')));
  const isNewest = step?.child !== undefined && attemptId(step) === call;
  if (isNewest && !step.child?.hasEnded) return { code: 'STALE_ATTEMPT', message: `${call} is not waited for` };
  return { code: 'REPEATED', message: `the end of ${call} was taken before` };
}

/** `retry` of a child: only where its parent did not take the result, and knows. */
export function admitRetryOfChild({ parent, isReportTaken }: ExecutionState): Refusal | undefined {
  if (!parent || parent.isDetached || isReportTaken === false) return undefined;
  const message = isReportTaken
    ? `its parent ${parent.executionId} took its result: retry the parent, or start a new execution`
    : `its parent ${parent.executionId} is being told of its end: ask again in a moment`;
  return { code: 'STATE_CONFLICT', message };
}

/** A parent's word counts until the child has told it of its end; after that the child is on its own. */
export function admitParentsWord(state: ExecutionState): Refusal | undefined {
  const isOnItsOwn = !isEnded(state) && state.isReportTaken !== undefined;
  return isOnItsOwn ? { code: 'SETTLED', message: 'its parent does not wait for it any more' } : undefined;
}
