import { Fault } from '../kit/fault.ts';
import { type Fields, optional, required } from '../model/fields/field.ts';
import { type Kind, label, reportType } from '../model/fields/kind.ts';
import type { Sink } from '../model/sink.ts';
import { isMap, nameOf, type Spot, textOf } from '../model/yaml/tree.ts';
import type { DatabaseConnection } from '../steps/database-connection.ts';
import { requireConnection } from '../steps/database-connections.ts';
import { flag, named, port, url, whole } from './config-kinds.ts';

/** Databases that steps may use. */
const tableName: Kind<string> = {
  expected: 'the name of a table, like magicflow_effects',
  read(spot, sink) {
    const found = textOf(spot);
    if (found === undefined) return reportType(spot, sink, tableName.expected);
    if (/^[A-Za-z_]\w{0,62}(\.[A-Za-z_]\w{0,62})?$/.test(found)) return found;
    sink.report('VALUE_INVALID', spot, `"${nameOf(spot)}" must be ${tableName.expected}`);
    return undefined;
  },
  schema: () => ({ type: 'string' }),
};

const limits = {
  readOnly: optional('read_only', flag, 'Enforced by the database itself. Default false.'),
  maxRows: optional('max_rows', whole({ min: 1, max: 100_000 }), 'Rows of one result. Default 10,000.'),
  maxConnections: optional(
    'max_connections',
    whole({ min: 1, max: 1_000 }),
    'Open at once; more steps wait. Default 10, of a SQLite file 2.',
  ),
  idempotencyTable: optional('idempotency_table', tableName, 'Remembers which writes were done. Default none.'),
} satisfies Fields;

const server = {
  host: optional('host', label, 'Where it listens. Default localhost.'),
  port: optional('port', port, 'Its port.'),
  username: optional(['username', 'user'], label, 'Who signs in.'),
  password: optional('password', label, 'Keep it in a variable.'),
  database: optional('database', label, 'The name of the database.'),
  ssl: optional('ssl', flag, 'Encrypt the connection. Default false.'),
  sslVerify: optional('ssl_verify', flag, 'False believes whoever answers. Default true.'),
  sslAuthority: optional('ssl_ca', label, 'Certificates of its authority, as PEM.'),
  ...limits,
} satisfies Fields;

export const postgres = {
  type: required('type', named({ postgres: ['postgresql'] }), 'What it is.'),
  url: optional('url', url('postgres', 'postgresql'), 'Instead of its parts. Keep it in a variable.'),
  ...server,
} satisfies Fields;

export const mysql = {
  type: required('type', named({ mysql: ['mariadb'] }), 'What it is.'),
  url: optional('url', url('mysql', 'mariadb'), 'Instead of its parts. Keep it in a variable.'),
  ...server,
} satisfies Fields;

export const sqlite = {
  type: required('type', named({ sqlite: [] }), 'What it is.'),
  path: required('path', label, 'The file, inside the folder of databases.'),
  ...limits,
} satisfies Fields;

/** What only the whole of a connection tells: whether it leads anywhere. */
export function reportAstray(connection: DatabaseConnection, spot: Spot, sink: Sink): void {
  // What could not be read is told already.
  const isWhole = isMap(spot) && spot.node.entries.length === Object.keys(connection).length;
  if (!isWhole || (connection.type === 'sqlite' && connection.path === undefined)) return;
  try {
    requireConnection(String(spot.key), connection);
  } catch (error) {
    if (!Fault.is(error)) throw error;
    sink.report(error.detail['isMissing'] === true ? 'FIELD_MISSING' : 'VALUE_INVALID', spot, error.message);
  }
}
