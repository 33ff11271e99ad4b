import { createServer, type ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { member } from '../../src/kit/json.ts';

/**
 * Answers how an executor is doing: `GET /health` with 200 or 503 and every check by name.
 *
 * `http` checks want a status below 400. Every other type (postgres, redis, …) is asked for a TCP connection to its host
 * and port: it tells that the service listens, not that its password is right. `/live` says that the program runs.
 */
export interface HealthCheck {
  readonly name: string;
  readonly type: string;
  readonly config: Readonly<Record<string, unknown>>;
}

export interface HealthSettings {
  /** 0 takes any free port. */
  readonly port: number;
  readonly endpoint: string;
  readonly checks: readonly HealthCheck[];
  /** Of one check. Default 5 s. */
  readonly timeoutMs?: number;
}

export interface CheckResult {
  readonly name: string;
  readonly status: 'healthy' | 'unhealthy';
  /** Milliseconds. */
  readonly duration: number;
  readonly error?: string;
}

export interface HealthServer {
  readonly port: number;
  close(): Promise<void>;
}

/** Rejects where the port is taken. `stateOf` gives what the executor says about itself. */
export async function serveHealth(
  settings: HealthSettings,
  stateOf: () => { isReady: boolean } & Record<string, unknown>,
): Promise<HealthServer> {
  const server = createServer((request, response) => {
    const path = request.url?.split('?', 1)[0];
    if (path === '/live') return answer(response, 200, { status: 'healthy' });
    if (path !== settings.endpoint)
      return answer(response, 404, { status: 'unknown', detail: `try ${settings.endpoint}` });
    void runChecks(settings).then((checks) => {
      const { isReady, ...state } = stateOf();
      const isHealthy = isReady && checks.every((check) => check.status === 'healthy');
      answer(response, isHealthy ? 200 : 503, { status: isHealthy ? 'healthy' : 'unhealthy', ...state, checks });
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(settings.port, resolve);
  });
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : settings.port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function answer(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' });
  response.end(JSON.stringify(body));
}

/** All checks at once; each gets `timeoutMs`. Never rejects. */
export function runChecks({
  checks,
  timeoutMs = 5_000,
}: Pick<HealthSettings, 'checks' | 'timeoutMs'>): Promise<CheckResult[]> {
  return Promise.all(checks.map((check) => runCheck(check, timeoutMs)));
}

async function runCheck(check: HealthCheck, timeoutMs: number): Promise<CheckResult> {
  const startedAt = performance.now();
  const result = (error?: unknown): CheckResult => ({
    name: check.name,
    status: error === undefined ? 'healthy' : 'unhealthy',
    duration: Math.round(performance.now() - startedAt),
    ...(error === undefined ? {} : { error: error instanceof Error ? error.message : String(error) }),
  });
  try {
    if (check.type === 'http') await checkHttp(check, timeoutMs);
    else await checkConnection(check, timeoutMs);
    return result();
  } catch (error) {
    return result(error);
  }
}

async function checkHttp({ config }: HealthCheck, timeoutMs: number): Promise<void> {
  const url = member(config, 'url');
  if (typeof url !== 'string') throw new TypeError('the check needs config.url');
  const response = await fetch(url, { signal: AbortSignal.timeout(timeoutMs), redirect: 'manual' });
  await response.body?.cancel();
  if (response.status >= 400) throw new Error(`${url} answered ${response.status}`);
}

const ports: Readonly<Record<string, number>> = {
  postgres: 5432,
  postgresql: 5432,
  mysql: 3306,
  mongodb: 27017,
  redis: 6379,
  rabbitmq: 5672,
  kafka: 9092,
  nats: 4222,
};

async function checkConnection({ type, config }: HealthCheck, timeoutMs: number): Promise<void> {
  const { host, port } = addressOf(type, config);
  await new Promise<void>((resolve, reject) => {
    const socket = connect({ host, port, timeout: timeoutMs });
    socket.once('connect', () => {
      socket.destroy();
      resolve();
    });
    socket.once('timeout', () => socket.destroy(new Error(`no connection to ${host}:${port} within ${timeoutMs} ms`)));
    socket.once('error', reject);
  });
}

function addressOf(type: string, config: HealthCheck['config']): { host: string; port: number } {
  const url = member(config, 'url');
  const parsed = typeof url === 'string' ? new URL(url) : undefined;
  const host = member(config, 'host') ?? parsed?.hostname ?? 'localhost';
  const port = Number(
    member(config, 'port') ?? (parsed?.port || undefined) ?? (Object.hasOwn(ports, type) ? ports[type] : 0),
  );
  if (!Number.isInteger(port) || port < 1) throw new TypeError(`a check of type ${type} needs config.port`);
  return { host: String(host), port };
}
