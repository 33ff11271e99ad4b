/** What stands beside a journal after each of its moves: tasks, wake row, view, slots. They say what the journal says. */

import { serverExecutor } from '../../../src/core/events.ts';
import { earliestDue, pending } from '../../../src/core/pending.ts';
import { type Command, isEnded, statusOf } from '../../../src/core/state.ts';
import { viewOf } from '../../../src/engine/executions/view.ts';
import type { MemoryDisk } from '../../../src/storage/memory/memory-disk.ts';
import type { MoveWrite } from '../../../src/storage/store.ts';
import { claim } from '../violation.ts';
import type { Book } from './book.ts';
import { checkHumanRows } from './check-people.ts';

/** How long work in hand of a process may go without a wake row that is due, in milliseconds. */
const graceMs = 30_000;
/** How far clocks may go back in a run, in milliseconds. */
const jumpMaxMs = 120_000;

export function checkRows(book: Book, disk: MemoryDisk, { at, isAlone }: { at: number; isAlone: boolean }): void {
  checkTasks(book, disk);
  checkHumanRows(book, disk);
  // A node remembers the wake rows it wrote and does not learn that another one moved them: this release has one.
  if (isAlone) checkWake(book, disk, at);
  checkView(book, disk);
}

/** A view that leaves with a move is the whole projection after it. */
export function checkWrittenView(book: Book, write: MoveWrite): void {
  if (!write.view || write.last !== book.shadow.position) return;
  const [actual, expected] = [JSON.stringify(write.view), JSON.stringify(viewOf(book.shadow))];
  claim(actual === expected, 'views', () => `${book.id}: the view is ${actual}, a rebuild gives ${expected}`);
}

function checkTasks({ shadow, id }: Book, disk: MemoryDisk): void {
  const wanted = new Set<string>();
  for (const command of shadow.outstanding.values()) {
    if (command.type === 'dispatch') wanted.add(command.id);
    if (command.type === 'withdraw') wanted.add(command.dispatch);
  }
  const rows = new Set<string>();
  for (const task of disk.tasks.values()) {
    if (task.executionId !== id) continue;
    const attempt = task.taskId.slice(id.length + 1);
    rows.add(attempt);
    claim(wanted.has(attempt), 'rows', () => `${id}: the task ${attempt} has a row and nobody waits for it`);
  }
  for (const command of shadow.outstanding.values()) {
    if (command.type !== 'dispatch' || shadow.paused || !isRemote(shadow, command)) continue;
    claim(rows.has(command.id), 'I7', () => `${id}: ${command.id} is to be done and has no task row`);
  }
}

/** Functions of `inside` may run in the engine's own process, without rows; the server's own steps always do. */
function isRemote(shadow: Book['shadow'], command: Command & { type: 'dispatch' }): boolean {
  const executor = shadow.steps.get(command.step)?.task?.executor;
  return executor !== 'inside' && executor !== serverExecutor;
}

function checkWake({ shadow, id, isFair }: Book, disk: MemoryDisk, at: number): void {
  const wake = disk.wakes.get(id);
  const commands = pending(shadow);
  const isOver = isEnded(shadow) && commands.length === 0;
  if (isOver) return claim(!wake, 'rows', () => `${id} has ended and keeps its wake row`);
  const due = earliestDue(commands);
  const latest = due === undefined ? undefined : Math.max(due, at);
  const inHand = commands.some(
    (command) =>
      command.type === 'continue' ||
      command.type === 'report' ||
      (command.type === 'child' && command.phase !== 'running' && command.phase !== 'ending') ||
      (command.type === 'dispatch' && !hasRow(disk, id, command)),
  );
  // A sweep may have looked ahead from before a clock went back.
  const slackMs = isFair ? 0 : jumpMaxMs;
  const needed = inHand ? Math.min(latest ?? Number.POSITIVE_INFINITY, at + graceMs + slackMs) : latest;
  if (needed === undefined) return;
  claim(wake, 'I7', () => `${id} has something to wake for at ${needed - at} ms and no wake row`);
  claim(wake.dueAt <= needed, 'I7', () => `${id} wakes ${wake.dueAt - needed} ms after it should`);
}

const hasRow = (disk: MemoryDisk, id: string, command: Command): boolean => disk.tasks.has(`${id}/${command.id}`);

function checkView({ shadow, id }: Book, disk: MemoryDisk): void {
  const view = disk.views.get(id);
  claim(view, 'views', () => `${id} has no view`);
  const status = statusOf(shadow);
  claim(view.status === status, 'views', () => `${id} is ${status}, its view says ${view.status}`);
}
