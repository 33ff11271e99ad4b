import { dirname, join, resolve } from 'node:path';
import { Fault } from '../../kit/fault.ts';
import type { DatabaseConnection, OwnPlaces, SqliteConnection } from '../database-connection.ts';

/** A connection with every default filled in. */
export type DatabaseSettings = ServerSettings | SqliteSettings;

interface Limits {
  readonly readOnly: boolean;
  readonly maxRows: number;
  readonly maxConnections: number;
  readonly idempotencyTable: string | undefined;
}

export interface ServerSettings extends Limits {
  readonly type: 'postgres' | 'mysql';
  readonly host: string;
  readonly port: number;
  readonly username: string;
  readonly password: string;
  /** Empty: the server's choice. */
  readonly database: string;
  readonly tls: TlsManner;
}

/** Undefined: in the clear. */
export type TlsManner =
  | {
      /** False: whoever answers is believed. */
      readonly isVerified: boolean;
      /** PEM. Default: the authorities that the runtime knows. */
      readonly authority: string | undefined;
    }
  | undefined;

export interface SqliteSettings extends Limits {
  readonly type: 'sqlite';
  /** Absolute. The file is refused where it does not lie inside. */
  readonly folder: string;
  /** Of the engine's own files, absolute; undefined where they are elsewhere. */
  readonly ownFolder: string | undefined;
  readonly path: string;
}

const maxRowsDefault = 10_000;
const maxConnectionsDefault = { postgres: 10, mysql: 10, sqlite: 2 };
const portDefault = { postgres: 5432, mysql: 3306 };

/** Throws CONFIG_INVALID for a connection that leads nowhere, or to the engine's own database. */
export function settingsOf(name: string, connection: DatabaseConnection, own: OwnPlaces): DatabaseSettings {
  const limits: Limits = {
    readOnly: connection.readOnly ?? false,
    maxRows: connection.maxRows ?? maxRowsDefault,
    maxConnections: connection.maxConnections ?? maxConnectionsDefault[connection.type],
    idempotencyTable: connection.idempotencyTable,
  };
  if (connection.type === 'sqlite') return { ...limits, ...sqliteFile(name, connection, own) };
  const settings = { ...limits, ...serverPlace(name, connection) };
  if (isSame(settings, own.storage))
    throw invalid(name, 'is the database of the engine itself: give steps one of their own');
  return settings;
}

function sqliteFile(name: string, { path }: SqliteConnection, { storage, databasesFolder }: OwnPlaces) {
  const folder = resolve(databasesFolder);
  const ownFolder = storage.startsWith('sqlite:')
    ? resolve(storage.slice('sqlite:'.length).replace(/^\/\//, ''))
    : undefined;
  const file = resolve(folder, path);
  if (!file.startsWith(join(folder, '/'))) throw invalid(name, `must lie in the folder of databases, ${folder}`);
  if (dirname(file) === ownFolder)
    throw invalid(name, 'lies beside the database of the engine itself: use another folder');
  return { type: 'sqlite', folder, ownFolder, path } as const;
}

function serverPlace(name: string, connection: Exclude<DatabaseConnection, SqliteConnection>) {
  const { type, sslAuthority } = connection;
  const told = connection.url === undefined ? {} : partsOf(name, connection.url);
  const part = <T>(given: T | undefined, fromUrl: T | undefined, fallback: T): T => given ?? fromUrl ?? fallback;
  const username = part(connection.username, told.username, '');
  if (username === '') throw invalid(name, 'needs a "username"', { isMissing: true });
  const isEncrypted = part(connection.ssl, told.ssl, false);
  const isVerified = part(connection.sslVerify, told.sslVerify, true);
  return {
    type,
    host: part(connection.host, told.host, 'localhost'),
    port: part(connection.port, told.port, portDefault[type]),
    username,
    password: part(connection.password, told.password, ''),
    database: part(connection.database, told.database, ''),
    tls: isEncrypted ? { isVerified, authority: sslAuthority } : undefined,
  };
}

interface UrlParts {
  readonly host?: string;
  readonly port?: number;
  readonly username?: string;
  readonly password?: string;
  readonly database?: string;
  readonly ssl?: boolean;
  readonly sslVerify?: boolean;
}

/** What `sslmode` says: whether to encrypt, and whether to verify. */
const sslModes: Readonly<Record<string, readonly [boolean, boolean]>> = {
  disable: [false, false],
  require: [true, true],
  'verify-ca': [true, true],
  'verify-full': [true, true],
  'no-verify': [true, false],
};

function partsOf(name: string, text: string): UrlParts {
  if (!URL.canParse(text)) throw invalid(name, '"url" cannot be read: write user, password and database URL-encoded');
  const url = new URL(text);
  const mode = url.searchParams.get('sslmode') ?? (url.searchParams.get('ssl') === 'true' ? 'require' : 'disable');
  const unknown = [...url.searchParams.keys()].find((key) => key !== 'sslmode' && key !== 'ssl');
  if (unknown !== undefined) throw invalid(name, `"url" has "${unknown}", which is not known: leave it out`);
  const known = sslModes[mode];
  if (known === undefined) throw invalid(name, `"sslmode" must be one of ${Object.keys(sslModes).join(', ')}`);
  const decoded = (part: string): string => decodeURIComponent(part);
  return {
    ...(url.hostname === '' ? {} : { host: url.hostname.replace(/^\[|\]$/g, '') }),
    ...(url.port === '' ? {} : { port: Number(url.port) }),
    username: decoded(url.username),
    password: decoded(url.password),
    database: decoded(url.pathname.slice(1)),
    ssl: known[0],
    sslVerify: known[1],
  };
}

const loopback = /^(localhost|127\.\d+\.\d+\.\d+|::1)$/;

/** The same server and the same database on it, by their names. */
function isSame({ type, host, port, database }: ServerSettings, storage: string): boolean {
  if (type !== 'postgres' || !/^postgres(ql)?:/.test(storage) || !URL.canParse(storage)) return false;
  const own = new URL(storage);
  const isSameHost =
    own.hostname.toLowerCase() === host.toLowerCase() || [own.hostname, host].every((each) => loopback.test(each));
  return isSameHost && Number(own.port || 5432) === port && decodeURIComponent(own.pathname.slice(1)) === database;
}

function invalid(name: string, reason: string, detail: Record<string, unknown> = {}): Fault {
  return new Fault('CONFIG_INVALID', `connections.${name} ${reason}`, { detail });
}
