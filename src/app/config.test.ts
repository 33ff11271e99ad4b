// biome-ignore-all lint/suspicious/noTemplateCurlyInString: variables of configuration files look like this
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { Fault } from '../kit/fault.ts';
import { type Environment, loadConfig } from './config.ts';
import { checkConfig } from './config-file.ts';
import type { Config } from './config-resolve.ts';
import type { Setting } from './config-settings.ts';
import { requireDrivers, requireStrongSecrets } from './config-start.ts';

const folder = mkdtempSync(join(tmpdir(), 'config-'));
after(() => rmSync(folder, { recursive: true }));

const seedPath = (name: string) => join(import.meta.dirname, '../../test/support/seed/config', name);

function load(text: string, env: Environment = {}, flags: Partial<Record<Setting, string>> = {}): Promise<Config> {
  const file = join(folder, 'magicflow.yaml');
  writeFileSync(file, text);
  return loadConfig({ file, env, flags });
}

const refuses = (loading: Promise<unknown>, message: RegExp) =>
  assert.rejects(loading, (error) => {
    assert.ok(Fault.is(error, 'CONFIG_INVALID'), String(error));
    assert.match(error.message, message);
    return true;
  });

describe('the files of the seed', () => {
  for (const [name, kind] of [
    ['magicflow.yaml', 'platform'],
    ['server.yaml', 'server'],
    ['executor.yaml', 'executor'],
    ['metrics.yaml', 'metrics'],
  ] as const) {
    it(`${name} passes the check as a ${kind} configuration`, () => {
      assert.deepEqual(checkConfig(readFileSync(seedPath(name), 'utf8'), name), { kind, problems: [] });
    });
  }

  it('the platform file gives a typed configuration', async () => {
    const config = await loadConfig({ file: seedPath('magicflow.yaml'), env: {} });
    assert.equal(config.storage.url, 'postgresql://user:pass@localhost:5432/magicflow');
    assert.equal(config.storage.maxConnections, 100);
    assert.deepEqual(config.cache, {
      type: 'redis',
      url: 'redis://localhost:6379/0',
      ttlMs: 3_600_000,
      maxMemoryBytes: 536_870_912,
    });
    assert.deepEqual(config.messaging, { type: 'redis', url: 'redis://localhost:6379/1', queuePrefix: 'magicflow' });
    assert.equal(config.security.sessionTimeoutMs, 86_400_000);
    assert.equal(config.monitoring.tracingEnabled, true);
  });

  it('the server file gives the same shape, its password from a variable', async () => {
    const config = await loadConfig({ file: seedPath('server.yaml'), env: { DB_PASSWORD: 'p@ss/word' } });
    assert.equal(config.storage.url, 'postgresql://workflow_user:p%40ss%2Fword@localhost:5432/workflows');
    assert.equal(config.messaging.url, 'redis://localhost:6379/0');
    assert.deepEqual(config.health, { checkIntervalMs: 30_000, timeoutMs: 5_000, failureThreshold: 3 });
    await refuses(
      loadConfig({ file: seedPath('server.yaml'), env: {} }),
      /server\.yaml:\d+:\d+: the variable DB_PASSWORD is not set/,
    );
  });

  it('metrics and alerts are kept', async () => {
    const config = await loadConfig({ file: seedPath('metrics.yaml'), env: {} });
    assert.equal(config.metrics.businessMetrics?.length, 3);
    assert.equal(config.metrics.alerts?.[0]?.severity, 'critical');
  });
});

