/**
 * How many moves a second the SQLite store makes durable, by batch size, with the settings it ships with (WAL, every
 * commit synced). An execution is four moves of two events with one wake row set and removed and two view rows; 500
 * are under way at once. Prints a table; a figure is good for comparing with others of the same run only.
 *
 * `node bench/storage.ts [folder]`: the folder decides which disk is measured.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openSqliteStore } from '../src/storage/sqlite/sqlite-store.ts';
import type { MoveWrite, Store, ViewRow } from '../src/storage/store.ts';

const movesPerExecution = 4;
const underWay = 500;
const now = Date.now();

interface Measure {
  readonly batch: number;
  readonly moves: number;
  /** Batches that are sent before the first is answered. */
  readonly ahead: number;
}

const measures: readonly Measure[] = [
  { batch: 1, moves: 4_000, ahead: 1 },
  { batch: 10, moves: 20_000, ahead: 1 },
  { batch: 100, moves: 80_000, ahead: 1 },
  { batch: 100, moves: 80_000, ahead: 2 },
  { batch: 1_000, moves: 120_000, ahead: 2 },
];

const root = mkdtempSync(join(process.argv[2] ?? tmpdir(), 'magicflow-bench-'));
console.log('batch  ahead  moves/s   µs/commit  µs/move');
for (const [index, measure] of measures.entries()) {
  const store = await openSqliteStore({ directory: join(root, String(index)) });
  const seconds = await run(store, measure);
  console.log(row(measure, seconds));
  if (index === measures.length - 1) await reads(store);
  await store.close();
}
rmSync(root, { recursive: true });

async function run(store: Store, { batch, moves, ahead }: Measure): Promise<number> {
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

function row({ batch, moves, ahead }: Measure, seconds: number): string {
  const perSecond = Math.round(moves / seconds).toLocaleString('en');
  const perCommit = ((seconds * 1e6) / (moves / batch)).toFixed(0);
  return `${String(batch).padEnd(7)}${String(ahead).padEnd(7)}${perSecond.padEnd(10)}${perCommit.padEnd(11)}${((seconds * 1e6) / moves).toFixed(1)}`;
}

async function reads(store: Store): Promise<void> {
  const ids = Array.from({ length: 2_000 }, (_, index) => executionId(index * 7));
  const time = async (title: string, read: (id: string) => Promise<unknown>, count: number): Promise<void> => {
    const begun = performance.now();
    for (const id of ids.slice(0, count)) await read(id);
    console.log(`${title.padEnd(34)}${(((performance.now() - begun) / count) * 1_000).toFixed(1)} µs`);
  };
  await time('load a history (this thread)', (id) => store.journal.load(id, 1_000), 2_000);
  await time('find a view row (this thread)', (id) => store.views.find('default', id), 2_000);
  await time('queue depths (reader thread)', () => store.tasks.depths(now), 2_000);
  await time('first page of a list', () => store.views.list({ workspace: 'default', limit: 50 }), 200);
  await time(
    'first page, one status',
    () => store.views.list({ workspace: 'default', status: ['completed'], limit: 50 }),
    200,
  );
  await time('counts by status', () => store.views.counts('default'), 20);
  const range = { workspace: 'default', from: 0, to: now * 2, bucketMs: 60_000 };
  await time('statistics', () => store.views.statistics(range), 3);
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
    searchText: 'user-onboarding bench growth',
    steps: hasEnded
      ? [1, 2, 3].map((n) => ({ step: `step-${n}`, status: 'completed', durationMs: n, attempts: 1 }))
      : [],
  };
}
