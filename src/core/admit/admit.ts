/**
 * Whether a fact may move an execution at all. Reads only the state: what a settled attempt, a fired timer or an
 * ended execution still sends is refused here, before anything is decided.
 */

import type { ChildFact } from '../child-events.ts';
import type { AttemptFact, Fact, HumanFact } from '../facts.ts';
import { signalsKeptMax } from '../limits.ts';
import { type ExecutionState, isEnded } from '../state.ts';
import { permitId } from '../task-limits.ts';
import { admitChild, admitParentsWord, admitRetryOfChild } from './admit-child.ts';
import { admitHuman } from './admit-human.ts';

export interface Refusal {
  readonly code:
    | 'EXECUTION_GONE'
    | 'ALREADY_STARTED'
    | 'EXECUTION_ENDED'
    | 'STALE_ATTEMPT'
    | 'SETTLED'
    | 'REPEATED'
    | 'LIMIT_EXCEEDED'
    | 'STATE_CONFLICT'
    | 'NOT_ASSIGNED';
  readonly message: string;
}

export const refuse = (code: Refusal['code'], message: string): Refusal => ({ code, message });

export function admit(state: ExecutionState, fact: Fact): Refusal | undefined {
  if (state.position === 0) {
    return fact.type === 'start'
      ? undefined
      : refuse('EXECUTION_GONE', `execution ${state.id} does not exist any more`);
  }
  if (fact.type === 'start') return refuse('ALREADY_STARTED', `execution ${state.id} has been started before`);
  if ('asked' in fact && fact.asked && state.signalIds.includes(fact.asked.id)) {
    return refuse('REPEATED', `${fact.asked.id} has done it before`);
  }
  if (fact.type === 'retry') return admitRetry(state);
  if (fact.type === 'discard') {
    return state.deadLetter ? undefined : refuse('STATE_CONFLICT', `execution ${state.id} is no dead letter`);
  }
  if (fact.type.startsWith('child.') || fact.type === 'reported') return admitChild(state, fact as ChildFact);
  if (isHuman(fact)) return admitHuman(state, fact);
  // A repeat is one whatever came of the first.
  if (fact.type === 'signal' && state.signalIds.includes(fact.id)) {
    return refuse('REPEATED', `signal ${fact.id} was received before`);
  }
  if (isEnded(state)) return refuse('EXECUTION_ENDED', `execution ${state.id} has ended (${state.status})`);
  return admitOpen(state, fact);
}

const isHuman = (fact: Fact): fact is HumanFact => fact.type.startsWith('human.');

function admitOpen(state: ExecutionState, fact: Fact): Refusal | undefined {
  switch (fact.type) {
    case 'task.completed':
    case 'task.failed':
    case 'task.timed_out':
    case 'task.lost':
    case 'task.withdrawn':
      return admitAttempt(state, fact);
    case 'timer':
    case 'continue':
    case 'permitted':
      return state.outstanding.has(fact.id) ? undefined : refuse('SETTLED', `${fact.id} is settled`);
    case 'admitted':
      return state.outstanding.has('admission') ? undefined : refuse('SETTLED', 'it waits for no admission');
    case 'signal':
      return admitSignal(state);
    case 'pause':
      return admitPause(state);
    case 'resume':
      return state.paused ? undefined : refuse('STATE_CONFLICT', 'only a paused execution can be resumed');
    case 'terminate':
      return fact.isFromParent && admitParentsWord(state);
    case 'cancel':
      if (fact.isFromParent && admitParentsWord(state)) return admitParentsWord(state);
      return state.closing ? refuse('STATE_CONFLICT', 'the execution is ending already') : undefined;
    default:
      return undefined;
  }
}

function admitAttempt(state: ExecutionState, fact: AttemptFact): Refusal | undefined {
  const id = `${fact.step}#${fact.visit}/${fact.attempt}`;
  if (state.outstanding.has(id) || state.outstanding.has(`withdraw:${id}`)) return undefined;
  // It may be answered, or refused, before it has its permit.
  const needsNoCall = fact.type === 'task.failed' || (fact.type === 'task.completed' && fact.cached);
  if (needsNoCall && state.outstanding.has(permitId(id))) return undefined;
  return refuse('STALE_ATTEMPT', `${id} is settled or superseded`);
}

function admitSignal(state: ExecutionState): Refusal | undefined {
  if (state.signals.length < signalsKeptMax) return undefined;
  return refuse('LIMIT_EXCEEDED', `the execution keeps ${signalsKeptMax} signals that no step has taken yet`);
}

function admitPause(state: ExecutionState): Refusal | undefined {
  if (state.paused) return refuse('STATE_CONFLICT', 'the execution is paused already');
  if (state.status === 'running') return undefined;
  return refuse('STATE_CONFLICT', `an execution that is ${state.status} cannot be paused`);
}

function admitRetry(state: ExecutionState): Refusal | undefined {
  if (state.compensation) return refuse('STATE_CONFLICT', 'its steps were compensated: start a new execution instead');
  if (['failed', 'timed_out', 'cancelled'].includes(state.status)) return admitRetryOfChild(state);
  return refuse(
    'STATE_CONFLICT',
    `only a failed, timed_out or cancelled execution can be retried; this is ${state.status}`,
  );
}