describe('configuration', () => {
  it('needs no file: SQLite in ./data, everything else in the process', async () => {
    const config = await loadConfig({ env: {} });
    assert.deepEqual([config.server.port, config.server.dashboardPort, config.dataDir], [8080, 9090, './data']);
    assert.deepEqual(
      [config.storage.url, config.cache.type, config.messaging.type],
      ['sqlite:./data', 'memory', 'embedded'],
    );
    assert.equal(config.security.authEnabled, true);
    requireDrivers(config);
    requireStrongSecrets(config, { dev: false });
  });

  it('takes flags over variables over the file, field by field', async () => {
    const text = 'server: { host: a, port: 1, dashboard_port: 2 }\nmonitoring: { log_level: debug }\n';
    const env = { MAGICFLOW_PORT: '3', MAGICFLOW_DASHBOARD_PORT: '4', MAGICFLOW_AUTH_ENABLED: 'false' };
    const config = await load(text, env, { 'server.dashboard_port': '5' });
    assert.deepEqual([config.server.host, config.server.port, config.server.dashboardPort], ['a', 3, 5]);
    assert.equal(config.security.authEnabled, false);
    assert.equal(config.monitoring.logLevel, 'debug');
  });

  it('limits the requests of a caller where it is told to, and not by default', async () => {
    const none = { requests: undefined, taskRequests: undefined, perMs: 60_000 };
    assert.deepEqual((await load('')).server.rateLimit, none);
    const some = await load('server: { rate_limit: { requests: 600 } }');
    assert.deepEqual(some.server.rateLimit, { ...none, requests: 600 });
    const all = await load('server: { rate_limit: { requests: 100, task_requests: 5000, per: 10s } }');
    assert.deepEqual(all.server.rateLimit, { requests: 100, taskRequests: 5_000, perMs: 10_000 });
    for (const wrong of ['requests: 0', 'per: 10ms', 'request: 5', 'requests: many']) {
      await refuses(load(`server: { rate_limit: { ${wrong} } }`), /rate_limit|requests?|per/);
    }
  });

  it('reads the file that MAGICFLOW_CONFIG names', async () => {
    const config = await loadConfig({ env: { MAGICFLOW_CONFIG: seedPath('metrics.yaml') } });
    assert.equal(config.metrics.alerts?.length, 2);
  });

  it('a later address drops the backend that an earlier one named', async () => {
    const env = {
      MAGICFLOW_DATABASE_URL: 'sqlite:/srv',
      MAGICFLOW_CACHE_URL: 'memory:',
      MAGICFLOW_MESSAGING_URL: 'embedded:',
    };
    const config = await load(readFileSync(seedPath('magicflow.yaml'), 'utf8'), env);
    assert.deepEqual(
      [config.storage.url, config.cache.type, config.messaging.type],
      ['sqlite:/srv', 'memory', 'embedded'],
    );
  });

  it('fills variables in, with defaults, and takes numbers and booleans out of texts', async () => {
    const text = 'server: { port: "${P}", host: "${H:-0.0.0.0}" }\nmonitoring: { metrics_enabled: "${M:-no}" }\n';
    const config = await load(text, { P: '81', M: '' });
    assert.deepEqual(
      [config.server.port, config.server.host, config.monitoring.metricsEnabled],
      [81, '0.0.0.0', false],
    );
  });

  it('keeps the data folder and the database together', async () => {
    const config = await loadConfig({ env: {}, flags: { 'server.data_dir': '/srv/mf' } });
    assert.deepEqual([config.dataDir, config.storage.url], ['/srv/mf', 'sqlite:/srv/mf']);
  });

  it("leaves a Kubernetes service's MAGICFLOW_PORT=tcp://… alone", async () => {
    assert.equal((await loadConfig({ env: { MAGICFLOW_PORT: 'tcp://10.0.0.1:8080' } })).server.port, 8080);
  });

  const addresses: readonly [string, string][] = [
    ['storage: { backend: sqlite, sqlite: { path: /a } }', 'sqlite:/a'],
    ['storage: { backend: memory }', 'memory:'],
    ['database: { type: mongodb, mongodb: { host: m } }', 'mongodb://m:27017/magicflow'],
    ['storage: { backend: redis, redis: { host: r, db: 3, ssl: true } }', 'redis://r:6379/3?tls=true'],
    [
      'storage: { backend: postgres, postgres: { username: u, ssl: true } }',
      'postgresql://u@localhost:5432/magicflow?sslmode=require',
    ],
  ];
  for (const [text, expected] of addresses) {
    it(`makes ${expected} of a section`, async () => assert.equal((await load(text)).storage.url, expected));
  }

  const brokers: readonly [string, string, string][] = [
    ['messaging: { type: rabbitmq }', 'rabbitmq', 'amqp://localhost:5672/'],
    ['messaging: { url: "amqp://h" }', 'rabbitmq', 'amqp://h'],
    ['messaging: { backend: kafka, kafka: { brokers: ["a:1", "b:2"] } }', 'kafka', 'kafka://a:1,b:2'],
    ['messaging: { type: nats }', 'nats', 'nats://localhost:4222'],
  ];
  for (const [text, type, url] of brokers) {
    it(`makes ${url} of a broker`, async () => {
      const { messaging } = await load(text);
      assert.deepEqual([messaging.type, messaging.url], [type, url]);
    });
  }

  const refusals: readonly [string, RegExp][] = [
    ['server: { por: 1 }', /magicflow\.yaml:1:11: server has no field "por"; did you mean "port"\? \(FIELD_UNKNOWN\)/],
    ['serve: {}', /:1:1: the configuration has no field "serve"; did you mean "server"/],
    ['server:\n  port: 70000', /:2:9: "port" must be a whole number from 0 to 65535, it is 70000/],
    ['server: { port: many }', /:1:17: "port" must be a whole number/],
    ['server: { mode: clustr }', /did you mean "cluster"/],
    ['server: { timeout: 30 }', /"30s" is 30 seconds/],
    ['server: []', /"server" must be server \(an object\)/],
    ['- a', /must be an object, it is a list/],
    ['server: { host: a, host: b }', /stands here twice/],
    ['server: &x { port: 1 }\nother: *x', /aliases are not read/],
    ['database: { type: oracle }', /one of sqlite, memory, postgres/],
    ['database: { url: "http://x" }', /it begins with http:/],
    ['database: { url: "hunter2" }', /no protocol/],
    ['cache: { max_memory: lots }', /a size like 512mb/],
    ['security: { auth_enabled: maybe }', /true or false/],
    ['database: {}\nstorage: {}', /keep one/],
    ['storage: { backend: postgres, url: "sqlite:x" }', /make them agree/],
    ['messaging: { type: redis, backend: redis }', /mean the same/],
    ['security: { allowed_env: [HOME, 7] }', /:1:33: "allowed_env\[1\]" must be a text, it is the number 7/],
    ['a: {', /\(YAML_INVALID\)/],
    ['server: {}\n---\nserver: {}', /one document/],
  ];
  for (const [text, message] of refusals) {
    it(`refuses ${JSON.stringify(text)} with its place`, () => refuses(load(text), message));
  }

  it('tells all problems at once, in the order of the file', () =>
    refuses(load('server: { prot: 1 }\ncache: { tll: 1h }'), /prot[\s\S]*\n[\s\S]*tll/));

  it('names the variable or the flag at fault', async () => {
    await refuses(load('', { MAGICFLOW_PORT: 'x' }), /^MAGICFLOW_PORT: "port" must be/);
    await refuses(load('', {}, { 'server.port': '-1' }), /^--port: "port" must be/);
  });

  it('says which file is missing', () =>
    refuses(loadConfig({ file: join(folder, 'none.yaml'), env: {} }), /none\.yaml cannot be read/));

  it('never shows a secret in a message', () =>
    assert.rejects(
      load('database: { url: "${U}" }', { U: 'hunter2://u:pw@h' }),
      (error) => !String(error).includes('pw'),
    ));

  it('leaves variables that are not set here to the machine where a file is used', () => {
    assert.deepEqual(checkConfig('server: { port: "${PORT}" }', 'f').problems, []);
    assert.equal(checkConfig('server: { port: "${PORT}" }', 'f', { PORT: 'x' }).problems.length, 1);
  });
});

