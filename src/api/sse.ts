/**
 * Live events of one execution: the journal, read from a position on and then followed.
 *
 * Everything that is sent is read from the journal in order, and the position moves only with what was written; the
 * watcher merely says when to look again. So a stream has no gap and no duplicate, whatever is committed while it
 * starts, and a client that comes back with the last id it saw goes on exactly there.
 *
 * A stream holds at most one page of events. It waits for a slow reader, and drops one that has not read for 30 s. All
 * that it holds is freed when the response closes, whoever closes it. (`close` of the response, not of the request:
 * that one does not fire once the body has been read.)
 */
import type { ServerResponse } from 'node:http';
import { isEnded } from '../core/state.ts';
import type { Executions, NumberedEvent } from '../engine/engine.ts';
import type { Cancel, Clock } from '../kit/clock.ts';
import { Fault } from '../kit/fault.ts';
import { eventAnswer } from './answers/event-answer.ts';

const pageEvents = 50;
const heartbeatMs = 15_000;
const readerStallMaxMs = 30_000;
/** How long a client waits before it comes back. */
const reconnectMs = 1_000;

export interface StreamTarget {
  readonly workspace: string;
  readonly executionId: string;
  /** The position that the client has seen. */
  readonly after: number;
}

export interface StreamDeps {
  readonly executions: Pick<Executions, 'read' | 'journal' | 'watch'>;
  readonly clock: Clock;
  readonly streamsMax: number;
}

export interface Streams {
  readonly count: number;
  /**
   * Reserves a stream. Rejects with EXECUTION_NOT_FOUND or STREAMS_EXHAUSTED before anything is written; what it
   * resolves to then takes the response over.
   */
  prepare(target: StreamTarget): Promise<(response: ServerResponse, headers: Record<string, string>) => void>;
  /** Ends every stream; clients are told to come back. */
  closeAll(): void;
}

export function openStreams(deps: StreamDeps): Streams {
  const open = new Set<{ leave(): void }>();
  return {
    get count() {
      return open.size;
    },
    async prepare(target) {
      if (open.size >= deps.streamsMax) {
        throw new Fault('STREAMS_EXHAUSTED', `${deps.streamsMax} event streams are open; poll the journal instead`, {
          detail: { retryAfterSeconds: 10 },
        });
      }
      const follower = follow(deps, target);
      const slot = { leave: () => follower.stop() };
      open.add(slot);
      try {
        await follower.begin();
      } catch (error) {
        follower.stop();
        open.delete(slot);
        throw error;
      }
      return (response, headers) => {
        const stream = openStream(deps, response, follower);
        slot.leave = stream.leave;
        response.once('close', () => {
          stream.stop();
          open.delete(slot);
        });
        if (response.destroyed) open.delete(slot);
        else stream.run(headers);
      };
    },
    closeAll() {
      for (const slot of open) slot.leave();
    },
  };
}

/** Reads the journal page by page and knows when to wait and when it has all. */
interface Follower {
  begin(): Promise<void>;
  /** The next events; empty where there are none now; undefined after the last of an execution that has ended. */
  next(): Promise<readonly NumberedEvent[] | undefined>;
  sent(position: number): void;
  /** Resolves once there may be more, or after `stop`. */
  changed(): Promise<void>;
  stop(): void;
}

function follow({ executions }: StreamDeps, { workspace, executionId, after }: StreamTarget): Follower {
  let position = after;
  let end: number | undefined;
  let isStale = true;
  let wake: (() => void) | undefined;
  const look = (): void => {
    isStale = true;
    wake?.();
  };
  // Watching begins before the first read: a move that becomes durable in between is seen by one or by both.
  const unwatch = executions.watch(executionId, (reached, hasEnded) => {
    end = hasEnded ? reached : undefined;
    look();
  });
  return {
    async begin() {
      await executions.read(workspace, executionId, (state) => {
        if (isEnded(state)) end = state.position;
      });
    },
    async next() {
      if (end !== undefined && position >= end) return undefined;
      isStale = false;
      return executions.journal(workspace, executionId, { after: position, limit: pageEvents });
    },
    sent(reached) {
      position = reached;
    },
    async changed() {
      if (isStale) return;
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
      wake = undefined;
    },
    stop() {
      unwatch();
      look();
    },
  };
}

function openStream({ clock }: StreamDeps, response: ServerResponse, follower: Follower) {
  let isOpen = true;
  let cancelHeartbeat: Cancel = () => undefined;
  let isBlocked = false;

  const send = async (text: string): Promise<void> => {
    if (!isOpen || response.write(text)) return;
    isBlocked = true;
    await readerCaughtUp(clock, response);
    isBlocked = false;
  };
  const beat = (): void => {
    cancelHeartbeat = clock.schedule(heartbeatMs, () => {
      if (!isBlocked) void send(': still here\n\n');
      beat();
    });
  };
  const finish = (text: string): void => {
    if (!isOpen) return;
    isOpen = false;
    cancelHeartbeat();
    // A reader that takes nothing must not hold what has ended.
    cancelHeartbeat = clock.schedule(readerStallMaxMs, () => response.destroy());
    response.end(text);
  };
  const pump = async (): Promise<void> => {
    while (isOpen) {
      const events = await follower.next();
      if (events === undefined) return finish('event: end\ndata: {}\n\n');
      for (const event of events) {
        if (!isOpen) return;
        await send(frameOf(event));
        follower.sent(event.position);
      }
      if (events.length === 0) await follower.changed();
    }
  };

  return {
    run(headers: Record<string, string>): void {
      response.writeHead(200, { ...headers, ...streamHeaders });
      response.flushHeaders();
      beat();
      // A journal that cannot be read ends the stream; the client comes back and goes on where it was.
      pump().catch(() => finish(comeBack));
    },
    leave: () => finish(comeBack),
    stop(): void {
      isOpen = false;
      cancelHeartbeat();
      follower.stop();
    },
  };
}

const comeBack = `retry: ${reconnectMs}\n\n`;

const streamHeaders = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-store',
  'x-accel-buffering': 'no',
};

function frameOf(item: NumberedEvent): string {
  return `id: ${item.position}\nevent: ${item.event.type}\ndata: ${JSON.stringify(eventAnswer(item))}\n\n`;
}

/** Resolves when the reader has taken what was written or is gone; one that takes nothing for 30 s is let go. */
function readerCaughtUp(clock: Clock, response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const cancel = clock.schedule(readerStallMaxMs, () => response.destroy());
    const settle = (): void => {
      cancel();
      response.off('drain', settle);
      response.off('close', settle);
      resolve();
    };
    response.on('drain', settle);
    response.on('close', settle);
    if (response.destroyed) settle();
  });
}
