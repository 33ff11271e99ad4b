/** What a move changes about shared limits: who joins a line or leaves it, what is taken, what is free again. */
import { runsInside } from '../../core/child-events.ts';
import type { Changes } from '../../core/outstanding.ts';
import { type ExecutionState, isEnded } from '../../core/state.ts';
import type { PermitCommand } from '../../core/task-limits.ts';
import type { LimitRows, LimitTake, NewWaiter, SlotFree } from '../../storage/limits.ts';
import type { Claims, Entry, Live } from '../moves/live.ts';
import { taskIdOf } from '../tasks/task-id.ts';
import { takeOf } from './turns.ts';

export interface LimitParts {
  readonly live: Live;
  readonly changes: Changes;
  readonly claims: Claims | undefined;
  readonly entries: readonly Entry[];
}

export function limitRows(parts: LimitParts): LimitRows | undefined {
  if (!isConcerned(parts)) return undefined;
  const freed = freedSlots(parts);
  const taken = takenNow(parts);
  const unqueued = unqueuedNow(parts);
  const queued = queuedNow(parts);
  if (freed.length + taken.length + unqueued.length + queued.length === 0) return undefined;
  return {
    ...(freed.length === 0 ? {} : { freed }),
    ...(taken.length === 0 ? {} : { taken }),
    ...(unqueued.length === 0 ? {} : { unqueued }),
    ...(queued.length === 0 ? {} : { queued }),
  };
}

/** Most moves have nothing to do with limits. */
function isConcerned({ live, changes, claims }: LimitParts): boolean {
  if (changes.limitsLeft.length > 0 || claims?.takes !== undefined || live.state.paused) return true;
  for (const command of changes.opened) if (command.type === 'permit') return true;
  return false;
}

/** Who has not answered for it may be at work still: as long as its lease runs, the slot is not free. */
function freedSlots({ live, changes, entries }: LimitParts): SlotFree[] {
  const held = changes.limitsLeft.filter(({ was }) => was === 'holding');
  return held.map(({ holder }) =>
    holder === '' || isAnswered(entries, holder) ? { holder } : { holder, heldBy: taskIdOf(live.id, holder) },
  );
}

function isAnswered(entries: readonly Entry[], holder: string): boolean {
  return entries.some(
    ({ fact }) =>
      (fact.type === 'task.completed' || fact.type === 'task.failed') &&
      `${fact.step}#${fact.visit}/${fact.attempt}` === holder,
  );
}

/** What ended in the move that let it through holds nothing; an execution that ended first and then ran again does. */
function takenNow({ live: { state }, changes, claims }: LimitParts): NonNullable<LimitRows['taken']> {
  const takes = claims?.takes ?? [];
  const over = new Set(changes.limitsLeft.filter(({ was }) => was === 'holding').map(({ holder }) => holder));
  if (state.turn?.isHeld) over.delete('');
  return takes.filter((take) => take.kind !== 'slot' || !over.has(take.holder));
}

/** Paused, nobody stands in line: what is let through could not leave. */
function unqueuedNow({ live: { state }, changes }: LimitParts): string[] {
  const left = changes.limitsLeft.filter(({ was }) => was === 'waiting').map(({ holder }) => holder);
  return state.paused ? [...left, ...permitsOf(state).map(({ holder }) => holder)] : left;
}

function queuedNow({ live: { state }, changes }: LimitParts): NewWaiter[] {
  if (state.paused || isEnded(state)) return [];
  return changes.opened.flatMap((command) => (command.type === 'permit' ? [waiterOf(state, command)] : []));
}

function permitsOf(state: ExecutionState): PermitCommand[] {
  return [...state.outstanding.values()].filter((command) => command.type === 'permit');
}

function waiterOf(state: ExecutionState, { holder, key, step }: PermitCommand): NewWaiter {
  const { turn } = state;
  if (holder === '' && turn) {
    // Whatever else its workflow says, who stands in line has been let into it.
    const onLimit = turn.onLimit === 'cancel_running' ? turn.onLimit : undefined;
    const takes = [takeOf(turn)];
    return { holder, key, rank: 9 - state.priority, takes, onLimit, isInside: runsInside(state.parent) };
  }
  const { slot, rate } = state.steps.get(step)?.task?.limits ?? {};
  const takes: LimitTake[] = [
    ...(slot ? [{ kind: 'slot', key: slot.key, limit: slot.limit, holder } as const] : []),
    ...(rate ? [{ kind: 'rate', ...rate } as const] : []),
  ];
  return { holder, key, rank: 9 - state.priority, takes, onLimit: slot?.onLimit };
}
