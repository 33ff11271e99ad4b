/** A decided move as the one write that makes it durable: its record and every row that leaves with it. */

import { isUndelivered } from '../../core/child-events.ts';
import type { ExecutionEvent } from '../../core/events.ts';
import type { Changes } from '../../core/outstanding.ts';
import { pending } from '../../core/pending.ts';
import { type Command, type ExecutionState, isEnded, statusOf } from '../../core/state.ts';
import type { HumanTaskRow, MoveWrite, NewTask } from '../../storage/store.ts';
import type { Lease } from '../../storage/tasks.ts';
import { limitRows } from '../concurrency/limit-rows.ts';
import { viewOf } from '../executions/view.ts';
import { humanTaskRow } from '../human-tasks/human-task-row.ts';
import { handOverGraceMs } from '../limits.ts';
import { taskIdOf } from '../tasks/task-id.ts';
import { encodeEvents } from './codec.ts';
import type { Claims, Entry, Live } from './live.ts';

export interface MoveParts {
  readonly live: Live;
  readonly events: readonly ExecutionEvent[];
  readonly changes: Changes;
  readonly at: number;
  readonly moveId: string;
  readonly claims: Claims | undefined;
  readonly entries: readonly Entry[];
  readonly freesSlots: boolean;
  readonly isLocal: (state: ExecutionState, command: Command) => boolean;
  readonly lend: (live: Live, command: Command & { type: 'dispatch' }) => Lease | undefined;
}

export function writeMove(parts: MoveParts): MoveWrite {
  const { live, events, at } = parts;
  const { state } = live;
  const { text, values } = encodeEvents(events);
  return {
    kind: 'move',
    workspace: state.workspace,
    executionId: live.id,
    first: state.position - events.length + 1,
    last: state.position,
    moveId: parts.moveId,
    at,
    events: text,
    values: values.length === 0 ? undefined : values,
    wakeAt: nextWake(parts),
    tasksAdded: newTasks(parts),
    tasksRemoved: settledTasks(parts),
    view: isViewStale(live) ? viewOf(state) : undefined,
    humanTasks: humanTaskRows(parts),
    startKey: parts.claims?.startKey,
    // One that ended in the move that began it holds nothing.
    slotTaken: isEnded(state) ? undefined : parts.claims?.slot,
    slotsFreed: (parts.freesSlots && isEnded(state)) || undefined,
    limits: limitRows(parts),
  };
}

function humanTaskRows({ live, changes }: MoveParts): HumanTaskRow[] | undefined {
  if (changes.humanTasks.length === 0) return undefined;
  return changes.humanTasks.map((task) => humanTaskRow(live.state, task));
}

function settledTasks({ live, changes }: MoveParts): string[] | undefined {
  let removed: string[] | undefined;
  for (const attempt of changes.settled) {
    if (live.rowless?.delete(attempt)) continue;
    removed ??= [];
    removed.push(taskIdOf(live.id, attempt));
  }
  return removed;
}

function newTasks({ live, changes, events, isLocal, lend }: MoveParts): NewTask[] | undefined {
  const { state } = live;
  if (state.paused) return undefined;
  // What is handed out again may have a row from before its function was known here.
  const isFresh = !events.some(({ type }) => type === 'execution.resumed' || type === 'step.redelivered');
  let tasks: NewTask[] | undefined;
  for (const command of changes.opened) {
    if (command.type !== 'dispatch') continue;
    live.unproven?.delete(command.id);
    if (isLocal(state, command)) {
      if (isFresh) {
        live.rowless ??= new Set();
        live.rowless.add(command.id);
      }
      continue;
    }
    const task = state.steps.get(command.step)?.task;
    if (!task) continue;
    const taskId = taskIdOf(live.id, command.id);
    tasks ??= [];
    // A row that may be there already is left as it is, and would not be lent.
    const lease = isFresh ? lend(live, command) : undefined;
    tasks.push({ taskId, executor: task.executor, function: task.function, rank: 9 - state.priority, lease });
  }
  return tasks;
}

/**
 * When somebody must look after this execution if this node does not: at its earliest timer, or a grace after work was
 * handed out in this process. A row that is early enough already stays as it is, so that a busy execution writes one
 * row when it starts and removes it when it ends.
 */
function nextWake({ live, changes, at, isLocal }: MoveParts): number | null | undefined {
  const { state, wakeAt: known } = live;
  const isRowGood = typeof known === 'number' && known > at && !isEnded(state);
  if (isRowGood && !isAnyEarlier(live, changes.opened, { than: known, at, isLocal })) return undefined;
  const needed = neededWake(live, at, isLocal);
  if (needed === undefined && known === null) return undefined;
  live.wakeAt = needed ?? null;
  return live.wakeAt;
}

type IsLocal = (state: ExecutionState, command: Command) => boolean;

function isAnyEarlier(
  live: Live,
  commands: readonly Command[],
  { than, at, isLocal }: { than: number; at: number; isLocal: IsLocal },
): boolean {
  return commands.some((command) => (wakeFor(live, command, { at, isLocal }) ?? Number.POSITIVE_INFINITY) < than);
}

export function neededWake(live: Live, at: number, isLocal: IsLocal): number | undefined {
  let earliest: number | undefined;
  for (const command of pending(live.state)) {
    const wake = wakeFor(live, command, { at, isLocal });
    if (wake !== undefined && (earliest === undefined || wake < earliest)) earliest = wake;
  }
  return earliest;
}

/** A task with a row is looked after by its lease, admission by the views, who waits for a permit by its place in line. */
function wakeFor(live: Live, command: Command, { at, isLocal }: { at: number; isLocal: IsLocal }): number | undefined {
  switch (command.type) {
    case 'timer':
      return command.dueAt;
    case 'dispatch':
      return isLocal(live.state, command) || live.unproven?.has(command.id) ? at + handOverGraceMs : undefined;
    case 'withdraw':
    case 'continue':
    case 'report':
      return at + handOverGraceMs;
    case 'child':
      return isUndelivered(command) ? at + handOverGraceMs : undefined;
    case 'admission':
    case 'permit':
      return undefined;
  }
}

function isViewStale(live: Live): boolean {
  const status = statusOf(live.state);
  // A run that fails as the one before it did has the same status and another end.
  if (status === live.viewedStatus && !isEnded(live.state)) return false;
  live.viewedStatus = status;
  return true;
}
