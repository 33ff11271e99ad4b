/**
 * The connections to one database: so many at once, and the rest waits in its order.
 *
 * The one used last is used next, so that what is not needed grows idle and is closed. An idle connection that the server
 * closes is dropped; nobody is waiting for it.
 */
import type { Cancel, Clock } from '../../kit/clock.ts';
import { unreachable } from './database-failure.ts';
import type { Session } from './session.ts';

export interface SessionPool {
  /** Rejects with DB_UNREACHABLE where none can be opened, and when the signal is aborted before one was free. */
  take(signal: AbortSignal): Promise<Taken>;
  /** Gives it back; one that is not usable any more is closed. */
  give(session: Session): void;
  close(): void;
}

export interface Taken {
  readonly session: Session;
  /** It was opened before: the server may have left it meanwhile without a word. */
  readonly isUsed: boolean;
}

export interface PoolOptions {
  readonly open: () => Promise<Session>;
  readonly sessionsMax: number;
  readonly clock: Clock;
}

/** How long a connection stays open without work. */
const idleMs = 30_000;

interface Idle {
  readonly session: Session;
  readonly cancelEnd: Cancel;
}

interface Waiting {
  /** It waits no longer: what is opened for it is another's. */
  isGone: boolean;
  resolve(taken: Taken): void;
  reject(error: unknown): void;
}

export function openSessionPool({ open, sessionsMax, clock }: PoolOptions): SessionPool {
  const idle: Idle[] = [];
  const waiting: Waiting[] = [];
  /** Idle, in use, or being opened. */
  let openCount = 0;
  let isClosed = false;

  function discard(session: Session): void {
    openCount -= 1;
    session.close();
    serveNext();
  }

  function openFor(waiter: Waiting): void {
    openCount += 1;
    open().then(
      (session) => {
        if (isClosed) waiter.reject(closing());
        if (isClosed || waiter.isGone) give(session);
        else waiter.resolve({ session, isUsed: false });
      },
      (error: unknown) => {
        openCount -= 1;
        waiter.reject(isClosed ? closing() : error);
        serveNext();
      },
    );
  }

  function serveNext(): void {
    if (openCount >= sessionsMax) return;
    const next = waiting.shift();
    if (next) openFor(next);
  }

  function takeIdle(): Session | undefined {
    for (let last = idle.pop(); last; last = idle.pop()) {
      last.cancelEnd();
      if (last.session.isUsable()) return last.session;
      discard(last.session);
    }
    return undefined;
  }

  function rest(session: Session): void {
    const entry: Idle = {
      session,
      cancelEnd: clock.schedule(idleMs, () => {
        idle.splice(idle.indexOf(entry), 1);
        discard(session);
      }),
    };
    idle.push(entry);
  }

  function give(session: Session): void {
    if (isClosed || !session.isUsable()) return discard(session);
    const next = waiting.shift();
    if (next) next.resolve({ session, isUsed: true });
    else rest(session);
  }

  return {
    take(signal) {
      const { promise, resolve, reject } = Promise.withResolvers<Taken>();
      if (isClosed) return Promise.reject(closing());
      if (signal.aborted) return Promise.reject(noneInTime());
      const session = takeIdle();
      if (session) return Promise.resolve({ session, isUsed: true });
      const waiter: Waiting = { isGone: false, resolve, reject };
      const leave = (): void => {
        waiter.isGone = true;
        const place = waiting.indexOf(waiter);
        if (place >= 0) waiting.splice(place, 1);
        reject(noneInTime());
      };
      signal.addEventListener('abort', leave, { once: true });
      if (openCount < sessionsMax) openFor(waiter);
      else waiting.push(waiter);
      return promise.finally(() => signal.removeEventListener('abort', leave));
    },
    give,
    close() {
      isClosed = true;
      for (const { session, cancelEnd } of idle.splice(0)) {
        cancelEnd();
        discard(session);
      }
      for (const { reject } of waiting.splice(0)) reject(closing());
    },
  };
}

const noneInTime = () =>
  unreachable('no connection was free in time: raise "max_connections", or run fewer steps at once');
const closing = () => unreachable('the server is shutting down');
