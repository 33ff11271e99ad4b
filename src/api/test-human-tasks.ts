/** The human tasks of the engine for tests: there are none, and every call is written down. */
import type { HumanTaskDesk } from '../engine/engine.ts';
import { Fault } from '../kit/fault.ts';

export function noHumanTasks(called: (name: string, ...given: readonly unknown[]) => void): HumanTaskDesk {
  const missing = (name: string) => async (where: unknown, humanTaskId: string) => {
    called(name, where, humanTaskId);
    throw new Fault('HUMAN_TASK_NOT_FOUND', `there is no human task ${humanTaskId}`);
  };
  return {
    async list(query) {
      called('listHumanTasks', query);
      return { rows: [], hasMore: false };
    },
    get: missing('getHumanTask'),
    claim: missing('claimHumanTask'),
    unclaim: missing('unclaimHumanTask'),
    complete: missing('completeHumanTask'),
  };
}
