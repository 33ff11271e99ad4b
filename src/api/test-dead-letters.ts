/** The dead letters of the engine for tests: there are none, and every call is written down. */
import type { DeadLetterDesk } from '../engine/executions/dead-letters.ts';
import { Fault } from '../kit/fault.ts';

export function noDeadLetters(called: (name: string, ...given: readonly unknown[]) => void): DeadLetterDesk {
  const missing = (name: string) => async (workspace: string, executionId: string) => {
    called(name, workspace, executionId);
    throw new Fault('DEAD_LETTER_NOT_FOUND', `there is no dead letter ${executionId}`);
  };
  return {
    async list(query) {
      called('listDeadLetters', query);
      return { rows: [], hasMore: false, total: undefined };
    },
    get: missing('getDeadLetter'),
    replay: missing('replayDeadLetter'),
    discard: missing('discardDeadLetter'),
  };
}
