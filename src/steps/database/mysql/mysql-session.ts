import type { EventEmitter } from 'node:events';
import mysql from 'mysql2';
import type { Json } from '../../../kit/json.ts';
import { unreachable } from '../database-failure.ts';
import type { ServerSettings } from '../database-settings.ts';
import { collectRows } from '../row-collector.ts';
import type { Result, Session, SessionLimits, TransactionOptions } from '../session.ts';
import type { Statement } from '../statement.ts';
import { failureOf } from './mysql-failure.ts';
import { type Column, jsonOf, parameterOf } from './mysql-values.ts';

/** How long a connection may take to open. */
const connectMs = 10_000;

/** A connection to MySQL or MariaDB. Statements are prepared, which takes one statement and its values apart from it. */
export async function openMysqlSession(connection: ServerSettings, limits: SessionLimits): Promise<Session> {
  const { client, isMariadb } = await connect(connection);
  let isUsable = true;
  // A command that is under way when the connection is lost would wait for ever: the client tells the connection alone.
  const lost = Promise.withResolvers<never>();
  lost.promise.catch(() => undefined);
  const lose = (error: unknown): void => {
    isUsable = false;
    lost.reject(error);
  };
  client.on('error', lose);
  client.on('end', () => lose(new Error('the server closed it')));

  async function unlessLost<T>(work: Promise<T>): Promise<T> {
    try {
      return await Promise.race([work, lost.promise]);
    } catch (error) {
      throw failureOf(error);
    }
  }

  const simple = (text: string): Promise<void> =>
    unlessLost(new Promise((resolve, reject) => client.query(text, (error) => (error ? reject(error) : resolve()))));

  function close(): void {
    lose(new Error('it was closed here'));
    (client as unknown as Socketed).stream.destroy();
  }

  return {
    async begin(options) {
      await simple(settingsOf(options, isMariadb));
      // Of the session too: statements that change the schema end the transaction and go on in one of their own.
      if (options.readOnly) await simple('SET SESSION TRANSACTION READ ONLY');
      await simple(`START TRANSACTION ${options.readOnly ? 'READ ONLY' : 'READ WRITE'}`);
    },
    async run(statement) {
      try {
        return await unlessLost(runPrepared(client, statement, limits));
      } catch (error) {
        // The rest of a result that is too large would still be sent: the connection is of no more use.
        if (failureOf(error).code === 'ROWS_EXCEEDED') close();
        throw error;
      }
    },
    commit: () => simple('COMMIT'),
    rollback: () => simple('ROLLBACK'),
    cancel: () => killQuery(connection, (client as unknown as Socketed).threadId),
    reset: () =>
      unlessLost(new Promise((resolve, reject) => client.reset((error) => (error ? reject(error) : resolve())))),
    isUsable: () => isUsable,
    close,
  };
}

/** What the client has and its types do not say. */
interface Socketed {
  readonly stream: { destroy(): void };
  readonly threadId: number;
}

async function connect(connection: ServerSettings): Promise<{ client: mysql.Connection; isMariadb: boolean }> {
  const { host, port, username, password, database, tls } = connection;
  const client = mysql.createConnection({
    host,
    port,
    user: username,
    password,
    ...(database === '' ? {} : { database }),
    ...(tls === undefined
      ? {}
      : { ssl: { rejectUnauthorized: tls.isVerified, ...(tls.authority === undefined ? {} : { ca: tls.authority }) } }),
    connectTimeout: connectMs,
    enableKeepAlive: true,
    keepAliveInitialDelay: 10_000,
    charset: 'utf8mb4',
    multipleStatements: false,
    flags: ['-LOCAL_FILES'],
    rowsAsArray: true,
    supportBigNumbers: true,
    bigNumberStrings: true,
    dateStrings: true,
    // Without it the client writes functions out of what the server says of its columns.
    disableEval: true,
  });
  return new Promise((resolve, reject) => {
    client.once('connect', ({ serverVersion = '' }: { serverVersion?: string }) =>
      resolve({ client, isMariadb: serverVersion.includes('MariaDB') }),
    );
    client.once('error', (error: Error) => {
      const failure = failureOf(error);
      reject(
        failure.code === 'DB_UNREACHABLE'
          ? unreachable(`MySQL at ${host}:${port} cannot be reached: ${error.message || String(error)}`, error)
          : failure,
      );
    });
  });
}

/** Of the session, which forgets them when it is reset. MySQL bounds reading alone; the rest is asked to stop in time. */
function settingsOf({ timeoutMs = 0 }: TransactionOptions, isMariadb: boolean): string {
  const limit = isMariadb
    ? `max_statement_time = ${timeoutMs / 1_000}`
    : `max_execution_time = ${Math.ceil(timeoutMs)}`;
  return `SET time_zone = '+00:00', ${limit}`;
}

function runPrepared(
  client: mysql.Connection,
  { text, values }: Statement,
  { rowsMax }: SessionLimits,
): Promise<Result> {
  const { promise, resolve, reject } = Promise.withResolvers<Result>();
  const collected = collectRows(rowsMax);
  let columns: readonly Column[] = [];
  let names: readonly string[] | undefined;
  let written = { affectedRows: 0, insertId: 0 as Json };
  const command: EventEmitter = client.execute(text, values.map(parameterOf));
  command.on('error', reject);
  command.on('fields', (found: readonly Column[] | undefined) => {
    // The first result of a procedure that gives several.
    if (names !== undefined) return;
    columns = found ?? [];
    names = found?.map(({ name }) => name);
  });
  command.on('result', (row: unknown, place = 0) => {
    if (!Array.isArray(row)) {
      written = row as typeof written;
      return;
    }
    if (place > 0 || names === undefined) return;
    try {
      collected.add(
        names,
        columns.map((column, at) => jsonOf(row[at], column)),
      );
    } catch (error) {
      reject(error);
    }
  });
  command.on('end', () => {
    if (names !== undefined) return resolve({ rows: collected.rows, rowCount: collected.rows.length });
    const { affectedRows, insertId } = written;
    const isNew = insertId !== 0 && insertId !== '0';
    resolve({ rows: [], rowCount: affectedRows, ...(isNew ? { insertId } : {}) });
  });
  return promise;
}

/** By a connection of its own: the one that is busy hears nothing. */
async function killQuery(connection: ServerSettings, threadId: number): Promise<void> {
  const { client } = await connect(connection);
  client.on('error', () => undefined);
  try {
    await new Promise<void>((resolve, reject) =>
      client.query(`KILL QUERY ${threadId}`, (error) => (error ? reject(error) : resolve())),
    );
  } finally {
    (client as unknown as Socketed).stream.destroy();
  }
}
