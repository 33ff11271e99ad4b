import { openMysqlDatabase } from '../../../../test/support/databases.ts';
import { findService } from '../../../../test/support/services.ts';
import { databaseConformance } from '../database.conformance.ts';

const { url, skip } = await findService('mariadb');

databaseConformance({
  name: 'MySQL, on MariaDB',
  skip,
  open: () => openMysqlDatabase(url),
  slow: 'SELECT SLEEP(30)',
  writes: [
    "INSERT INTO item (id, name) VALUES (7, 'w')",
    'UPDATE item SET amount = 1',
    'DELETE FROM item',
    'DROP TABLE item',
    'CREATE TABLE other (id int)',
    'TRUNCATE TABLE item',
    'ALTER TABLE item ADD COLUMN more int',
    'IF 1 THEN SET SESSION TRANSACTION READ WRITE; DROP TABLE item; END IF',
    'SET GLOBAL max_connections = 150',
    'EXPLAIN DELETE FROM item',
  ],
  leftovers: [
    { leave: 'CREATE TEMPORARY TABLE left_over AS SELECT 1 AS one', look: 'SELECT * FROM left_over' },
    { leave: 'SET @left = 1', look: 'SELECT 1 FROM item WHERE @left = 1' },
    { leave: "SET SESSION sql_mode = 'ANSI'", look: "SELECT 1 FROM DUAL WHERE @@sql_mode LIKE '%ANSI%'" },
    { leave: "SELECT GET_LOCK('left', 1)", look: "SELECT 1 FROM DUAL WHERE IS_USED_LOCK('left') IS NOT NULL" },
  ],
  badSyntax: 'DB_42601',
  noTable: 'DB_42P01',
  astray: (connection) => ({ ...connection, port: 1 }) as typeof connection,
});
