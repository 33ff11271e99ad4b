/**
 * Whether a person may do what they ask of a human task. Reads only the state, like all of `admit`.
 *
 * A task that is written to somebody is theirs; an operator may act for anybody. Whoever claimed a task has it alone until
 * it is given back or goes on to the next ones, and an operator must take it away before answering it.
 */

import type { HumanFact } from '../facts.ts';
import type { ExecutionState, HumanTask } from '../state.ts';
import { type Refusal, refuse } from './admit.ts';

export function admitHuman(state: ExecutionState, fact: HumanFact): Refusal | undefined {
  const human = state.steps.get(fact.step)?.human;
  if (!human || human.visit !== fact.visit || human.attempt !== fact.attempt) {
    return refuse('SETTLED', 'the task is over: the execution has gone on without it');
  }
  const { assignees, claimedBy, answer, status } = human;
  if (!fact.isOperator && !isTheirs(human, fact.by)) {
    return refuse('NOT_ASSIGNED', `the task is for ${assignees.join(', ')}, not for ${fact.by}`);
  }
  if (isRepeat(human, fact)) return refuse('REPEATED', 'it was done before');
  if (answer) return refuse('SETTLED', `the task is answered already: ${answer.by} answered it`);
  if (status !== 'open' && status !== 'claimed') return refuse('SETTLED', `the task is ${status}`);
  const isHeldByOther = claimedBy !== undefined && claimedBy !== fact.by;
  if (!isHeldByOther || (fact.type === 'human.unclaimed' && fact.isOperator)) return undefined;
  return refuse('STATE_CONFLICT', `${claimedBy} has claimed the task: it must be given back (unclaim) first`);
}

function isTheirs({ assignees, claimedBy, answer }: HumanTask, person: string): boolean {
  return assignees.length === 0 || assignees.includes(person) || claimedBy === person || answer?.by === person;
}

/** The same once more, by the same person. */
function isRepeat({ status, claimedBy, answer }: HumanTask, fact: HumanFact): boolean {
  switch (fact.type) {
    case 'human.claimed':
      return status === 'claimed' && claimedBy === fact.by;
    case 'human.unclaimed':
      return status === 'open';
    case 'human.answered':
      return fact.id !== undefined && fact.id === answer?.id && fact.by === answer.by;
  }
}
