import type { Json, JsonObject } from '../../kit/json.ts';
import type { Connection, ConnectionOf } from '../connections.ts';
import type { Outbound } from '../outbound.ts';

/** What people are told, before it is put into the words of a channel. */
export interface Notice {
  readonly message: Json;
  readonly subject: string | undefined;
  /** Addresses, for an email. */
  readonly to: readonly string[];
  readonly severity: 'info' | 'warning' | 'error' | 'critical';
  /** The same however often it is sent by this channel. */
  readonly key: string;
  readonly executionId: string;
  readonly step: string;
  readonly signal: AbortSignal;
  readonly timeoutMs: number;
  readonly traceparent: string;
  /** Keeps a value of the configuration out of what is recorded. */
  hide(secret: string): void;
}

export interface SendDeps {
  readonly outbound: Outbound;
  readonly nowMs: () => number;
}

/** Sends by one kind of connection; resolves, with what is worth recording, once the other side has taken it. */
export type Send<Type extends Connection['type']> = (
  deps: SendDeps,
  notice: Notice,
  connection: ConnectionOf<Type>,
) => Promise<JsonObject>;

/** A message as plain words. */
export function textOf({ message }: Pick<Notice, 'message'>): string {
  return typeof message === 'string' ? message : JSON.stringify(message);
}
