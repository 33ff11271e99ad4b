import pg from 'pg';
import type { Json } from '../../../kit/json.ts';
import { StepFailure } from '../../connector.ts';
import { refused, unreachable } from '../database-failure.ts';
import type { ServerSettings, TlsManner } from '../database-settings.ts';
import { collectRows } from '../row-collector.ts';
import type { Result, Session, SessionLimits, TransactionOptions } from '../session.ts';
import type { Statement } from '../statement.ts';
import { type ArrayTypes, openArrayTypes } from './array-types.ts';
import { parameterOf, readerOf } from './postgres-values.ts';

/** How long a connection may take to open. */
const connectMs = 10_000;
/** Where this node is gone in the middle of a transaction, and the server does not hear of it. */
const idleInTransactionMs = 60_000;

/**
 * A connection by the extended protocol, which takes one statement and its values apart from it.
 *
 * A client emits `error` when an idle connection is closed, and would end the process if nobody listened.
 */
export async function openPostgresSession(connection: ServerSettings, limits: SessionLimits): Promise<Session> {
  const client = openClient(connection);
  const arrayTypes = openArrayTypes(client);
  let isUsable = true;
  const lose = (): void => {
    isUsable = false;
  };
  client.on('error', lose);
  client.on('end', lose);
  await connect(client, connection);

  async function run(statement: Statement): Promise<Result> {
    try {
      return await runExtended({ client, arrayTypes }, statement, limits);
    } catch (error) {
      // The rest of a result that is too large would still be sent: the connection is of no more use.
      if (error instanceof StepFailure || isFatal(error)) close();
      throw failureOf(error);
    }
  }

  async function simple(text: string): Promise<void> {
    try {
      await client.query(text);
    } catch (error) {
      if (isFatal(error)) close();
      throw failureOf(error);
    }
  }

  function close(): void {
    isUsable = false;
    // `end` says goodbye, and waits for what hangs.
    client.connection.stream.destroy();
  }

  return {
    begin: (options) => simple(beginning(options)),
    run,
    commit: () => simple('COMMIT'),
    rollback: () => simple('ROLLBACK'),
    cancel: () => cancelBackend(connection, client.processID),
    reset: () => simple('DISCARD ALL'),
    isUsable: () => isUsable,
    close,
  };
}

type Client = pg.Client & { readonly processID: number; readonly connection: { readonly stream: { destroy(): void } } };

/** Everything is said: what is left out would be taken from PG* variables of this process. */
function openClient({ host, port, username, password, database, tls }: ServerSettings): Client {
  return new pg.Client({
    host,
    port,
    user: username,
    password,
    database: database === '' ? username : database,
    ssl: tlsOf(tls),
    application_name: 'magicflow',
    connectionTimeoutMillis: connectMs,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    types: { getTypeParser: (typeId: number) => readerOf(typeId) },
  } as pg.ClientConfig) as Client;
}

function tlsOf(tls: TlsManner): false | { rejectUnauthorized: boolean; ca?: string } {
  if (tls === undefined) return false;
  return { rejectUnauthorized: tls.isVerified, ...(tls.authority === undefined ? {} : { ca: tls.authority }) };
}

async function connect(client: Client, { host, port }: ServerSettings): Promise<void> {
  try {
    await client.connect();
  } catch (error) {
    client.connection.stream.destroy();
    const failure = failureOf(error);
    if (failure.code !== 'DB_UNREACHABLE') throw failure;
    throw unreachable(`PostgreSQL at ${host}:${port} cannot be reached: ${messageOf(error)}`, error);
  }
}

/** All times in one form and one zone; nothing of it outlives the transaction. */
function beginning({ readOnly, timeoutMs = 0 }: TransactionOptions): string {
  return [
    `BEGIN ${readOnly ? 'READ ONLY' : 'READ WRITE'}`,
    `SET LOCAL statement_timeout = ${Math.ceil(timeoutMs)}`,
    `SET LOCAL idle_in_transaction_session_timeout = ${idleInTransactionMs}`,
    "SET LOCAL TimeZone = 'UTC'",
    "SET LOCAL DateStyle = 'ISO'",
    "SET LOCAL IntervalStyle = 'iso_8601'",
    "SET LOCAL bytea_output = 'hex'",
    'SET LOCAL standard_conforming_strings = on',
  ].join('; ');
}

async function runExtended(
  { client, arrayTypes }: { client: Client; arrayTypes: ArrayTypes },
  statement: Statement,
  limits: SessionLimits,
): Promise<Result> {
  const { rows, rowCount, columns } = await collect(client, statement, limits);
  return { rows: await arrayTypes.read(rows, columns), rowCount };
}

type Collected = Result & { readonly columns: readonly pg.FieldDef[] };

function collect(client: Client, { text, values }: Statement, { rowsMax }: SessionLimits): Promise<Collected> {
  const { promise, resolve, reject } = Promise.withResolvers<Collected>();
  const collected = collectRows(rowsMax);
  // One statement, even where it has no values: `queryMode` is not in the client's types.
  const config = { text, values: values.map(parameterOf), rowMode: 'array', queryMode: 'extended' };
  const query = new pg.Query(config as pg.QueryConfig);
  let columns: readonly string[] | undefined;
  query.on('row', (row: unknown, result) => {
    try {
      columns ??= result?.fields.map((field) => field.name) ?? [];
      collected.add(columns, row as Json[]);
    } catch (error) {
      reject(error);
    }
  });
  query.on('error', reject);
  query.on('end', (result) => {
    const { rowCount, fields } = result;
    const { rows } = collected;
    resolve({ rows, rowCount: fields.length > 0 ? rows.length : (rowCount ?? 0), columns: fields });
  });
  client.query(query);
  return promise;
}

/** By a connection of its own: the one that is busy hears nothing. */
async function cancelBackend(connection: ServerSettings, processId: number): Promise<void> {
  const client = openClient(connection);
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query('SELECT pg_cancel_backend($1)', [processId]);
  } finally {
    client.connection.stream.destroy();
  }
}

/** The server says so before it hangs up; its word for the severity may be of any language. */
const isFatal = (error: unknown): boolean =>
  error instanceof pg.DatabaseError &&
  (/^(FATAL|PANIC)$/.test(error.severity ?? '') || /^(57P|08)/.test(error.code ?? ''));

function failureOf(error: unknown): StepFailure {
  if (error instanceof StepFailure) return error;
  if (!(error instanceof pg.DatabaseError) || error.code === undefined) {
    return unreachable(`the connection to PostgreSQL was lost: ${messageOf(error)}`, error);
  }
  const { code, message, detail, hint, constraint, table, column, position } = error;
  return refused({ sqlState: code, message, details: { detail, hint, constraint, table, column, position } });
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
