/**
 * The thread that owns the broker's file. One transaction for each list of operations, answered when it is durable: what
 * many publish at once shares one write to the disk.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { present } from '../../kit/assert.ts';
import { Fault } from '../../kit/fault.ts';
import { member } from '../../kit/json.ts';
import type { Outcome, Performers, Request } from './broker-operations.ts';
import { openGroupDatabase } from './group-database.ts';
import type { EmbeddedLimits } from './limits.ts';
import { connect, openTopicDatabase } from './topic-database.ts';

export interface BrokerThreadSettings {
  readonly folder: string | undefined;
  readonly limits: EmbeddedLimits;
}

const resultBusy = 5;
const resultFull = 13;

const port = present(parentPort, 'the port of the broker');
const { folder, limits } = workerData as BrokerThreadSettings;
let opened: ReturnType<typeof open> | undefined;

function open() {
  const database = connect(folder);
  const topics = openTopicDatabase(database, limits);
  const performers: Performers = { ...topics, ...openGroupDatabase(database, topics, limits) };
  return { database, performers };
}

port.on('message', (requests: readonly Request[] | 'close') => {
  if (requests === 'close') {
    opened?.database.close();
    port.close();
  } else port.postMessage(perform(requests));
});

function perform(requests: readonly Request[]): readonly Outcome[] {
  try {
    opened ??= open();
    const { database, performers } = opened;
    database.exec('BEGIN IMMEDIATE');
    const outcomes = requests.map((request) => performOne(performers, request));
    database.exec('COMMIT');
    return outcomes;
  } catch (error) {
    abandon();
    const fault = faultOf(error);
    return requests.map(() => ({ fault }));
  }
}

/** A refusal is told before anything is written; anything else ends the whole transaction. */
function performOne(performers: Performers, { kind, given }: Request): Outcome {
  try {
    return { value: performers[kind](given as never) };
  } catch (error) {
    if (!Fault.is(error)) throw error;
    return { fault: { code: error.code, message: error.message } };
  }
}

/** What a failed commit has left in memory is not worth guessing; the next list opens the file anew. */
function abandon(): void {
  try {
    if (folder === undefined) opened?.database.exec('ROLLBACK');
    else {
      opened?.database.close();
      opened = undefined;
    }
  } catch {
    // A connection that cannot even be closed is what we are leaving behind.
  }
}

function faultOf(error: unknown) {
  const code = Number(member(error, 'errcode')) & 0xff;
  const message = error instanceof Error ? error.message : String(error);
  if (code === resultBusy)
    return { code: 'DATA_LOCKED', message: `${folder} is another process's: ${message}` } as const;
  if (code === resultFull) return { code: 'BROKER_FULL', message: 'the disk is full: make room' } as const;
  return { code: 'BROKER_UNREACHABLE', message: `the embedded broker failed: ${message}` } as const;
}
