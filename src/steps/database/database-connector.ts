/**
 * The `database` step: a query with parameters, or an operation on a table, at a connection that the configuration names.
 *
 * Values never become a part of the text, a text is one statement, and the connection alone says what may be reached. What
 * it gives: `{rows, row_count}`, of a write the rows it changed; `{row}` of `find_one`; `insert_id` where MySQL made a key.
 */
import type { Clock } from '../../kit/clock.ts';
import type { Json, JsonObject } from '../../kit/json.ts';
import { type Connector, type ConnectorCall, StepFailure } from '../connector.ts';
import { type Attempt, runAttempt } from './attempt.ts';
import type { DatabaseSettings } from './database-settings.ts';
import type { Dialect } from './dialect.ts';
import { dialects, openSession } from './open-session.ts';
import { queryStatement } from './query-statement.ts';
import type { Result } from './session.ts';
import { openSessionPool, type SessionPool } from './session-pool.ts';
import type { Statement } from './statement.ts';
import { namedTable, type Operation, tableStatement } from './table-statement.ts';

export interface DatabaseConnectorDeps {
  /** By name; what is no database is not here. */
  readonly databases: ReadonlyMap<string, DatabaseSettings>;
  readonly clock: Clock;
}

interface Place {
  readonly connection: DatabaseSettings;
  readonly dialect: Dialect;
  readonly pool: SessionPool;
  /** Its idempotency table is there; looked at by the first write. */
  hasEffects: Promise<void> | undefined;
}

/** The server's own limit ends a statement that this node no longer watches; while it does, it asks for the end in time. */
const timeoutGraceMs = 2_000;
/** For the idempotency table to be found or made. */
const effectsDeadlineMs = 15_000;

export function openDatabaseConnector({ databases, clock }: DatabaseConnectorDeps): Connector {
  const places = new Map([...databases].map(([name, settings]) => [name, openPlace(settings, clock)] as const));

  return {
    async run(call) {
      const asked = askedOf(call);
      const place = places.get(asked.connection);
      if (place === undefined) throw notFound(asked.connection);
      const attempt = attemptOf(call, asked, { place, clock });
      if (attempt.once) await provideEffects(place, clock);
      const result = await runAttempt({ pool: place.pool, clock }, attempt);
      return outputOf(result, asked.operation);
    },
    async close() {
      for (const { pool } of places.values()) pool.close();
    },
  };
}

function notFound(name: string): StepFailure {
  return new StepFailure(
    'CONNECTION_NOT_FOUND',
    `there is no database connection "${name}": set it in the configuration under connections`,
    { retryable: false },
  );
}

function openPlace(connection: DatabaseSettings, clock: Clock): Place {
  const pool = openSessionPool({
    open: () => openSession(connection, { rowsMax: connection.maxRows }),
    sessionsMax: connection.maxConnections,
    clock,
  });
  return { connection, dialect: dialects[connection.type], pool, hasEffects: undefined };
}

/** Looks once a connection, and makes the table where it is missing; where that fails, the next write looks again. */
function provideEffects(place: Place, clock: Clock): Promise<void> {
  place.hasEffects ??= findOrMakeEffects(place, clock);
  place.hasEffects.catch(() => {
    place.hasEffects = undefined;
  });
  return place.hasEffects;
}

async function findOrMakeEffects({ connection, dialect, pool }: Place, clock: Clock): Promise<void> {
  const table = namedTable(connection.idempotencyTable ?? '', dialect);
  const run = (text: string) =>
    runAttempt(
      { pool, clock },
      {
        statement: { text, values: [] },
        transaction: { readOnly: false, timeoutMs: effectsDeadlineMs },
        // Not the attempt's own: others wait for this too.
        signal: AbortSignal.timeout(effectsDeadlineMs),
      },
    );
  const look = () => run(`SELECT effect, result FROM ${table} WHERE 1 = 0`);
  const isThere = await look().then(
    () => true,
    () => false,
  );
  if (isThere) return;
  const refusal: unknown = await run(dialect.effects.create(table)).then(
    () => undefined,
    (error: unknown) => error,
  );
  // Another node may make it right now: whether it is there tells more than a refusal.
  await look().catch((error: unknown) => {
    throw refusal ?? error;
  });
}

/** The step's fields, in the form that `model/steps/database-type.ts` checked. */
interface Asked {
  readonly connection: string;
  readonly query?: string;
  readonly operation?: Operation;
  readonly table?: string;
  readonly columns?: readonly string[];
  readonly orderBy?: readonly string[];
  readonly returning?: readonly string[];
}

const askedOf = ({ settings }: ConnectorCall): Asked => settings as unknown as Asked;

const readingOperations: ReadonlySet<Operation | undefined> = new Set(['select', 'find', 'find_one']);

function attemptOf(call: ConnectorCall, asked: Asked, { place, clock }: { place: Place; clock: Clock }): Attempt {
  const { connection, dialect } = place;
  const { idempotencyTable: table } = connection;
  const { workspace, idempotencyKey, executionId, step, signal, deadlineAt } = call;
  const readOnly = connection.readOnly || readingOperations.has(asked.operation);
  const remainingMs = deadlineAt === undefined ? undefined : Math.max(0, deadlineAt - clock.nowMs());
  return {
    statement: statementOf(call.request, asked, place),
    transaction: { readOnly, timeoutMs: remainingMs === undefined ? undefined : remainingMs + timeoutGraceMs },
    signal,
    once:
      table === undefined || readOnly
        ? undefined
        : { key: { workspace, idempotencyKey, executionId, step }, place: { table, dialect } },
  };
}

function statementOf(request: JsonObject, asked: Asked, { connection, dialect }: Place): Statement {
  const { params, values, where, limit } = request;
  const { query } = asked;
  if (query !== undefined) return queryStatement({ query, params, readOnly: connection.readOnly }, dialect);
  const { operation = 'select', table = '', columns = [], orderBy = [], returning = [] } = asked;
  return tableStatement({ operation, table, columns, orderBy, returning, values, where, limit }, dialect);
}

function outputOf({ rows, rowCount, insertId }: Result, operation: Operation | undefined): Json {
  if (operation === 'find_one') return { row: rows[0] ?? null };
  return { rows, row_count: rowCount, ...(insertId === undefined ? {} : { insert_id: insertId }) };
}
