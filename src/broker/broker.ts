/**
 * Messages between programs: topics that steps publish to and consumers take from.
 *
 * What every driver promises, and `broker.conformance.ts` holds: a message whose `publish` resolved reaches every group
 * that was subscribed before, at least once, also where the process dies in between; messages of one key are taken in the
 * order in which they were published, the next one only when the one before is settled; whoever takes slowly is sent no
 * more than it said it can hold. Nothing is promised about messages without a key, nor that a message comes once: its id
 * is the same every time, and tells. Every call names its workspace; nothing of another one is ever seen.
 *
 * The engine's own truth is never here: an execution goes on from the database, whatever a broker forgets.
 */
export interface Broker {
  /**
   * Resolves when the message is kept as well as the driver keeps anything. Repeating it under the same id is harmless.
   * Rejects with TOPIC_INVALID or MESSAGE_TOO_LARGE; with BROKER_FULL or BROKER_UNREACHABLE, where another try may help.
   */
  publish(message: Message): Promise<{ readonly position: string }>;
  /**
   * Joins a group: each message goes to one subscription of it. A group lasts, with what it has not settled, whoever
   * subscribes and leaves; a new one begins with what is published once this has resolved.
   */
  subscribe(group: Group, take: Take): Promise<Subscription>;
  /** Looking through a topic without taking anything. Undefined where the broker keeps no log of it. */
  readonly log: TopicLog | undefined;
  /** Undefined where it can be reached. */
  trouble(): Promise<string | undefined>;
  /** Waits for what is being taken, for a while; the rest comes again. */
  close(): Promise<void>;
}

export interface Address {
  readonly workspace: string;
  /** See `kit/topic-name.ts`. */
  readonly topic: string;
}

export interface Message extends Address {
  /** Stable over all attempts to send it. */
  readonly id: string;
  /** Messages of one key keep their order. */
  readonly key?: string | undefined;
  /** By names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface StoredMessage extends Message {
  /** Its place in the topic, as the broker writes it. */
  readonly position: string;
  /** Milliseconds since the epoch. */
  readonly publishedAt: number;
}

export interface Delivery extends StoredMessage {
  /** Counts from 1. */
  readonly attempt: number;
}

/** Settled when it resolves; comes again after a pause when it rejects. */
export type Take = (delivery: Delivery) => Promise<void>;

export interface Group extends Address {
  readonly name: string;
  /** Messages in this subscription's hands at once. Default 16. */
  readonly inHandMax?: number;
  /** What rejected is tried again after `initialMs`, then twice as long each time. */
  readonly redelivery?: Partial<Redelivery>;
}

export interface Redelivery {
  readonly initialMs: number;
  readonly maxMs: number;
  /** After so many the message goes to the topic `<topic>.dead-letter`. */
  readonly attemptsMax: number;
}

export const groupDefaults = { inHandMax: 16, redelivery: { initialMs: 500, maxMs: 60_000, attemptsMax: 10 } } as const;

export interface Subscription {
  /** Takes no more; resolves when what it has in hand is settled. */
  close(): Promise<void>;
}

export interface TopicLog {
  /**
   * Those after a position, oldest first, fewer than asked for where they are large; waits for the first of them where
   * there is none, `waitMs` at most. Rejects with TOPIC_INVALID or CURSOR_INVALID.
   */
  read(place: LogPlace, signal?: AbortSignal): Promise<readonly StoredMessage[]>;
  /** By name. */
  topics(workspace: string): Promise<readonly TopicSummary[]>;
}

export interface LogPlace extends Address {
  /** Absent: from the oldest that is kept. */
  readonly after?: string | undefined;
  readonly limit: number;
  readonly waitMs?: number;
}

export interface TopicSummary {
  readonly topic: string;
  readonly messages: number;
  readonly sizeBytes: number;
  /** Of the newest message that there ever was. */
  readonly position: string;
  readonly groups: readonly { readonly name: string; readonly unsettled: number }[];
}

/** The body and the headers together, in bytes of UTF-8: what Kafka and NATS take unless they are told otherwise. */
export const messageBytesMax = 1_000_000;

export const deadLetterOf = (topic: string): string => `${topic.slice(0, 249 - '.dead-letter'.length)}.dead-letter`;
