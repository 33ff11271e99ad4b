import type { DatabaseSettings } from './database-settings.ts';
import type { Dialect } from './dialect.ts';
import { mysqlDialect } from './mysql/mysql-dialect.ts';
import { postgresDialect } from './postgres/postgres-dialect.ts';
import type { Session, SessionLimits } from './session.ts';
import { sqliteDialect } from './sqlite/sqlite-dialect.ts';

/** Every kind of database there is. */
export const dialects: Readonly<Record<DatabaseSettings['type'], Dialect>> = {
  postgres: postgresDialect,
  mysql: mysqlDialect,
  sqlite: sqliteDialect,
};

/** Clients are loaded on demand: who has no MySQL never pays for its client. */
export async function openSession(connection: DatabaseSettings, limits: SessionLimits): Promise<Session> {
  switch (connection.type) {
    case 'postgres':
      return (await import('./postgres/postgres-session.ts')).openPostgresSession(connection, limits);
    case 'mysql':
      return (await import('./mysql/mysql-session.ts')).openMysqlSession(connection, limits);
    case 'sqlite':
      return (await import('./sqlite/sqlite-session.ts')).openSqliteSession(connection, limits);
  }
}
