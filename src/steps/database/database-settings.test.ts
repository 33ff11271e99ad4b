import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Fault } from '../../kit/fault.ts';
import type { DatabaseConnection } from '../database-connection.ts';
import { settingsOf } from './database-settings.ts';

const own = { storage: 'sqlite:/srv/data', databasesFolder: '/srv/data/databases' };
const limits = { readOnly: false, maxRows: 10_000, maxConnections: 10, idempotencyTable: undefined };
const server = { ...limits, host: 'localhost', username: 'u', password: '', database: '', tls: undefined };

describe('a database connection', () => {
  const complete: readonly [DatabaseConnection, object][] = [
    [
      { type: 'postgres', username: 'u' },
      { ...server, type: 'postgres', port: 5432 },
    ],
    [
      {
        type: 'mysql',
        host: 'db',
        port: 3307,
        username: 'u',
        password: 'p',
        database: 'd',
        readOnly: true,
        maxRows: 5,
      },
      { ...server, type: 'mysql', host: 'db', port: 3307, password: 'p', database: 'd', readOnly: true, maxRows: 5 },
    ],
    [
      { type: 'postgres', url: 'postgres://u%40x:p%2Fw@[::1]:5433/my%20db?sslmode=verify-full', maxConnections: 3 },
      {
        ...server,
        type: 'postgres',
        host: '::1',
        port: 5433,
        username: 'u@x',
        password: 'p/w',
        database: 'my db',
        maxConnections: 3,
        tls: { isVerified: true, authority: undefined },
      },
    ],
    [
      { type: 'mysql', url: 'mysql://u@db/d?sslmode=no-verify', sslAuthority: 'PEM', host: 'replica' },
      {
        ...server,
        type: 'mysql',
        host: 'replica',
        port: 3306,
        database: 'd',
        tls: { isVerified: false, authority: 'PEM' },
      },
    ],
    [
      { type: 'postgres', url: 'postgres://u@db/d?ssl=true', ssl: false, idempotencyTable: 'effects' },
      { ...server, type: 'postgres', host: 'db', port: 5432, database: 'd', idempotencyTable: 'effects' },
    ],
    [
      { type: 'sqlite', path: 'a/b.db' },
      {
        ...limits,
        type: 'sqlite',
        maxConnections: 2,
        folder: '/srv/data/databases',
        ownFolder: '/srv/data',
        path: 'a/b.db',
      },
    ],
  ];
  for (const [connection, settings] of complete) {
    test(`is completed: ${JSON.stringify(connection)}`, () => {
      assert.deepEqual(settingsOf('shop', connection, own), settings);
    });
  }

  const refusals: readonly [DatabaseConnection, RegExp, Partial<typeof own>?][] = [
    [{ type: 'postgres' }, /connections\.shop needs a "username"/],
    [{ type: 'postgres', url: 'hunter2' }, /"url" cannot be read/],
    [{ type: 'postgres', url: 'postgres://u:hunter2@db/d?sslmode=maybe' }, /"sslmode" must be one of disable/],
    [{ type: 'mysql', url: 'mysql://u:hunter2@db/d?charset=x' }, /has "charset"/],
    [{ type: 'sqlite', path: '../x.db' }, /must lie in the folder of databases/],
    [{ type: 'sqlite', path: '../../x.db' }, /must lie in the folder of databases/],
    [{ type: 'sqlite', path: '/etc/x.db' }, /must lie in the folder of databases/],
    [{ type: 'sqlite', path: 'magicflow.db' }, /beside the database of the engine/, { databasesFolder: '/srv/data' }],
    [{ type: 'sqlite', path: '.' }, /must lie in the folder/],
    [
      { type: 'postgres', url: 'postgres://other@127.0.0.1/flows' },
      /is the database of the engine itself/,
      { storage: 'postgresql://me:pw@localhost:5432/flows' },
    ],
  ];
  for (const [connection, message, more] of refusals) {
    test(`is refused: ${JSON.stringify(connection)}`, () => {
      assert.throws(
        () => settingsOf('shop', connection, { ...own, ...more }),
        (error) =>
          Fault.is(error, 'CONFIG_INVALID') && message.test(error.message) && !error.message.includes('hunter2'),
      );
    });
  }

  test('may lead to another database of the server that the engine uses', () => {
    const storage = 'postgresql://me:pw@localhost/flows';
    const found = settingsOf('shop', { type: 'postgres', url: 'postgres://u@localhost/shop' }, { ...own, storage });
    assert.equal(found.type, 'postgres');
  });
});
