/**
 * A journal alone gives the state: after every event of hundreds of random executions, from the first event and from a
 * snapshot of the one before, and for the histories that were recorded once and must replay for ever.
 */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import type { ExecutionEvent } from '../../src/core/events.ts';
import { evolve } from '../../src/core/evolve/evolve.ts';
import { readSnapshot, writeSnapshot } from '../../src/core/snapshot.ts';
import { type ExecutionState, emptyState } from '../../src/core/state.ts';
import { viewOf } from '../../src/engine/executions/view.ts';
import { present } from '../../src/kit/assert.ts';
import { canonicalJson, isObject } from '../../src/kit/json.ts';
import { stepTypes } from '../../src/model/steps/types.ts';
import { type History, readHistory } from './history.ts';
import { type Move, walkPath } from './random-path.ts';

const pathCount = Number(process.env['MAGICFLOW_PATHS'] ?? (process.env['MAGICFLOW_QUICK'] === '1' ? 50 : 500));

describe('a replay', () => {
  test('gives the state after every event of random executions', (t) => {
    let events = 0;
    const types = new Set<string>();
    const kinds = new Set<string>();
    for (let seed = 1; seed <= pathCount; seed += 1) {
      let replayed = emptyState(`exec_${seed}`);
      walkPath(seed, (move, state) => {
        for (const event of move.events) {
          types.add(event.type);
          if ('kind' in event) kinds.add(event.kind);
        }
        events += move.events.length;
        replayed = replayMove(replayed, move);
        assert.equal(writeSnapshot(replayed), writeSnapshot(state), `seed ${seed} at ${state.position}`);
        assert.deepEqual(viewOf(replayed), viewOf(state), `view of seed ${seed} at ${state.position}`);
      });
    }
    t.diagnostic(`${pathCount} executions, ${events} events of ${types.size} types`);
    assert.ok(types.size >= (pathCount < 500 ? 22 : 33), `only these came up: ${[...types].join(', ')}`);
    const never = stepTypes.map(({ name }) => name).filter((name) => !kinds.has(name));
    assert.deepEqual(pathCount < 500 ? [] : never, []);
  });

  test('of the same path is the same', () => {
    for (const seed of [3, 14, 15]) assert.deepEqual(walkPath(seed).moves, walkPath(seed).moves);
  });
});

describe('a recorded history', () => {
  const folder = new URL('../histories/', import.meta.url);
  const names = readdirSync(folder).filter((name) => name.endsWith('.json'));

  test('is kept for ten kinds of execution at least', () => {
    assert.ok(names.length >= 10, `${names.length} histories`);
  });

  for (const name of names) {
    test(`${name} replays to the state that it had when it was recorded`, () => {
      const history: History = readHistory(readFileSync(new URL(name, folder), 'utf8'));
      const state = emptyState(history.executionId);
      for (const { at, events } of history.records) for (const event of events) evolve(state, event, at);
      const { state: actual } = JSON.parse(writeSnapshot(state)) as { state: unknown };
      const missing = findMissing(history.state, actual, '');
      assert.equal(missing, undefined, `${missing} is not what it was`);
    });
  }
});

/** Every event is applied to the replayed state as it is and to one that went through a snapshot. */
function replayMove(before: ExecutionState, { at, events }: Move): ExecutionState {
  const state = before;
  for (const event of JSON.parse(JSON.stringify(events)) as ExecutionEvent[]) {
    const restored = present(readSnapshot(writeSnapshot(state)), 'the snapshot just written');
    evolve(state, event, at);
    evolve(restored, event, at);
    const [whole, cut] = [state, restored].map((each) => canonicalJson(JSON.parse(writeSnapshot(each))));
    assert.equal(cut, whole, `after ${event.type}`);
    state.opened = [];
    state.settled = [];
    state.humanTasks = [];
  }
  return state;
}

/** The place of the first recorded value that the actual one lacks; fields that came later are no harm. */
function findMissing(recorded: unknown, actual: unknown, place: string): string | undefined {
  if (Array.isArray(recorded)) {
    if (!Array.isArray(actual) || actual.length !== recorded.length) return place;
    return firstFound(recorded.map((item, index) => findMissing(item, actual[index], `${place}/${index}`)));
  }
  if (!isObject(recorded)) return Object.is(recorded, actual) ? undefined : place;
  if (!isObject(actual)) return place;
  return firstFound(Object.keys(recorded).map((name) => findMissing(recorded[name], actual[name], `${place}/${name}`)));
}

const firstFound = (places: readonly (string | undefined)[]): string | undefined =>
  places.find((place) => place !== undefined);
