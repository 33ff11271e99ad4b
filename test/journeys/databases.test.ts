/** Databases asked by a real server: to the end, into failure, out of time, cancelled, tried again, killed in the middle. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, before, describe, test } from 'node:test';
import mysql from 'mysql2/promise';
import pg from 'pg';
import { openMysqlDatabase, openPostgresDatabase } from '../support/databases.ts';
import { inLanes } from '../support/lanes.ts';
import { openPlatform, type PlatformProcess, until } from '../support/platform.ts';
import { findService } from '../support/services.ts';

const kills = 3;
const writes = 30;

/** The database as its owner sees it. */
interface Owner {
  run(sql: string): Promise<readonly Record<string, unknown>[]>;
  /** Queries of the platform that run right now; undefined where nobody can tell. */
  running?(): Promise<number>;
  disconnect?(): Promise<unknown>;
  close(): Promise<unknown>;
}

interface Kind {
  readonly name: string;
  readonly skip: string | false;
  /** Of the connection `shop`, below `folder` where it is a file. */
  open(folder: string): Promise<{ connection: object; owner: Owner }>;
  /** A query that takes long, without a table. */
  readonly slow: string;
  /** Why nobody can end its connections. */
  readonly noDisconnect?: string;
  /** An insert of `:key` that takes half a second. */
  readonly slowInsert: string;
}

const [postgres, mariadb] = [await findService('postgres'), await findService('mariadb')];

const kinds: readonly Kind[] = [
  {
    name: 'PostgreSQL',
    skip: postgres.skip,
    slow: 'SELECT pg_sleep(60)',
    slowInsert: 'INSERT INTO done (name) SELECT :key FROM pg_sleep(0.5)',
    async open() {
      const database = await openPostgresDatabase(postgres.url);
      const client = new pg.Client(postgres.url);
      await client.connect();
      const own = new pg.Client(database.url);
      own.on('error', () => undefined);
      await own.connect();
      const name = new URL(database.url).pathname.slice(1);
      const count = `SELECT count(*)::int AS n FROM pg_stat_activity WHERE datname = '${name}' AND state = 'active' AND application_name = 'magicflow'`;
      return {
        connection: { type: 'postgres', url: database.url },
        owner: {
          run: async (sql) => (await own.query(sql)).rows,
          running: async () => Number((await client.query(count)).rows[0].n),
          disconnect: () =>
            client.query(
              `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${name}' AND application_name = 'magicflow'`,
            ),
          async close() {
            await own.end();
            await client.end();
            await database.close();
          },
        },
      };
    },
  },
  {
    name: 'MariaDB',
    skip: mariadb.skip,
    slow: 'SELECT SLEEP(60)',
    slowInsert: 'INSERT INTO done (name) SELECT :key FROM (SELECT SLEEP(0.5)) pause',
    async open() {
      const database = await openMysqlDatabase(mariadb.url);
      const own = await mysql.createConnection(mariadb.url);
      const name = new URL(database.url).pathname.slice(1);
      await own.query(`USE ${name}`);
      const others = `FROM information_schema.processlist WHERE db = '${name}' AND id <> CONNECTION_ID()`;
      return {
        connection: { type: 'mariadb', url: database.url },
        owner: {
          run: async (sql) => (await own.query(sql))[0] as unknown as Record<string, unknown>[],
          async running() {
            const [rows] = await own.query(`SELECT count(*) AS n ${others} AND command <> 'Sleep'`);
            return Number((rows as { n: number }[])[0]?.n);
          },
          async disconnect() {
            const [rows] = await own.query(`SELECT id ${others}`);
            for (const { id } of rows as { id: number }[])
              await own.query(`KILL CONNECTION ${id}`).catch(() => undefined);
          },
          async close() {
            await own.end();
            await database.close();
          },
        },
      };
    },
  },
  {
    name: 'SQLite',
    skip: false,
    noDisconnect: 'a file has no connections that could be lost',
    slow: 'WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n',
    slowInsert:
      'INSERT INTO done (name) WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 200000) SELECT :key FROM n WHERE i = 200000',
    async open(folder) {
      mkdirSync(folder, { recursive: true });
      const file = new DatabaseSync(join(folder, 'shop.db'), { timeout: 10_000 });
      return {
        connection: { type: 'sqlite', path: 'shop.db' },
        owner: {
          run: async (sql) => file.prepare(sql).all(),
          close: async () => file.close(),
        },
      };
    },
  },
];

const workflow = (name: string, steps: string): string => `
apiVersion: workflow.magic-flow.io/v2
kind: Workflow
metadata: { name: ${name}, version: v1.0.0 }
spec:
  steps:
${steps}
`;

const definitions = ({ slow, slowInsert }: Kind): readonly string[] => [
  workflow(
    'order',
    `    - { name: add, type: database, connection: shop, operation: insert, table: orders, values: { id: "$.input.id", name: "$.input.name" } }
    - { name: rename, type: database, connection: shop, query: "UPDATE orders SET name = :name WHERE id = :id", params: { id: "$.input.id", name: "\${secrets.prefix}-x" } }
    - { name: look, type: database, connection: shop, operation: find_one, table: orders, columns: id, where: { id: "$.input.id" } }
    - { name: all, type: transform, mapping: { changed: "$.rename.row_count", row: "$.look.row" } }`,
  ),
  workflow('timed', `    - { name: wait, type: database, connection: shop, query: "${slow}", timeout: 1s }`),
  workflow('endless', `    - { name: wait, type: database, connection: shop, query: "${slow}", timeout: 5m }`),
  workflow(
    'patient',
    `    - { name: add, type: database, connection: once, query: "${slowInsert}", params: { key: "$.input.key" }, retry_config: { max_attempts: 5, initial_delay: 200ms, max_delay: 500ms } }`,
  ),
];

