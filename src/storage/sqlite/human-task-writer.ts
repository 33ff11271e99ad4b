/** Writes what people are asked: one row a task, and one for each of the people whose it is. */
import type { DatabaseSync } from 'node:sqlite';
import { peopleOf } from '../human-tasks.ts';
import type { HumanTaskRow, MoveWrite } from '../store.ts';

type Asking = Pick<MoveWrite, 'executionId' | 'workspace' | 'humanTasks'>;

const putTask = `
  INSERT INTO human_tasks VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
  ON CONFLICT DO UPDATE SET execution_id = excluded.execution_id, workspace = excluded.workspace,
    position = excluded.position, workflow = excluded.workflow, status = excluded.status,
    created_at = excluded.created_at, content = excluded.content
  WHERE position < excluded.position`;

const addPerson = 'INSERT INTO human_task_people VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT DO NOTHING';

export function prepareHumanTaskWriter(database: DatabaseSync): (move: Asking) => void {
  const taskPut = database.prepare(putTask);
  const peopleRemoved = database.prepare('DELETE FROM human_task_people WHERE human_task_id = ?1');
  const personAdded = database.prepare(addPerson);

  function write({ executionId, workspace }: Asking, row: HumanTaskRow): void {
    const { humanTaskId, position, workflow, status, createdAt } = row;
    const columns = [humanTaskId, executionId, workspace, position, workflow, status, createdAt] as const;
    if (taskPut.run(...columns, JSON.stringify(row)).changes === 0) return;
    peopleRemoved.run(humanTaskId);
    for (const person of peopleOf(row)) personAdded.run(workspace, person, status, createdAt, humanTaskId, workflow);
  }

  return (move) => {
    for (const row of move.humanTasks ?? []) write(move, row);
  };
}
