/** A decided move as the one write that makes it durable: its record and every row that leaves with it. */

import type { ExecutionEvent } from '../core/events.ts';
import type { Changes } from '../core/outstanding.ts';
import { earliestDue, pending } from '../core/pending.ts';
import { type Command, type ExecutionState, isEnded, statusOf } from '../core/state.ts';
import type { MoveWrite, NewTask } from '../storage/store.ts';
import { encodeEvents } from './codec.ts';
import { handOverGraceMs } from './limits.ts';
import type { Claims, Live } from './live.ts';
import { taskIdOf } from './task-id.ts';
import { viewOf } from './view.ts';

export interface Move {
  readonly write: MoveWrite;
  readonly changes: Changes;
}

export interface MoveParts {
  readonly live: Live;
  readonly events: readonly ExecutionEvent[];
  readonly changes: Changes;
  readonly at: number;
  readonly moveId: string;
  readonly claims: Claims | undefined;
  readonly freesSlots: boolean;
  readonly isLocal: (state: ExecutionState, command: Command) => boolean;
}

export function writeMove(parts: MoveParts): MoveWrite {
  const { live, events, at } = parts;
  const { state } = live;
  const { text, values } = encodeEvents(events);
  const tasksAdded = newTasks(parts);
  const tasksRemoved = parts.changes.settled.filter((id) => !live.inProcess.has(id)).map((id) => taskIdOf(live.id, id));
  const wakeAt = nextWake(parts);
  const view = isViewStale(live) ? viewOf(state) : undefined;
  return {
    kind: 'move',
    workspace: state.workspace,
    executionId: live.id,
    first: state.position - events.length + 1,
    last: state.position,
    moveId: parts.moveId,
    at,
    events: text,
    ...(values.length === 0 ? {} : { values }),
    ...(wakeAt === undefined ? {} : { wakeAt }),
    ...(tasksAdded.length === 0 ? {} : { tasksAdded }),
    ...(tasksRemoved.length === 0 ? {} : { tasksRemoved }),
    ...(view === undefined ? {} : { view }),
    ...(parts.claims?.startKey ? { startKey: parts.claims.startKey } : {}),
    ...(parts.claims?.slot ? { slotTaken: parts.claims.slot } : {}),
    ...(parts.freesSlots && isEnded(state) ? { slotsFreed: true } : {}),
  };
}

function newTasks({ live, changes, isLocal }: MoveParts): NewTask[] {
  const { state } = live;
  if (state.paused) return [];
  const tasks: NewTask[] = [];
  for (const command of changes.opened) {
    if (command.type !== 'dispatch' || isLocal(state, command)) continue;
    const task = state.steps.get(command.step)?.task;
    if (!task) continue;
    const taskId = taskIdOf(live.id, command.id);
    tasks.push({ taskId, executor: task.executor, function: task.function, rank: 9 - state.priority });
  }
  return tasks;
}

/**
 * When somebody must look after this execution if this node does not: at its earliest timer, or a grace after work was
 * handed out in this process. A row that is early enough already stays as it is, so that a busy execution writes one
 * row when it starts and removes it when it ends.
 */
function nextWake({ live, at, isLocal }: MoveParts): number | null | undefined {
  const needed = neededWake(live.state, at, isLocal);
  const known = live.wakeAt;
  if (needed === undefined) {
    if (known === null || (known === undefined && live.state.position === 0)) return undefined;
    live.wakeAt = null;
    return null;
  }
  if (typeof known === 'number' && known <= needed && known > at) return undefined;
  live.wakeAt = needed;
  return needed;
}

export function neededWake(
  state: ExecutionState,
  at: number,
  isLocal: (state: ExecutionState, command: Command) => boolean,
): number | undefined {
  if (isEnded(state)) return undefined;
  const commands = pending(state);
  const due = earliestDue(commands);
  const inHand = commands.some((command) => needsGrace(state, command, isLocal)) ? at + handOverGraceMs : undefined;
  if (due === undefined || inHand === undefined) return due ?? inHand;
  return Math.min(due, inHand);
}

function needsGrace(
  state: ExecutionState,
  command: Command,
  isLocal: (state: ExecutionState, command: Command) => boolean,
): boolean {
  if (command.type === 'dispatch') return isLocal(state, command);
  return command.type === 'withdraw' || command.type === 'continue';
}

function isViewStale(live: Live): boolean {
  const status = statusOf(live.state);
  if (status === live.viewedStatus) return false;
  live.viewedStatus = status;
  return true;
}
