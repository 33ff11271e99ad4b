import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { createExecutor } from './executor.ts';
import { readExecutorConfig } from './executor-config.ts';
import { runChecks, serveHealth } from './health.ts';
import { TestPlatform } from './test-platform.ts';

const folder = mkdtempSync(join(tmpdir(), 'executor-'));
after(() => rmSync(folder, { recursive: true }));

const write = (text: string): string => {
  const path = join(folder, 'executor.yaml');
  writeFileSync(path, text);
  return path;
};

const portOf = (server: { address(): unknown }) => (server.address() as AddressInfo).port;

describe('executor configuration', () => {
  it('reads name, concurrency, timeout and health, with variables filled in', async () => {
    const path = write(`executor:
  name: "user-service-executor"
  concurrency: \${SLOTS:-10}
  timeout: 5m
messaging: { backend: redis }
health:
  endpoint: "/health"
  port: 8081
  checks:
    - { name: database, type: postgres, config: { host: "\${DB_HOST}", port: 5432 } }
`);
    assert.deepEqual(await readExecutorConfig(path, { DB_HOST: 'db' }), {
      name: 'user-service-executor',
      concurrency: 10,
      timeoutMs: 300_000,
      health: {
        endpoint: '/health',
        port: 8081,
        checks: [{ name: 'database', type: 'postgres', config: { host: 'db', port: 5432 } }],
      },
    });
  });

  it('refuses a timeout and numbers that are none', async () => {
    await assert.rejects(readExecutorConfig(write('executor: { timeout: soon }')), /executor\.timeout/);
    await assert.rejects(readExecutorConfig(write('executor: { concurrency: many }')), /concurrency/);
    await assert.rejects(readExecutorConfig(write('health: { port: -1 }')), /port/);
  });

  it('serves its health while it runs, by the file', async () => {
    const platform = await TestPlatform.open();
    const health = { port: 0, endpoint: '/health', checks: [] };
    const executor = createExecutor({ server: platform.url, config: write('executor: { name: a }'), health });
    await executor.register('f', () => null).start();
    const response = await fetch(`http://127.0.0.1:${executor.state().healthPort}/health`);
    assert.equal(response.status, 200);
    assert.deepEqual(await response.json(), { status: 'healthy', executor: 'a', tasks: 0, checks: [] });
    await executor.stop();
    await platform.close();
  });
});

describe('health', () => {
  it('answers 503 and names the check that fails', async () => {
    const http = createServer((_, response) => response.writeHead(500).end());
    const tcp = createTcpServer((socket) => socket.end());
    await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
    await new Promise<void>((resolve) => tcp.listen(0, '127.0.0.1', resolve));
    const server = await serveHealth(
      {
        port: 0,
        endpoint: '/health',
        checks: [
          { name: 'database', type: 'postgres', config: { host: '127.0.0.1', port: portOf(tcp) } },
          { name: 'cache', type: 'redis', config: { url: `redis://127.0.0.1:${portOf(tcp)}/0` } },
          { name: 'api', type: 'http', config: { url: `http://127.0.0.1:${portOf(http)}/` } },
        ],
      },
      () => ({ isReady: true }),
    );
    const response = await fetch(`http://127.0.0.1:${server.port}/health?x=1`);
    const body = (await response.json()) as {
      status: string;
      checks: { name: string; status: string; error?: string }[];
    };
    assert.equal(response.status, 503);
    assert.equal(body.status, 'unhealthy');
    assert.deepEqual(
      body.checks.map((check) => [check.name, check.status]),
      [
        ['database', 'healthy'],
        ['cache', 'healthy'],
        ['api', 'unhealthy'],
      ],
    );
    assert.match(body.checks[2]?.error ?? '', /answered 500/);
    assert.equal((await fetch(`http://127.0.0.1:${server.port}/live`)).status, 200);
    assert.equal((await fetch(`http://127.0.0.1:${server.port}/other`)).status, 404);
    await server.close();
    http.close();
    tcp.close();
  });

  it('answers 503 while the executor is not ready', async () => {
    const server = await serveHealth({ port: 0, endpoint: '/health', checks: [] }, () => ({ isReady: false }));
    assert.equal((await fetch(`http://127.0.0.1:${server.port}/health`)).status, 503);
    await server.close();
  });

  it('tells what is wrong with a check, and how long it took', async () => {
    const silent = createTcpServer();
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const checks = await runChecks({
      timeoutMs: 30,
      checks: [
        { name: 'a', type: 'http', config: {} },
        { name: 'b', type: 'ldap', config: {} },
        { name: 'c', type: 'postgres', config: { host: '127.0.0.1', port: 9 } },
        { name: 'd', type: 'http', config: { url: `http://127.0.0.1:${portOf(silent)}` } },
      ],
    });
    assert.deepEqual(
      checks.map((check) => check.status),
      ['unhealthy', 'unhealthy', 'unhealthy', 'unhealthy'],
    );
    assert.match(checks[0]?.error ?? '', /config\.url/);
    assert.match(checks[1]?.error ?? '', /config\.port/);
    assert.match(checks[2]?.error ?? '', /ECONNREFUSED/);
    silent.close();
  });
});
