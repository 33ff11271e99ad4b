/**
 * The broker in this process: topics in one SQLite file beside the store's, or in memory where the store is too.
 *
 * A message is kept when `publish` resolves, as durable as the journal is; a repeat of its id, while it is kept, is the
 * message that is there already. Crash points: before the commit nobody was told that it is there; after it, it is there.
 * A process that dies with messages in hand takes them again when it comes back, attempts counted.
 */
import type { Clock } from '../../kit/clock.ts';
import { Fault } from '../../kit/fault.ts';
import { isTopicName, topicNameRule } from '../../kit/topic-name.ts';
import {
  type Broker,
  type Group,
  groupDefaults,
  type LogPlace,
  type Message,
  messageBytesMax,
  type StoredMessage,
  type Take,
} from '../broker.ts';
import { linkBroker } from './broker-link.ts';
import { type EmbeddedSubscription, openSubscription } from './embedded-subscription.ts';
import { closeWaitMs, type EmbeddedLimits, embeddedDefaults } from './limits.ts';

export interface EmbeddedDeps {
  readonly clock: Clock;
  readonly warn: (message: string, error: unknown) => void;
  /** Absent: in memory. */
  readonly folder?: string | undefined;
  readonly limits?: Partial<EmbeddedLimits>;
}

export function openEmbeddedBroker(deps: EmbeddedDeps): Broker {
  const { clock, warn, folder } = deps;
  const link = linkBroker({ folder, limits: { ...embeddedDefaults, ...deps.limits } });
  const subscriptions = new Map<EmbeddedSubscription, string>();
  const readers = openReaders();

  function wake(place: string): void {
    for (const [subscription, its] of subscriptions) if (its === place) subscription.wake();
    readers.wake(place);
  }

  async function subscribe(group: Group, take: Take) {
    const { workspace, topic, name, inHandMax = groupDefaults.inHandMax } = group;
    requireTopic(topic);
    const redelivery = { ...groupDefaults.redelivery, ...group.redelivery };
    const number = await link.call('join', { workspace, topic, name });
    const place = placeOf(group);
    const subscription = openSubscription(
      { clock, link, warn, wake: (its) => wake(placeOf({ workspace, topic: its })) },
      { group: number, topic, inHandMax, redelivery, take },
    );
    subscriptions.set(subscription, place);
    subscription.wake();
    return {
      async close() {
        subscriptions.delete(subscription);
        await subscription.close();
      },
    };
  }

  async function read(place: LogPlace, signal?: AbortSignal): Promise<readonly StoredMessage[]> {
    const { workspace, topic, after = '0', limit, waitMs = 0 } = place;
    requireTopic(topic);
    const asked = { workspace, topic, after: positionOf(after), limit };
    const until = clock.monotonicMs() + waitMs;
    for (;;) {
      const news = readers.next(placeOf(place));
      try {
        const found = await link.call('read', asked);
        const remainingMs = until - clock.monotonicMs();
        if (found.length > 0 || remainingMs <= 0 || signal?.aborted) return found;
        await news.within(remainingMs, { clock, signal });
      } finally {
        news.forget();
      }
    }
  }

  return {
    async publish(message) {
      const sizeBytes = sizeOf(message);
      const published = await link.call('publish', { message, sizeBytes, at: clock.nowMs() });
      wake(placeOf(message));
      return published;
    },
    subscribe,
    log: { read, topics: (workspace) => link.call('topics', { workspace }) },
    async trouble() {
      try {
        await link.call('read', { workspace: '', topic: '', after: 0, limit: 1 });
        return undefined;
      } catch (error) {
        return (error as Error).message;
      }
    },
    async close() {
      const ended = Promise.all([...subscriptions.keys()].map((subscription) => subscription.close()));
      const late = Promise.withResolvers<void>();
      const cancel = clock.schedule(closeWaitMs, late.resolve);
      await Promise.race([ended, late.promise]);
      cancel();
      readers.wakeAll();
      await link.close();
    },
  };
}

const placeOf = ({ workspace, topic }: { workspace: string; topic: string }): string => `${workspace}\n${topic}`;

function positionOf(text: string): number {
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw new Fault('CURSOR_INVALID', 'it is no position of this broker: give one back that a message had');
}

function requireTopic(topic: string): void {
  if (isTopicName(topic)) return;
  throw new Fault('TOPIC_INVALID', `"${topic.slice(0, 100)}" is no name of a topic: use ${topicNameRule}`);
}

function sizeOf({ topic, id, key = '', headers, body }: Message): number {
  requireTopic(topic);
  const sizeBytes = Buffer.byteLength(body) + Buffer.byteLength(JSON.stringify(headers)) + Buffer.byteLength(id + key);
  if (sizeBytes <= messageBytesMax) return sizeBytes;
  throw new Fault(
    'MESSAGE_TOO_LARGE',
    `the message has ${sizeBytes} bytes, at most ${messageBytesMax} are possible: send where it is found instead`,
  );
}

interface News {
  /** Resolves with the next message of the topic, when the time is over, or when nobody wants to know any more. */
  within(ms: number, deps: { readonly clock: Clock; readonly signal: AbortSignal | undefined }): Promise<void>;
  forget(): void;
}

/** Those who wait for the next message of a topic. */
function openReaders() {
  const waiting = new Map<string, Set<() => void>>();
  return {
    next(place: string): News {
      const { promise, resolve } = Promise.withResolvers<void>();
      const here = waiting.get(place) ?? new Set();
      waiting.set(place, here.add(resolve));
      return {
        async within(ms, { clock, signal }) {
          const cancel = clock.schedule(ms, resolve);
          signal?.addEventListener('abort', () => resolve(), { once: true });
          await promise;
          cancel();
        },
        forget() {
          here.delete(resolve);
          if (here.size === 0) waiting.delete(place);
        },
      };
    },
    wake(place: string): void {
      for (const tell of waiting.get(place) ?? []) tell();
    },
    wakeAll(): void {
      for (const here of waiting.values()) for (const tell of here) tell();
    },
  };
}
