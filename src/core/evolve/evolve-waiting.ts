/** The part of `evolve` that records what a step waits for and takes. Same promises: total, no rules, constant cost. */
import type { StepCompleted, Waits } from '../events.ts';
import type { ExecutionState, StepState } from '../state.ts';
import { askHuman } from './evolve-human.ts';

export function recordWaits(state: ExecutionState, step: StepState, given: { waits: Waits; at: number }): void {
  const { dueAt, signal, awaits, human } = given.waits;
  step.dueAt = dueAt;
  step.signal = signal ?? step.signal;
  step.awaits = awaits ?? step.awaits;
  if (human) askHuman(state, step, { asked: human, at: given.at });
}

/** Signals that a step has taken are in the mailbox no more. */
export function forgetTaken(state: ExecutionState, { signal, signals = [] }: StepCompleted): void {
  const taken = new Set(signal === undefined ? signals : [signal, ...signals]);
  state.signals = state.signals.filter(({ id }) => !taken.has(id));
}
