/**
 * One attempt at a database: a connection, a transaction in it, one statement, and the connection as it was.
 *
 * Crash or abort before the commit: the server undoes the transaction. Crash while the commit is under way: it is done or
 * not, and the attempt is carried out again; where the connection has an idempotency table, at most once all the same.
 */
import type { Clock } from '../../kit/clock.ts';
import { type EffectKey, type EffectTable, runOnce } from './effects.ts';
import type { Result, Session, TransactionOptions } from './session.ts';
import type { SessionPool } from './session-pool.ts';
import type { Statement } from './statement.ts';

export interface Attempt {
  readonly statement: Statement;
  readonly transaction: TransactionOptions;
  readonly signal: AbortSignal;
  /** Absent where nothing is written, or nothing remembers. */
  readonly once?: { readonly key: EffectKey; readonly place: EffectTable } | undefined;
}

/** How long the server has to stop what it was asked to stop, and a connection to become as it was. */
const stopGraceMs = 5_000;

export async function runAttempt(deps: { pool: SessionPool; clock: Clock }, attempt: Attempt): Promise<Result> {
  const { transaction, signal } = attempt;
  for (;;) {
    const { session, isUsed } = await deps.pool.take(signal);
    let hasBegun = false;
    try {
      return await whileWanted({ ...deps, session, signal }, async () => {
        await session.begin(transaction);
        hasBegun = true;
        return transact(session, attempt);
      });
    } catch (error) {
      // A used connection may be gone without a word. Nothing was asked of it yet: another one may begin.
      const isLost = !hasBegun && isUsed && !session.isUsable();
      if (!isLost || signal.aborted) throw error;
    } finally {
      giveBack({ ...deps, session });
    }
  }
}

async function transact(session: Session, { statement, once }: Attempt): Promise<Result> {
  try {
    const result = await (once ? runOnce(session, statement, once) : session.run(statement));
    await session.commit();
    return result;
  } catch (error) {
    if (session.isUsable()) await session.rollback().catch(() => session.close());
    throw error;
  }
}

interface Used {
  readonly session: Session;
  readonly pool: SessionPool;
  readonly clock: Clock;
}

/** Stops what runs when nobody wants it any more, and leaves the connection only when that is over. */
async function whileWanted<T>(
  { session, signal, clock }: Used & { readonly signal: AbortSignal },
  work: () => Promise<T>,
): Promise<T> {
  let stopping: Promise<void> = Promise.resolve();
  let cancelClose = (): void => undefined;
  const stop = (): void => {
    cancelClose = clock.schedule(stopGraceMs, () => session.close());
    stopping = session.cancel().catch(() => session.close());
  };
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) stop();
  try {
    return await work();
  } finally {
    signal.removeEventListener('abort', stop);
    // A cancel that came late would stop the next one's statement.
    await stopping;
    cancelClose();
  }
}

/** The result need not wait until the connection is as it was. */
function giveBack({ session, pool, clock }: Used): void {
  if (!session.isUsable()) return pool.give(session);
  const cancelClose = clock.schedule(stopGraceMs, () => session.close());
  session
    .reset()
    .catch(() => session.close())
    .finally(() => {
      cancelClose();
      pool.give(session);
    });
}
