/** What the broker and its thread say to each other: a list of operations, and for each what came of it. */
import type { FaultCode } from '../../kit/fault.ts';
import type { Delivery, Message, StoredMessage, TopicSummary } from '../broker.ts';

export interface Operations {
  readonly publish: {
    readonly given: { readonly message: Message; readonly sizeBytes: number; readonly at: number };
    readonly gives: { readonly position: string };
  };
  readonly read: {
    readonly given: {
      readonly workspace: string;
      readonly topic: string;
      readonly after: number;
      readonly limit: number;
    };
    readonly gives: readonly StoredMessage[];
  };
  readonly topics: { readonly given: { readonly workspace: string }; readonly gives: readonly TopicSummary[] };
  readonly join: {
    readonly given: { readonly workspace: string; readonly topic: string; readonly name: string };
    /** The group's number. */
    readonly gives: number;
  };
  readonly take: {
    readonly given: { readonly group: number; readonly limit: number; readonly at: number };
    readonly gives: Taken;
  };
  /** Of one that was taken: null, or when it is due again, or that it goes to the dead letters for a reason. */
  readonly settle: {
    readonly given: { readonly group: number; readonly position: number; readonly then: Settlement };
    readonly gives: null;
  };
}

export type Settlement = null | { readonly dueAt: number } | { readonly deadLetter: DeadLetter };

export interface DeadLetter {
  readonly topic: string;
  readonly reason: string;
  readonly at: number;
}

export interface Taken {
  readonly deliveries: readonly (Delivery & { readonly place: number })[];
  /** When the next of those that were given back is due; null where none waits. */
  readonly dueAt: number | null;
}

export type Kind = keyof Operations;
export type Given<K extends Kind> = Operations[K]['given'];
export type Gives<K extends Kind> = Operations[K]['gives'];

export type Request = { [K in Kind]: { readonly kind: K; readonly given: Given<K> } }[Kind];

export type Outcome = { readonly value: unknown } | { readonly fault: { code: FaultCode; message: string } };

/** Performs one inside the transaction of its list. Throws a Fault, having changed nothing, where it refuses. */
export type Performers = { readonly [K in Kind]: (given: Given<K>) => Gives<K> };
