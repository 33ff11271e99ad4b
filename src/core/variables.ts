/**
 * Variables are the execution's, but those that a loop declares in a round of a parallel loop: they belong to that round,
 * for rounds side by side would write over each other's.
 *
 * An event names a variable of a round with the path of the round before it, `shops[7]:next`: it says by itself where the
 * value goes, also in a journal whose other events are gone.
 */
import { emptyObject, type Json, type JsonObject } from '../kit/json.ts';
import type { ExecutionState } from './state.ts';

/** As the event says it that a loop begins with these values. `isParallel` tells of a loop by its path. */
export function declared(values: JsonObject, loop: string, isParallel: (loop: string) => boolean): JsonObject {
  const round = roundsAround(loop).findLast((each) => isParallel(loopOf(each)));
  return round === undefined ? values : renamed(values, (name) => `${round}:${name}`);
}

/** As the event says it that a step of a list sets these values. */
export function assigned({ roundVars }: Readonly<ExecutionState>, frame: string, values: JsonObject): JsonObject {
  if (roundVars.size === 0) return values;
  const rounds = roundsAround(frame);
  return renamed(values, (name) => {
    const round = rounds.findLast((each) => Object.hasOwn(roundVars.get(each) ?? {}, name));
    return round === undefined ? name : `${round}:${name}`;
  });
}

/** What expressions in a list see. */
export function visible({ vars, roundVars }: Readonly<ExecutionState>, frame: string): Readonly<Record<string, Json>> {
  if (roundVars.size === 0) return vars;
  const own = roundsAround(frame).flatMap((round) => roundVars.get(round) ?? []);
  return own.length === 0 ? vars : Object.assign(Object.create(null), vars, ...own);
}

export function recordVars(state: ExecutionState, vars: JsonObject = {}): void {
  for (const [key, value] of Object.entries(vars)) {
    const { round, name } = parts(key);
    const values = round === undefined ? state.vars : (state.roundVars.get(round) ?? Object.create(null));
    values[name] = value;
    if (round !== undefined) state.roundVars.set(round, values);
  }
}

/** The round that a variable of an event belongs to; undefined for those of the execution. */
export const roundOfVariable = (key: string): string | undefined => parts(key).round;

function parts(key: string): { readonly round: string | undefined; readonly name: string } {
  const end = key.lastIndexOf(']:');
  return end < 0 ? { round: undefined, name: key } : { round: key.slice(0, end + 1), name: key.slice(end + 2) };
}

/** `shops[7].each[2]` lies in the rounds `shops[7]` and `shops[7].each[2]`: from the outermost. */
function roundsAround(path: string): readonly string[] {
  return [...path.matchAll(/\]/g)].map(({ index }) => path.slice(0, index + 1));
}

const loopOf = (round: string): string => round.slice(0, round.lastIndexOf('['));

function renamed(values: JsonObject, nameOf: (name: string) => string): JsonObject {
  const found: Record<string, Json> = emptyObject();
  for (const [name, value] of Object.entries(values)) found[nameOf(name)] = value;
  return found;
}