for (const kind of kinds) {
  describe(`${kind.name} asked by a server`, { skip: kind.skip }, () => {
    const folder = mkdtempSync(join(tmpdir(), 'magicflow-databases-'));
    let platform: PlatformProcess;
    let owner: Owner;
    before(async () => {
      const databasesDir = join(folder, 'databases');
      const opened = await kind.open(databasesDir);
      owner = opened.owner;
      await owner.run('CREATE TABLE orders (id int PRIMARY KEY, name varchar(100))');
      // Without a key: a write that is done twice shows.
      await owner.run('CREATE TABLE done (name varchar(100))');
      const config = join(folder, 'magicflow.yaml');
      const connections = { shop: opened.connection, once: { ...opened.connection, idempotency_table: 'effects' } };
      writeFileSync(
        config,
        JSON.stringify({ server: { databases_dir: databasesDir }, connections, secrets: { prefix: '${PREFIX}' } }),
      );
      platform = await openPlatform({ willBeKilled: true, env: { MAGICFLOW_CONFIG: config, PREFIX: 'hidden-prefix' } });
      await platform.deploy(...definitions(kind));
    });
    after(async () => {
      await platform?.close();
      await owner?.close();
      rmSync(folder, { recursive: true, force: true });
    });

    const start = async (name: string, input: object = {}): Promise<string> =>
      (await platform.post(`workflows/${name}/execute`, { input })).execution_id;
    const run = async (name: string, input: object = {}) => platform.ended(await start(name, input), 60_000);
    const isIdle = () =>
      until(async () => (owner.running === undefined || (await owner.running()) === 0 ? true : undefined), {
        what: 'the end of the query at the server',
      });
    const isBusy = async () => {
      if (owner.running === undefined) return new Promise((resolve) => setTimeout(resolve, 1_000));
      return until(async () => ((await owner.running?.()) ? true : undefined), { what: 'the query at the server' });
    };

    test('writes, reads and leaves no secret behind', async () => {
      const execution = await run('order', { id: 1, name: 'first' });
      assert.equal(execution.status, 'completed', JSON.stringify(execution.error));
      assert.equal(execution.output.changed, 1);
      assert.deepEqual({ ...(await owner.run('SELECT * FROM orders'))[0] }, { id: 1, name: 'hidden-prefix-x' });
      assert.deepEqual(execution.output.row, { id: 1 });
      const journal = await platform.get(`executions/${execution.execution_id}/journal`);
      assert.ok(!JSON.stringify(journal).includes('hidden-prefix'));
    });

    test('fails by the word for what the database refused, and writes nothing', async () => {
      await run('order', { id: 2, name: 'second' });
      const { status, error } = await run('order', { id: 2, name: 'again' });
      assert.deepEqual([status, error.code, error.step, error.retryable], ['failed', 'DB_23505', 'add', false]);
      assert.equal((await owner.run('SELECT * FROM orders WHERE id = 2')).length, 1);
    });

    test('out of time ends the query too', async () => {
      const { status, error } = await run('timed');
      assert.deepEqual([status, error.code], ['failed', 'TIMEOUT']);
      await isIdle();
      assert.equal((await run('order', { id: 3, name: 'third' })).status, 'completed');
    });

    test('cancelled ends the query too', async () => {
      const id = await start('endless');
      await isBusy();
      await platform.post(`executions/${id}/cancel`);
      assert.equal((await platform.ended(id, 60_000)).status, 'cancelled');
      await isIdle();
    });

    test('tries again when the connection is lost, and writes once', { skip: kind.noDisconnect ?? false }, async () => {
      const id = await start('patient', { key: 'lost' });
      const look = () => platform.get(`executions/${id}`);
      await until(
        async () => {
          await owner.disconnect?.();
          return (await look()).steps[0]?.attempt > 1 || undefined;
        },
        { what: 'the next attempt', everyMs: 150 },
      );
      const execution = await platform.ended(id, 60_000);
      assert.equal(execution.status, 'completed', JSON.stringify(execution.error));
      assert.equal((await owner.run("SELECT * FROM done WHERE name = 'lost'")).length, 1);
    });

    test('killed again and again in the middle writes every row once', { timeout: 180_000 }, async () => {
      const keys = Array.from({ length: writes }, (_, place) => `k${place}`);
      const ids: string[] = [];
      await inLanes(keys, 4, async (key) => void ids.push(await start('patient', { key })));
      for (let kill = 0; kill < kills; kill += 1) {
        await until(async () => ((await owner.run('SELECT name FROM done')).length > kill * 3 ? true : undefined), {
          what: 'more rows',
          deadlineMs: 60_000,
        });
        await platform.kill();
        await platform.start();
      }
      for (const id of ids) {
        const { status, error, output } = await platform.ended(id, 120_000);
        assert.equal(status, 'completed', JSON.stringify(error));
        assert.equal(output.row_count, 1);
      }
      const rows = await owner.run("SELECT name FROM done WHERE name LIKE 'k%'");
      assert.deepEqual(rows.map(({ name }) => name).sort(), [...keys].sort());
    });
  });
}
