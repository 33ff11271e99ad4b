// biome-ignore-all lint/suspicious/noTemplateCurlyInString: variables of configuration files look like this
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Environment } from './config.ts';
import { checkConfig, readPlatformFile } from './config-file.ts';
import { formatProblem } from './config-problem.ts';
import { resolveConfig } from './config-resolve.ts';

function read(text: string, env: Environment = {}) {
  const { value, problems } = readPlatformFile(text, { file: 'f', env });
  assert.deepEqual(problems.map(formatProblem), []);
  return JSON.parse(JSON.stringify(resolveConfig([value])));
}

const problemsOf = (text: string, env: Environment = {}) => checkConfig(text, 'f', env).problems.map(formatProblem);

describe('the configuration of databases', () => {
  it('knows each kind, by its other names too', () => {
    const text = `connections:
  orders: { type: postgresql, url: "\${URL}", read_only: true, max_rows: 500, max_connections: 3 }
  shop: { type: mariadb, host: db, port: "3307", user: u, password: p, database: shop, ssl: yes, ssl_verify: no, ssl_ca: PEM }
  notes: { type: sqlite, path: a/notes.db, idempotency_table: app.effects }`;
    const url = 'postgres://u:p@db/orders';
    assert.deepEqual(read(text, { URL: url }).connections, {
      orders: { type: 'postgres', url, readOnly: true, maxRows: 500, maxConnections: 3 },
      shop: {
        type: 'mysql',
        host: 'db',
        port: 3307,
        username: 'u',
        password: 'p',
        database: 'shop',
        ssl: true,
        sslVerify: false,
        sslAuthority: 'PEM',
      },
      notes: { type: 'sqlite', path: 'a/notes.db', idempotencyTable: 'app.effects' },
    });
  });

  it('puts SQLite files below the data folder unless it says where', () => {
    assert.equal(read('server: { data_dir: /srv/mf }').databasesDir, '/srv/mf/databases');
    assert.equal(read('server: { databases_dir: /srv/db }').databasesDir, '/srv/db');
  });

  it('has secrets, from variables', () => {
    assert.deepEqual(read('secrets: { api-key: "${KEY}", number: 7 }', { KEY: 'k0' }).secrets, {
      'api-key': 'k0',
      number: '7',
    });
    assert.deepEqual(read('').secrets, {});
  });

  it('leaves variables that are not set here to the machine where it is used', () => {
    const text = `connections:
  a: { type: postgres, url: "\${URL}" }
  b: { type: mysql, username: "\${USER_NAME}" }
  c: { type: slack, url: "\${HOOK}" }
secrets: { key: "\${KEY}" }`;
    assert.deepEqual(problemsOf(text), []);
    const { problems } = readPlatformFile(text, { file: 'f', env: {} });
    assert.equal(problems.filter(({ message }) => /variable .* is not set/.test(message)).length, 4);
  });

  const refusals: readonly (readonly [text: string, message: RegExp])[] = [
    ['connections: { a: { type: postgres } }', /^f:1:19: connections\.a needs a "username"/],
    ['connections: { a: { type: postgres, url: "mysql://u@h/d" } }', /begins with postgres:/],
    ['connections: { a: { type: postgres, url: "postgres://u@h/d?sslmode=x" } }', /"sslmode" must be one of/],
    ['connections: { a: { type: oracle } }', /it is "oracle"/],
    ['connections: { a: { type: mysql, username: u, max_rows: 0 } }', /from 1 to 100000/],
    ['connections: { a: { type: sqlite } }', /needs "path"/],
    ['connections: { a: { type: sqlite, path: ../x.db } }', /must lie in the folder of databases/],
    ['connections: { a: { type: sqlite, path: x.db, idempotency_table: "a b" } }', /the name of a table/],
    ['connections: { a: { type: sqlite, path: x.db, host: h } }', /a connection of type sqlite has no field "host"/],
    ['secrets: { "a b": x }', /the name "a b" must be/],
    ['secrets: { a: [x] }', /"a" must be a text/],
  ];
  for (const [text, message] of refusals) {
    it(`refuses ${text} with its place`, () => {
      const problems = problemsOf(text);
      assert.ok(
        problems.some((problem) => message.test(problem)),
        problems.join('\n'),
      );
    });
  }

  it('never shows a secret in a message', () => {
    const hidden = { SECRET: 'hunter2' };
    for (const text of [
      'connections: { a: { type: postgres, url: "postgres://u:${SECRET}@h/d?bad=1" } }',
      'connections: { a: { type: postgres, url: "${SECRET}" } }',
      'connections: { a: { type: mysql, username: u, password: ["${SECRET}"] } }',
      'secrets: { a: { b: "${SECRET}" } }',
    ]) {
      const problems = problemsOf(text, hidden).join('');
      assert.ok(problems.length > 0 && !problems.includes('hunter2'), problems);
    }
  });
});
