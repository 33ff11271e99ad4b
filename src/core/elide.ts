/**
 * Which events a journal can do without once rounds of a loop were folded.
 *
 * Everything that such an event recorded has left the state again with the fold, and the fold itself carries what is
 * kept. An event that reached beyond its round (it set a variable, took a signal) stays, and the counts of a fold do: they are of the whole execution.
 */
import type { JsonObject } from '../kit/json.ts';
import type { ExecutionEvent, LoopFolded } from './events.ts';
import { roundOf } from './evolve/evolve-loop.ts';
import { roundOfVariable } from './variables.ts';

/**
 * The same events, runs of those that are not needed replaced by how many they were. `folds` are those of later
 * records; a fold among the events answers for those before it, and joins `folds`. Go through a journal from its end.
 */
export function elide(events: readonly ExecutionEvent[], folds: LoopFolded[]): readonly ExecutionEvent[] {
  const kept: ExecutionEvent[] = [];
  let count = 0;
  const close = (): void => {
    if (count > 0) kept.push({ type: 'journal.elided', count });
    count = 0;
  };
  for (const event of events.toReversed()) {
    if (event.type === 'journal.elided') count += event.count;
    else if (isNeeded(event, folds)) {
      close();
      kept.push(event.type === 'loop.folded' && isGone(event.step, folds) ? countsOf(event) : event);
      if (event.type === 'loop.folded') folds.push(event);
    } else count += 1;
  }
  close();
  return kept.reverse();
}

function isNeeded(event: ExecutionEvent, folds: readonly LoopFolded[]): boolean {
  const path = pathOf(event);
  if (path === undefined || !isGone(path, folds)) return true;
  if (event.type === 'step.completed') {
    return setsWhatStays(event, folds) || event.signal !== undefined || event.signals !== undefined;
  }
  return event.type === 'loop.folded' || (event.type === 'loop.opened' && setsWhatStays(event, folds));
}

/** A variable of a round goes with the round. */
function setsWhatStays({ vars = {} }: { readonly vars?: JsonObject }, folds: readonly LoopFolded[]): boolean {
  return Object.keys(vars).some((key) => !isGone(roundOfVariable(key) ?? '', folds));
}

const isGone = (path: string, folds: readonly LoopFolded[]): boolean => folds.some((fold) => isFolded(path, fold));

/** Of a loop in a round that was folded later. */
const countsOf = (fold: LoopFolded): LoopFolded => ({ ...fold, results: [], failures: [] });

function isFolded(path: string, { step, from, to }: LoopFolded): boolean {
  const index = roundOf(path, step);
  return index !== undefined && index >= from && index < to;
}

/** Where an event took place; undefined for those of the whole execution. */
function pathOf(event: ExecutionEvent): string | undefined {
  if (event.type.startsWith('frame.')) return (event as { frame: string }).frame;
  if (/^(?:step|loop|child)\./.test(event.type)) return (event as { step: string }).step;
  return undefined;
}
