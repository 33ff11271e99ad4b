/**
 * What the limits of a step ask of an attempt before it may leave: a slot under a key, a draw of a rate.
 *
 * The keys are taken when the step is scheduled and stand in its event. The attempt then waits for a permit, which is a
 * command like any other; the move that takes slot and draw says `step.permitted`, and only then there is something to
 * hand out. A slot is held by its attempt until that is settled. A delivery is a call: an attempt that goes out again
 * keeps its slot and draws its rate anew.
 */
import type { Scope } from '../expression/expression.ts';
import { attemptId, type Command, type ExecutionState, type StepState } from './state.ts';

export interface TaskLimits {
  readonly slot?: { readonly key: string; readonly limit: number; readonly onLimit?: 'reject' };
  readonly rate?: { readonly key: string; readonly limit: number; readonly perMs: number };
}

/** Waits until its limits let it through. */
export interface PermitCommand {
  readonly type: 'permit';
  readonly id: string;
  /** What will hold the slot: an attempt, or with an empty name the execution. */
  readonly holder: string;
  readonly step: string;
  /** The key that it waits in line for. */
  readonly key: string;
  /** The key of a slot that it has already. */
  readonly slot?: string;
}

/** Somebody who waits no longer, or whose slot is over. */
export interface LimitLeft {
  readonly holder: string;
  readonly key: string;
  readonly was: 'waiting' | 'holding';
}

export type LimitsOf = (scope: Scope) => TaskLimits;

export const permitId = (holder: string): string => `permit:${holder}`;

export function openPermit(state: ExecutionState, step: StepState, { slot, rate }: TaskLimits): void {
  const holder = attemptId(step);
  const key = slot?.key ?? rate?.key ?? '';
  open(state, { type: 'permit', id: permitId(holder), holder, step: step.path, key });
}

/** The attempt may leave, and holds its slot. */
export function recordPermitted(state: ExecutionState, step: StepState, at: number): void {
  const id = attemptId(step);
  leaveLimits(state, { id: permitId(id), keepsSlot: true });
  step.status = 'running';
  step.startedAt = at;
  const slot = step.task?.limits?.slot?.key;
  const { path, visit, attempt } = step;
  open(state, { type: 'dispatch', id, step: path, visit, attempt, ...(slot === undefined ? {} : { slot }) });
}

/**
 * It goes out again: the row of its task is taken back until the rate lets it. It waits in the line of the rate: in that of
 * its slot those would be before it who wait for that very slot.
 */
export function openRedelivery(state: ExecutionState, step: StepState, { slot, rate }: TaskLimits): void {
  const holder = attemptId(step);
  state.outstanding.delete(holder);
  state.settled.push(holder);
  const kept = slot ? { slot: slot.key } : {};
  open(state, { type: 'permit', id: permitId(holder), holder, step: step.path, key: rate?.key ?? '', ...kept });
}

/** Settles a command that may wait in line or hold a slot, and notes what it leaves. */
export function leaveLimits(state: ExecutionState, { id, keepsSlot }: { id: string; keepsSlot?: true }): void {
  const command = state.outstanding.get(id);
  if (command === undefined) return;
  state.outstanding.delete(id);
  noteLeft(state, command, keepsSlot);
}

export function noteLeft(state: ExecutionState, command: Command, keepsSlot?: true): void {
  if (command.type !== 'permit' && command.type !== 'dispatch' && command.type !== 'withdraw') return;
  const isWaiting = command.type === 'permit';
  if (!isWaiting && command.slot === undefined) return;
  const holder = isWaiting ? command.holder : command.type === 'dispatch' ? command.id : command.dispatch;
  state.limitsLeft ??= [];
  if (isWaiting) state.limitsLeft.push({ holder, key: command.key, was: 'waiting' });
  if (command.slot !== undefined && keepsSlot === undefined) {
    state.limitsLeft.push({ holder, key: command.slot, was: 'holding' });
  }
}

function open(state: ExecutionState, command: Command): void {
  state.outstanding.set(command.id, command);
  state.opened.push(command);
}

/** The execution stands in line for its workflow's limit. */
export function openTurn(state: ExecutionState, key: string): void {
  open(state, { type: 'permit', id: permitId(''), holder: '', step: '', key });
}

/** It runs no longer, and its workflow's slot is free. */
export function leaveTurn(state: ExecutionState): void {
  if (!state.turn?.isHeld) return;
  state.turn = { ...state.turn, isHeld: false };
  state.limitsLeft ??= [];
  state.limitsLeft.push({ holder: '', key: state.turn.key, was: 'holding' });
}
