/** One execution that calls a function of this program for each of many items, 100 at once; reports items per second. */
import { DatabaseSync } from 'node:sqlite';
import { openEngine } from '../../src/library.ts';
import { readJob, report } from '../support/program.ts';
import { itemByItem, stepOutput } from '../support/workflows.ts';

export interface LoopJob {
  readonly folder: string;
  readonly items: number;
}

export interface LoopReport {
  readonly perSecond: number;
  /** Of the records, the large values and the snapshots of the execution. */
  readonly journalBytes: number;
}

const { folder, items } = readJob<LoopJob>();
const engine = await openEngine({ storage: `sqlite:${folder}` });
engine.executor('bench').register('step', () => stepOutput);
await engine.deploy(itemByItem);
await engine.execute('each', { items: [1, 2, 3] });
const list = Array.from({ length: items }, (_, index) => index);
const begun = performance.now();
const { status, output } = await engine.execute('each', { items: list });
const seconds = (performance.now() - begun) / 1_000;
if (status !== 'completed' || (output as { succeeded: number }).succeeded !== items) {
  throw new Error(`the loop ended ${status}`);
}
await engine.close();
report({ perSecond: items / seconds, journalBytes: journalBytes() } satisfies LoopReport);

function journalBytes(): number {
  const database = new DatabaseSync(`${folder}/magicflow.db`, { readOnly: true });
  const sizes = ['records', 'large_values', 'snapshots'].map((table) => {
    const column = table === 'records' ? 'events' : 'text';
    const row = database.prepare(`SELECT coalesce(sum(length(${column})), 0) AS bytes FROM ${table}`).get();
    return Number(row?.['bytes']);
  });
  database.close();
  return sizes.reduce((sum, size) => sum + size, 0);
}
