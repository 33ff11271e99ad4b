/** The SQLite writer with syncing off: the control of the test of power loss, which must find that it loses commits. */
import { DatabaseSync } from 'node:sqlite';

const { exec } = DatabaseSync.prototype;
DatabaseSync.prototype.exec = function unsynced(text) {
  return exec.call(this, text.replace('synchronous = FULL', 'synchronous = OFF'));
};
await import('../../src/storage/sqlite/writer-worker.ts');
