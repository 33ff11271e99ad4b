/** Every command of an execution that still waits for its answer. Recovery and hand-over read this and nothing else. */
import type { Command, ExecutionState } from './state.ts';

/**
 * Paused, nothing is handed out and no timer fires but the execution's own deadline; what is in an executor's hands
 * stays there.
 */
export function pending(state: ExecutionState): readonly Command[] {
  const commands = [...state.outstanding.values()];
  return state.paused ? commands.filter((command) => !isHeld(state, command)) : commands;
}

/** A pause keeps it back. */
export function isHeld(state: ExecutionState, command: Command): boolean {
  if (!state.paused || command.id === 'deadline' || command.type === 'withdraw') return false;
  // No child is started, but one that nobody wants any more is told so.
  return command.type !== 'child' || command.phase === 'starting';
}

/** The earliest time at which a timer among these is due, in milliseconds since the epoch. */
export function earliestDue(commands: Iterable<Command>): number | undefined {
  let earliest: number | undefined;
  for (const command of commands) {
    if (command.type === 'timer' && (earliest === undefined || command.dueAt < earliest)) earliest = command.dueAt;
  }
  return earliest;
}
