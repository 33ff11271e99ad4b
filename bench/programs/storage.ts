/**
 * How many moves a second the SQLite store makes durable, by batch size, with the settings it ships with (WAL, every
 * commit synced), and what its reads take. An execution is four moves of two events with one wake row set and removed
 * and two view rows; 500 are under way at once. Reports figures.
 */
import { openSqliteStore } from '../../src/storage/sqlite/sqlite-store.ts';
import type { MoveWrite, Store, ViewRow } from '../../src/storage/store.ts';
import type { Figure } from '../measure.ts';
import { readJob, report } from '../support/program.ts';

export interface StorageJob {
  readonly folder: string;
  /** Of the full number of moves, how many are made. */
  readonly share: number;
}

const movesPerExecution = 4;
const underWay = 500;
const now = Date.now();

interface Writes {
  readonly batch: number;
  readonly moves: number;
  /** Batches that are sent before the first is answered. */
  readonly ahead: number;
}

const sizes: readonly Writes[] = [
  { batch: 1, moves: 4_000, ahead: 1 },
  { batch: 10, moves: 20_000, ahead: 1 },
  { batch: 100, moves: 80_000, ahead: 2 },
  { batch: 1_000, moves: 120_000, ahead: 2 },
];

const { folder, share } = readJob<StorageJob>();
const figures: Figure[] = [];
for (const [index, writes] of sizes.entries()) {
  const store = await openSqliteStore({ directory: `${folder}/${index}` });
  const moves = Math.round(writes.moves * share);
  const seconds = await write(store, { ...writes, moves });
  figures.push({ title: `storage: moves, ${writes.batch} a commit`, value: moves / seconds, unit: '/s' });
  if (index === sizes.length - 1) figures.push(...(await reads(store, moves / movesPerExecution)));
  await store.close();
}
report(figures);

async function write(store: Store, { batch, moves, ahead }: Writes): Promise<number> {
  const writes = Array.from(sampleMoves(moves));
  const begun = performance.now();
  let next = 0;
  const send = async (): Promise<void> => {
    while (next < writes.length) {
      const part = writes.slice(next, next + batch);
      next += batch;
      const outcomes = await store.commit(part);
      if (outcomes.some((outcome) => !outcome.ok)) throw new Error('a move was refused');
    }
  };
  await Promise.all(Array.from({ length: ahead }, send));
  return (performance.now() - begun) / 1_000;
}

async function reads(store: Store, executions: number): Promise<readonly Figure[]> {
  const ids = Array.from({ length: 2_000 }, (_, index) => executionId((index * 7) % executions));
  const time = async (title: string, count: number, read: (id: string) => Promise<unknown>): Promise<Figure> => {
    const begun = performance.now();
    for (const id of ids.slice(0, count)) await read(id);
    return { title: `storage: ${title}`, value: ((performance.now() - begun) / count) * 1_000, unit: 'µs' };
  };
  const page = { workspace: 'default', limit: 50 };
  const range = { workspace: 'default', from: 0, to: now * 2, bucketMs: 60_000 };
  return [
    await time('load a history', 2_000, (id) => store.journal.load(id, 1_000)),
    await time('find a view row', 2_000, (id) => store.views.find('default', id)),
    await time('queue depths', 2_000, () => store.tasks.depths(now)),
    await time('first page of a list', 200, () => store.views.list(page)),
    await time('first page, one status', 200, () => store.views.list({ ...page, status: ['completed'] })),
    await time('counts by status', 20, () => store.views.counts('default')),
    await time('statistics', 3, () => store.views.statistics(range)),
  ];
}

/** Moves of executions that take turns, as the moves of many running executions reach a store. */
function* sampleMoves(count: number): Generator<MoveWrite> {
  for (let index = 0; index < count; index += 1) {
    const turn = Math.floor(index / underWay);
    const step = turn % movesPerExecution;
    const execution = Math.floor(turn / movesPerExecution) * underWay + (index % underWay);
    yield sampleMove(execution, step, now + index);
  }
}

function executionId(execution: number): string {
  // Time-ordered, then random bits: the shape of the real ids.
  const bits = Math.imul(execution + 1, 0x9e3779b1) >>> 0;
  return `exec_01k${execution.toString(32).padStart(7, '0')}${bits.toString(32).padStart(16, 'x')}`;
}

function sampleMove(execution: number, step: number, at: number): MoveWrite {
  const id = executionId(execution);
  const first = step * 2 + 1;
  const events = JSON.stringify([
    { type: 'step.completed', step: `step-${step}`, attempt: 1, at, output: { reference: 'x'.repeat(100) } },
    { type: 'step.scheduled', step: `step-${step + 1}`, attempt: 1, at, dueAt: at + 30_000 },
  ]);
  const move = {
    kind: 'move',
    workspace: 'default',
    executionId: id,
    first,
    last: first + 1,
    moveId: `move_${id}_${step}`,
    at,
    events,
  } as const;
  if (step === 0) return { ...move, wakeAt: at + 60_000, view: view(now + execution, 'running', first + 1) };
  if (step < movesPerExecution - 1) return move;
  return { ...move, wakeAt: null, view: view(now + execution, 'completed', first + 1) };
}

function view(createdAt: number, status: string, position: number): ViewRow {
  const hasEnded = status === 'completed';
  return {
    position,
    workflow: 'user-onboarding',
    version: '1.0.0',
    status,
    run: 1,
    createdAt,
    startedAt: createdAt,
    endedAt: hasEnded ? createdAt + 5 : null,
    tags: ['bench'],
    labels: { team: 'growth' },
    errorCode: null,
    errorMessage: null,
    deadLetter: null,
    parent: null,
    searchText: 'user-onboarding bench growth',
    steps: hasEnded
      ? [1, 2, 3].map((n) => ({ step: `step-${n}`, status: 'completed', durationMs: n, attempts: 1 }))
      : [],
  };
}
