/** Whether an execution that ends is a dead letter: one that somebody should look at, and may replay. */
import type { StepError } from './errors.ts';
import type { ExecutionClosed } from './events.ts';
import type { Turn } from './turn.ts';

/**
 * `rule`: the action `dead_letter` ended it. `poison`: an attempt was handed out too often without an answer. `policy`:
 * it failed, and `error_handling.dead_letter` asks for all of those.
 */
export type DeadLetterReason = 'rule' | 'poison' | 'policy';

/**
 * Only what can go on from its failed step is one by itself: not what was compensated, and not a child whose parent takes
 * the failure as its own step's.
 */
export function deadLetterOf(
  { state, program }: Turn,
  { status, error, deadLetter }: Omit<ExecutionClosed, 'type'>,
): Pick<ExecutionClosed, 'deadLetter' | 'deadLetterReason'> {
  if (deadLetter) return { deadLetter, deadLetterReason: 'rule' };
  const isAwaited = state.parent !== undefined && !state.parent.isDetached;
  if (status !== 'failed' || state.compensation || isAwaited) return {};
  if (isPoison(error)) return { deadLetter: true, deadLetterReason: 'poison' };
  return program.definition.errorHandling?.deadLetter ? { deadLetter: true, deadLetterReason: 'policy' } : {};
}

function isPoison(error: StepError | undefined): boolean {
  for (let each = error; each; each = each.cause) if (each.code === 'DELIVERIES_EXHAUSTED') return true;
  return false;
}
