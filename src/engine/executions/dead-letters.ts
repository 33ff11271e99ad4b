/**
 * Dead letters: executions that ended where nobody could go on, until somebody replays or discards them.
 *
 * What is one stands in the execution's own journal; the list is read from the views. A replay is a retry: it goes on from
 * the failed step. Both are asked of the execution itself, so that of two people who act at once one is told.
 */
import { Fault } from '../../kit/fault.ts';
import type { Store } from '../../storage/store.ts';
import type { DeadLetterFilter, StoredView, ViewPage, ViewQuery } from '../../storage/views.ts';
import type { Executions } from '../engine.ts';

export interface DeadLetterDesk {
  /** Newest first, by the creation of the executions. */
  list(query: DeadLetterQuery): Promise<ViewPage>;
  /** This and the calls below reject with DEAD_LETTER_NOT_FOUND. */
  get(workspace: string, executionId: string): Promise<StoredView>;
  /** Goes on from the step that failed. Rejects with STATE_CONFLICT where it cannot. */
  replay(workspace: string, executionId: string): Promise<StoredView>;
  /** It stays as it ended and is no dead letter any more. */
  discard(workspace: string, executionId: string, by: string): Promise<StoredView>;
}

export interface DeadLetterQuery extends Pick<ViewQuery, 'workspace' | 'workflow' | 'after' | 'limit'> {
  readonly filter: DeadLetterFilter;
}

export interface DeadLettersDeps {
  readonly store: Pick<Store, 'views'>;
  readonly executions: Pick<Executions, 'operate'>;
}

export function openDeadLetters({ store, executions }: DeadLettersDeps): DeadLetterDesk {
  async function find(workspace: string, executionId: string): Promise<StoredView> {
    const found = await store.views.find(workspace, executionId);
    if (found?.deadLetter) return found;
    throw notFound(executionId);
  }

  async function operate(letter: StoredView, operation: Parameters<Executions['operate']>[2]): Promise<StoredView> {
    const { workspace, executionId } = letter;
    await executions.operate(workspace, executionId, operation);
    return (await store.views.find(workspace, executionId)) ?? letter;
  }

  return {
    list: ({ filter, ...query }) => store.views.list({ ...query, deadLetters: filter }),
    get: find,
    replay: async (workspace, executionId) => operate(await find(workspace, executionId), { type: 'retry' }),
    discard: async (workspace, executionId, by) => operate(await find(workspace, executionId), { type: 'discard', by }),
  };
}

const notFound = (executionId: string): Fault =>
  new Fault('DEAD_LETTER_NOT_FOUND', `there is no dead letter ${executionId}; list them with "dead-letters list"`);
