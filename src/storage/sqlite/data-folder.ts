/**
 * The folder that a SQLite store lives in, and the lock that keeps it to one process.
 *
 * The lock is an exclusive transaction on a small database beside the real one. It is a lock of the operating system:
 * a process that is killed loses it with its last breath, and no stale file has to be judged. Files are created
 * readable by their owner only, and never through a file descriptor of our own once SQLite has them open: closing
 * one would drop SQLite's locks on that file (that is how POSIX locks work).
 */
import { chmodSync, closeSync, fsyncSync, mkdirSync, openSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Fault } from '../../kit/fault.ts';
import { member } from '../../kit/json.ts';
import { primaryCode } from './sqlite-faults.ts';

const resultBusy = 5;

export interface DataFolder {
  /** The database file: there, private, and ours. */
  readonly databasePath: string;
  /** Lets another process have the folder. */
  release(): void;
}

/** Makes the folder where it is missing and locks it. Throws DATA_LOCKED where a process has it. */
export function claimDataFolder(directory: string): DataFolder {
  const folder = resolve(directory);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const lockPath = join(folder, 'magicflow.lock');
  makePrivateFile(lockPath);
  const lock = new DatabaseSync(lockPath);
  try {
    lock.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    lock.close();
    throw lockFault(folder, error);
  }
  const databasePath = join(folder, 'magicflow.db');
  makePrivateFile(databasePath);
  syncFolder(folder);
  return { databasePath, release: () => lock.close() };
}

function lockFault(folder: string, error: unknown): unknown {
  if (primaryCode(error) !== resultBusy) return error;
  return new Fault(
    'DATA_LOCKED',
    `the data folder ${folder} is in use by another process: stop it, or use another folder`,
    {
      detail: { folder },
      cause: error,
    },
  );
}

function makePrivateFile(path: string): void {
  try {
    writeFileSync(path, '', { flag: 'wx', mode: 0o600 });
  } catch (error) {
    if (member(error, 'code') !== 'EEXIST') throw error;
    chmodSync(path, 0o600);
  }
}

/** Makes new names in the folder survive a power loss; their content is SQLite's to sync. */
function syncFolder(folder: string): void {
  const descriptor = openSync(folder, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
