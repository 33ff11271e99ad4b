/**
 * The process of one SQLite session. A statement that runs cannot be stopped from within, and a thread in the middle of one
 * would keep the whole server from ending; a process can be killed, and SQLite undoes what it had not committed.
 */

import { failureOf } from './sqlite-failure.ts';
import { openSqliteFile, type SqliteFile } from './sqlite-file.ts';
import type { SqliteReply, SqliteRequest, SqliteTask } from './sqlite-protocol.ts';

const settings = JSON.parse(process.argv[2] ?? '{}') as SqliteTask;
let file: SqliteFile | undefined;

function answer(request: SqliteRequest): SqliteReply {
  file ??= openSqliteFile(settings);
  switch (request.kind) {
    case 'begin':
      file.begin();
      return { kind: 'done' };
    case 'run':
      return { kind: 'done', result: file.run(request.statement) };
    case 'commit':
      file.commit();
      return { kind: 'done' };
    case 'rollback':
      file.rollback();
      return { kind: 'done' };
    case 'reset':
      // Temporary tables go with it.
      file.close();
      file = undefined;
      return { kind: 'done' };
  }
}

process.on('message', (request: SqliteRequest) => {
  let reply: SqliteReply;
  try {
    reply = answer(request);
  } catch (error) {
    const { code, message, details, retryable } = failureOf(error);
    reply = { kind: 'failed', failure: { code, message, details, retryable } };
  }
  process.send?.(reply);
});
process.on('disconnect', () => process.exit(0));
