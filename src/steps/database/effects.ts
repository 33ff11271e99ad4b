/**
 * A write that happens once, however often its attempt is carried out.
 *
 * The key of the write is a row of a table in the same database, inserted in the write's own transaction before it. Where
 * the row is there already, an earlier delivery of the attempt was committed, and the result it left is given again. Where
 * another delivery is at it right now, the insert waits for that one's end. Crash before the commit: neither the row nor
 * the write is there. Crash after it: both are.
 */
import { createHash } from 'node:crypto';
import { isObject, type Json } from '../../kit/json.ts';
import { StepFailure } from '../connector.ts';
import type { Dialect } from './dialect.ts';
import type { Result, Session } from './session.ts';
import type { Statement } from './statement.ts';
import { namedTable } from './table-statement.ts';

/** What tells one write from all others. */
export interface EffectKey {
  readonly workspace: string;
  readonly idempotencyKey: string;
  readonly executionId: string;
  readonly step: string;
}

export interface EffectTable {
  readonly table: string;
  readonly dialect: Dialect;
}

/** Within a transaction of the session. */
export async function runOnce(
  session: Session,
  statement: Statement,
  { key, place }: { key: EffectKey; place: EffectTable },
): Promise<Result> {
  const { dialect } = place;
  const table = namedTable(place.table, dialect);
  const hash = hashOf(key, statement);
  const mark = (at: number): string => (dialect.numbersParameters ? `$${at}` : '?');
  const { rowCount } = await session.run({
    text: dialect.effects.claim(table),
    values: [hash, key.executionId, key.step],
  });
  if (rowCount === 0) {
    const stored = await session.run({ text: `SELECT result FROM ${table} WHERE effect = ${mark(1)}`, values: [hash] });
    return resultOf(stored.rows[0]?.['result']);
  }
  const result = await session.run(statement);
  const kept = await session.run({
    text: `UPDATE ${table} SET result = ${mark(1)} WHERE effect = ${mark(2)}`,
    values: [JSON.stringify(result), hash],
  });
  if (kept.rowCount !== 1) throw unknownOutcome('the statement ended the transaction it ran in');
  return result;
}

/** The text of the statement too: a key that a definition gives may serve several steps. */
function hashOf({ workspace, idempotencyKey }: EffectKey, { text }: Statement): string {
  return createHash('sha256')
    .update(JSON.stringify([workspace, idempotencyKey, text]))
    .digest('hex');
}

/** No result beside the key: the statement had committed by itself, and the node died before it could say so. */
function resultOf(stored: Json | undefined): Result {
  const parsed: unknown = typeof stored === 'string' ? JSON.parse(stored) : undefined;
  if (isObject(parsed)) return parsed as unknown as Result;
  throw unknownOutcome('an earlier delivery of it was cut off');
}

function unknownOutcome(reason: string): StepFailure {
  return new StepFailure(
    'DB_OUTCOME_UNKNOWN',
    `nobody knows whether the write was done: ${reason}. Statements that change the schema, or commit by themselves, need a connection without idempotency_table`,
    { retryable: false },
  );
}
