import type { DatabaseConnection } from './database-connection.ts';

/** What the configuration knows how to reach, by name. One interface a kind. */
export type Connections = Readonly<Record<string, Connection>>;

export type Connection =
  | SlackConnection
  | TeamsConnection
  | PagerDutyConnection
  | SmtpConnection
  | WebhookConnection
  | DatabaseConnection;

export type ConnectionOf<Type extends Connection['type']> = Extract<Connection, { type: Type }>;

export interface SlackConnection {
  readonly type: 'slack';
  /** Of an incoming webhook: a secret. */
  readonly url: string;
}

export interface TeamsConnection {
  readonly type: 'teams';
  /** Of a workflow that is started by a webhook request: a secret. */
  readonly url: string;
}

export interface PagerDutyConnection {
  readonly type: 'pagerduty';
  readonly routingKey: string;
  /** Default: the Events API v2 of the United States. */
  readonly url?: string;
}

export interface WebhookConnection {
  readonly type: 'webhook';
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Signs what is sent. */
  readonly secret?: string;
}

export interface SmtpConnection {
  readonly type: 'smtp';
  readonly host: string;
  /** Default 465 for `tls`, 587 otherwise. */
  readonly port?: number;
  readonly username?: string;
  readonly password?: string;
  /** The sender's address. */
  readonly from: string;
  /** From the first byte, or from a command on; `none` sends in the clear. Default `starttls`, `tls` at port 465. */
  readonly secure?: 'tls' | 'starttls' | 'none';
}
