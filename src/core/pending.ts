/** Every command of an execution that still waits for its answer. Recovery and hand-over read this and nothing else. */
import { type Command, type ExecutionState, isEnded } from './state.ts';

/**
 * Paused, nothing is handed out and no timer fires but the execution's own deadline; what is in an executor's hands
 * stays there.
 */
export function pending(state: ExecutionState): readonly Command[] {
  if (isEnded(state)) return [];
  const commands = [...state.outstanding.values()];
  return state.paused
    ? commands.filter((command) => command.id === 'deadline' || command.type === 'withdraw')
    : commands;
}

/** The earliest time at which a timer among these is due, in milliseconds since the epoch. */
export function earliestDue(commands: Iterable<Command>): number | undefined {
  let earliest: number | undefined;
  for (const command of commands) {
    if (command.type === 'timer' && (earliest === undefined || command.dueAt < earliest)) earliest = command.dueAt;
  }
  return earliest;
}
