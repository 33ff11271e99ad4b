/**
 * Whether a child may go: not while its parent may still ask for it. As long as the parent's call is outstanding it may
 * start the child again, ask it to end, or ask what came of it; a start would then find nothing and run it anew. A call
 * that is settled never opens again: the next attempt calls another child.
 */
import { childCommandId } from '../../core/child-events.ts';
import type { Journal } from '../../storage/journal.ts';
import type { EndedView } from '../../storage/views.ts';
import { replay } from '../moves/live.ts';

export async function mayGo(journal: Journal, { executionId, parent }: EndedView): Promise<boolean> {
  if (parent === null) return true;
  const { state: above } = await replay(journal, parent);
  if (above.position === 0) return true;
  const { state } = await replay(journal, executionId);
  return state.parent !== undefined && !above.outstanding.has(childCommandId(state.parent.call));
}
