import type { Connection, Connections } from './connections.ts';
import { type DatabaseSettings, settingsOf } from './database/database-settings.ts';
import type { DatabaseConnection, OwnPlaces } from './database-connection.ts';

export type { DatabaseSettings } from './database/database-settings.ts';

/** Those of the connections that are databases, by name. Throws CONFIG_INVALID for one that leads nowhere. */
export function databasesOf(connections: Connections, own: OwnPlaces): ReadonlyMap<string, DatabaseSettings> {
  return new Map(
    Object.entries(connections).flatMap(([name, connection]) =>
      isDatabase(connection) ? [[name, settingsOf(name, connection, own)] as const] : [],
    ),
  );
}

export const isDatabase = (connection: Connection): connection is DatabaseConnection =>
  connection.type === 'postgres' || connection.type === 'mysql' || connection.type === 'sqlite';

/** Throws CONFIG_INVALID for a connection that would lead nowhere on any machine. */
export function requireConnection(name: string, connection: DatabaseConnection): void {
  settingsOf(name, connection, { storage: 'memory:', databasesFolder: 'databases' });
}