describe('starting', () => {
  const withSecret = (secret: string) => loadConfig({ env: { MAGICFLOW_JWT_SECRET: secret } });
  const strong = 'k3Jd82hf0sLq91mZx7Vb4Nc6Tg5Yw8Pe';

  it('refuses sample and short secrets outside dev', async () => {
    for (const secret of [
      'your-secret-key',
      'change-me-please-change-me-please',
      'short',
      'a'.repeat(40),
      `secret-${strong}`,
    ]) {
      const config = await withSecret(secret);
      assert.throws(() => requireStrongSecrets(config, { dev: false }), /security\.jwt_secret.*openssl rand -hex 32/);
      requireStrongSecrets(config, { dev: true });
    }
    requireStrongSecrets(await withSecret(strong), { dev: false });
  });

  it('names the driver that is not there', async () => {
    const named: readonly [Environment, RegExp][] = [
      [{ MAGICFLOW_DATABASE_URL: 'postgres://h/d' }, /storage "postgres"/],
      [{ MAGICFLOW_DATABASE_URL: 'mongodb+srv://h/d' }, /storage "mongodb"/],
      [{ MAGICFLOW_CACHE_URL: 'rediss://h' }, /cache "redis"/],
      [{ MAGICFLOW_MESSAGING_URL: 'nats://h' }, /messaging "nats"/],
      [{ MAGICFLOW_MODE: 'cluster' }, /server mode "cluster"/],
    ];
    for (const [env, message] of named) {
      const config = await loadConfig({ env });
      assert.throws(
        () => requireDrivers(config),
        (error) => Fault.is(error, 'DRIVER_NOT_AVAILABLE') && message.test(error.message),
      );
    }
  });
});
