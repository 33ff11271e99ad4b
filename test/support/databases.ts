/** A database of a test's own, on a real server or in a file, and what a test does to it behind the platform's back. */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import mysql from 'mysql2/promise';
import pg from 'pg';
import type { DatabaseSettings, ServerSettings } from '../../src/steps/database/database-settings.ts';

export interface TestDatabase {
  readonly settings: DatabaseSettings;
  /** Its URL, or the name of its file. */
  readonly url: string;
  /** Ends every connection to it from the server's side; how many there were. */
  disconnect(): Promise<number>;
  close(): Promise<void>;
}

const limits = { readOnly: false, maxRows: 10_000, maxConnections: 4, idempotencyTable: undefined };
const nameOf = (): string => `test_${randomBytes(6).toString('hex')}`;

function serverConnection(type: ServerSettings['type'], url: URL, database: string): ServerSettings {
  const { hostname: host, port, username, password } = url;
  return { type, host, port: Number(port), username, password, database, tls: undefined, ...limits };
}

export async function openPostgresDatabase(url: string): Promise<TestDatabase> {
  const name = nameOf();
  const admin = new pg.Client(url);
  await admin.connect();
  await admin.query(`CREATE DATABASE ${name}`);
  const disconnect = async (): Promise<number> => {
    const found = await admin.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1', [
      name,
    ]);
    return found.rowCount ?? 0;
  };
  return {
    settings: serverConnection('postgres', new URL(url), name),
    url: url.replace(/\/postgres$/, `/${name}`),
    disconnect,
    async close() {
      await admin.query(`DROP DATABASE ${name} WITH (FORCE)`);
      await admin.end();
    },
  };
}

export async function openMysqlDatabase(url: string): Promise<TestDatabase> {
  const name = nameOf();
  const admin = await mysql.createConnection(url);
  await admin.query(`CREATE DATABASE ${name} CHARACTER SET utf8mb4`);
  const disconnect = async (): Promise<number> => {
    const [rows] = await admin.query('SELECT id FROM information_schema.processlist WHERE db = ?', [name]);
    const ids = (rows as { id: number }[]).map(({ id }) => id);
    // One that has ended meanwhile is no failure.
    for (const id of ids) await admin.query(`KILL CONNECTION ${id}`).catch(() => undefined);
    return ids.length;
  };
  return {
    settings: serverConnection('mysql', new URL(url), name),
    url: `${url}${name}`,
    disconnect,
    async close() {
      await disconnect();
      await admin.query(`DROP DATABASE ${name}`);
      await admin.end();
    },
  };
}

export async function openSqliteDatabase(): Promise<TestDatabase> {
  const folder = mkdtempSync(join(tmpdir(), 'magicflow-sqlite-'));
  return {
    settings: { type: 'sqlite', folder, ownFolder: undefined, path: 'test.db', ...limits },
    url: join(folder, 'test.db'),
    disconnect: async () => 0,
    close: async () => rmSync(folder, { recursive: true, force: true }),
  };
}
