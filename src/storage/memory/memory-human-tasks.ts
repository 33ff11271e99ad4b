/** What people are asked, read from a disk. */
import { type HumanTaskQuery, type HumanTasks, peopleOf, type StoredHumanTask } from '../human-tasks.ts';
import type { DiskInUse } from './memory-disk.ts';

export function openMemoryHumanTasks(use: DiskInUse): HumanTasks {
  return {
    async find(workspace, humanTaskId) {
      const row = use().humanTasks.get(humanTaskId);
      return row?.workspace === workspace ? row : undefined;
    },
    async list(query) {
      const { after, limit } = query;
      const matching = [...use().humanTasks.values()].filter((row) => matches(row, query)).sort(newestFirst);
      const left = after ? matching.filter((row) => newestFirst(after, row) < 0) : matching;
      return { rows: left.slice(0, limit), hasMore: left.length > limit };
    },
  };
}

function matches(row: StoredHumanTask, { workspace, status, people, workflow }: HumanTaskQuery): boolean {
  return (
    row.workspace === workspace &&
    status.includes(row.status) &&
    (people === undefined || peopleOf(row).some((person) => people.includes(person))) &&
    (workflow === undefined || row.workflow === workflow)
  );
}

type Place = Pick<StoredHumanTask, 'createdAt' | 'humanTaskId'>;

function newestFirst(a: Place, b: Place): number {
  return b.createdAt - a.createdAt || (a.humanTaskId > b.humanTaskId ? -1 : 1);
}
