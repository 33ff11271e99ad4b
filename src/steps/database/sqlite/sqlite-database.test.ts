import { openSqliteDatabase } from '../../../../test/support/databases.ts';
import { databaseConformance } from '../database.conformance.ts';

databaseConformance({
  name: 'SQLite',
  skip: false,
  open: openSqliteDatabase,
  slow: 'WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n',
  writes: [
    "INSERT INTO item (id, name) VALUES (7, 'w')",
    'UPDATE item SET amount = 1',
    'DELETE FROM item',
    'DROP TABLE item',
    'CREATE TABLE other (id int)',
    'PRAGMA query_only = 0',
    'PRAGMA user_version = 7',
  ],
  leftovers: [{ leave: 'CREATE TEMP TABLE left_over AS SELECT 1 AS one', look: 'SELECT * FROM left_over' }],
  badSyntax: 'DB_42000',
  noTable: 'DB_42000',
  astray: (connection) => ({ ...connection, path: '../elsewhere.db' }) as typeof connection,
});
