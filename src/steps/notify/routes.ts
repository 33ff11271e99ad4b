/** Which connection a channel goes by: the one that the step names, else the only one of its kind. */
import type { Connection, Connections } from '../connections.ts';
import { StepFailure } from '../connector.ts';

export type Channel = 'slack' | 'email' | 'pagerduty' | 'teams' | 'webhook';

export interface Route {
  readonly channel: Channel;
  /** Its name. */
  readonly connection: string;
}

const typeOf: Readonly<Record<Channel, Connection['type']>> = {
  slack: 'slack',
  email: 'smtp',
  pagerduty: 'pagerduty',
  teams: 'teams',
  webhook: 'webhook',
};

/** Throws before anything is sent where one of the channels leads nowhere, or a name fits none of them. */
export function routesOf(
  connections: Connections,
  { channels, names }: { channels: readonly Channel[]; names: readonly string[] },
): readonly Route[] {
  for (const name of names) requireFitting(connections, name, channels);
  return channels.map((channel) => {
    const type = typeOf[channel];
    const named = names.filter((name) => connections[name]?.type === type);
    const all = Object.keys(connections).filter((name) => connections[name]?.type === type);
    const [connection, ...others] = named.length > 0 ? named : all;
    if (connection === undefined) {
      throw unknown(
        `there is no connection of type ${type} for the channel ${channel}: configure one under connections`,
      );
    }
    if (others.length === 0) return { channel, connection };
    const found = [connection, ...others].join(', ');
    throw new StepFailure(
      'CONNECTION_AMBIGUOUS',
      `the channel ${channel} could go by ${found}: name one by "connection"`,
      { retryable: false },
    );
  });
}

function requireFitting(connections: Connections, name: string, channels: readonly Channel[]): void {
  const connection = Object.hasOwn(connections, name) ? connections[name] : undefined;
  if (connection === undefined) {
    const known = Object.keys(connections).join(', ') || 'none';
    throw unknown(`there is no connection "${name}": configure it under connections (there are: ${known})`);
  }
  if (channels.some((channel) => typeOf[channel] === connection.type)) return;
  throw unknown(`the connection "${name}" is of type ${connection.type}, which none of ${channels.join(', ')} goes by`);
}

function unknown(message: string): StepFailure {
  return new StepFailure('CONNECTION_UNKNOWN', message, { retryable: false });
}
