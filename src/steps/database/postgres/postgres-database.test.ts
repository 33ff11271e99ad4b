import { openPostgresDatabase } from '../../../../test/support/databases.ts';
import { findService } from '../../../../test/support/services.ts';
import { databaseConformance } from '../database.conformance.ts';

const { url, skip } = await findService('postgres');

databaseConformance({
  name: 'PostgreSQL',
  skip,
  open: () => openPostgresDatabase(url),
  slow: 'SELECT pg_sleep(30)',
  writes: [
    "INSERT INTO item (id, name) VALUES (7, 'w')",
    'UPDATE item SET amount = 1',
    'DELETE FROM item',
    'DROP TABLE item',
    'CREATE TABLE other (id int)',
    'TRUNCATE item',
    'WITH gone AS (DELETE FROM item RETURNING id) SELECT * FROM gone',
    'DO $$ BEGIN SET TRANSACTION READ WRITE; DELETE FROM item; END $$',
    "DO $$ BEGIN EXECUTE 'DELETE FROM item'; END $$",
  ],
  leftovers: [
    { leave: 'CREATE TEMP TABLE left_over AS SELECT 1 AS one', look: 'SELECT * FROM left_over' },
    { leave: "SET search_path = 'nowhere'", look: "SELECT 1 WHERE current_setting('search_path') = 'nowhere'" },
    { leave: 'SELECT pg_advisory_lock(42)', look: "SELECT 1 FROM pg_locks WHERE locktype = 'advisory'" },
    { leave: 'LISTEN news', look: 'SELECT pg_listening_channels()' },
    { leave: 'PREPARE plan AS SELECT 1', look: "SELECT name FROM pg_prepared_statements WHERE name <> ''" },
  ],
  badSyntax: 'DB_42601',
  noTable: 'DB_42P01',
  astray: (connection) => ({ ...connection, port: 1 }) as typeof connection,
});
