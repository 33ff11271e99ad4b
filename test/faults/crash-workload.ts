/**
 * The program that crashes: starts executions of every kind, writes down each one it was promised, and either dies at a
 * given commit or leaves a picture of its data folder after each commit, as a kill there would leave it.
 *
 * Commits go one by one here, so that between two of them nobody writes.
 */
import { copyFileSync, existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { openSqliteStore } from '../../src/storage/sqlite/sqlite-store.ts';
import type { Store } from '../../src/storage/store.ts';
import { openLedger } from '../support/ledger.ts';
import { kinds, openPlannedEngine, sendSignal, textOf, workspace } from './crash-plan.ts';

export interface Workload {
  readonly directory: string;
  readonly ledger: string;
  readonly rounds: number;
  /** Tells the starts of several workloads over one folder apart. Default: none. */
  readonly name?: string;
  /** Where pictures go, one folder a commit. */
  readonly pictures?: string;
  readonly die?: { readonly at: number; readonly when: 'before' | 'after' };
  /** Switches the syncing of commits off: what the tests of power loss must notice. */
  readonly isUnsynced?: boolean;
}

const workload = JSON.parse(process.argv[2] ?? '{}') as Workload;
const ledger = openLedger(workload.ledger);
let isDeployed = false;
let commits = 0;

const store = await openSqliteStore({
  directory: workload.directory,
  ...(workload.isUnsynced ? { startWriter: startUnsyncedWriter } : {}),
});
const engine = openPlannedEngine(crashing(store), () => undefined);
for (const kind of kinds) await engine.versions.deploy(workspace, textOf(kind));
isDeployed = true;
console.log('deployed');
for (let round = 0; round < workload.rounds; round += 1) {
  const started: string[] = [];
  for (const kind of kinds) {
    const start = {
      workspace,
      workflow: kind.name,
      input: { round },
      idempotencyKey: `${workload.name ?? ''}-${round}`,
    };
    const { executionId } = await engine.executions.start(start);
    ledger.add([`${kind.name} ${executionId}`]);
    started.push(executionId);
    if (kind.signal !== undefined) await sendSignal(engine, executionId, kind.signal);
  }
  for (const executionId of started) await engine.executions.waitForEnd(workspace, executionId, 10_000);
}
console.log(`ended after ${commits} commits`);
await engine.close();
ledger.close();

function crashing(inner: Store): Store {
  let last: Promise<unknown> = Promise.resolve();
  async function commitOne(writes: Parameters<Store['commit']>[0]): ReturnType<Store['commit']> {
    const number = isDeployed ? ++commits : 0;
    const dies = (when: 'before' | 'after'): boolean => workload.die?.at === number && workload.die.when === when;
    if (dies('before')) process.kill(process.pid, 'SIGKILL');
    const outcomes = await inner.commit(writes);
    if (dies('after')) process.kill(process.pid, 'SIGKILL');
    if (number > 0 && workload.pictures !== undefined) takePicture(join(workload.pictures, String(number)));
    return outcomes;
  }
  return {
    ...inner,
    commit(writes) {
      const turn = last.then(() => commitOne(writes));
      last = turn.catch(() => undefined);
      return turn;
    },
  };
}

/** The files of the store and how much had been promised. A log that is not there is an empty one. */
function takePicture(folder: string): void {
  mkdirSync(folder, { recursive: true });
  for (const name of ['magicflow.db', 'magicflow.db-wal']) {
    const file = join(workload.directory, name);
    if (existsSync(file)) copyFileSync(file, join(folder, name));
  }
  writeFileSync(join(folder, 'promised-bytes'), String(statSync(workload.ledger).size));
}

/** The store's own writer, whose one statement about syncing says the opposite. */
function startUnsyncedWriter(settings: unknown): Worker {
  return new Worker(new URL('./unsynced-writer.ts', import.meta.url), { workerData: settings, execArgv: [] });
}
