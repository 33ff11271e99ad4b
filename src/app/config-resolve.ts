import { Fault } from '../kit/fault.ts';
import type { Connections } from '../steps/connections.ts';
import type { OutboundRules } from '../steps/outbound-rules.ts';
import type { Services } from '../steps/services.ts';
import type { PlatformFile } from './config-problem.ts';

/** What the files, variables and flags said, as one typed configuration with every default filled in. Pure. */
export interface Config {
  readonly server: {
    readonly host: string;
    /** 0 takes any free port. */
    readonly port: number;
    readonly dashboardPort: number;
    readonly mode: 'standalone' | 'cluster';
    readonly timeoutMs: number;
    readonly publicUrl: string | undefined;
    readonly rateLimit: {
      readonly requests: number | undefined;
      readonly taskRequests: number | undefined;
      readonly perMs: number;
    };
  };
  /** This node's own files: database, tokens. */
  readonly dataDir: string;
  /** SQLite files of connections lie in here. */
  readonly databasesDir: string;
  /** `url` is `sqlite:<folder>`, `memory:`, `postgresql://…` … */
  readonly storage: { readonly url: string; readonly maxConnections: number; readonly migrate: boolean };
  readonly cache: {
    readonly type: 'memory' | 'redis';
    readonly url: string | undefined;
    readonly ttlMs: number;
    readonly maxMemoryBytes: number;
  };
  readonly messaging: {
    readonly type: 'embedded' | 'redis' | 'rabbitmq' | 'kafka' | 'nats';
    readonly url: string | undefined;
    readonly queuePrefix: string;
  };
  readonly security: {
    readonly authEnabled: boolean;
    readonly jwtSecret: string | undefined;
    readonly adminToken: string | undefined;
    readonly sessionTimeoutMs: number;
    readonly allowedEnv: readonly string[];
  };
  readonly monitoring: {
    readonly metricsEnabled: boolean;
    readonly tracingEnabled: boolean;
    readonly logLevel: string;
  };
  readonly health: { readonly checkIntervalMs: number; readonly timeoutMs: number; readonly failureThreshold: number };
  readonly limits: {
    readonly running: number;
    readonly queued: number;
    readonly leaseMs: number;
    readonly streams: number;
    readonly bulkRate: number;
  };
  readonly retention: NonNullable<PlatformFile['retention']>;
  /** Where steps may connect to. */
  readonly outbound: OutboundRules;
  readonly services: Services;
  readonly connections: Connections;
  /** Never shown. */
  readonly secrets: Readonly<Record<string, string>>;
  readonly metrics: NonNullable<PlatformFile['metrics']>;
}

/** Later layers win field by field. Throws CONFIG_INVALID where sections contradict each other. */
export function resolveConfig(layers: readonly PlatformFile[]): Config {
  const of = <S extends keyof PlatformFile>(section: S) => mergeSection<S>(layers, section);
  const server = of('server');
  const dataDir = server.dataDir ?? './data';
  return {
    server: {
      host: server.host ?? '0.0.0.0',
      port: server.port ?? 8080,
      dashboardPort: server.dashboardPort ?? 9090,
      mode: server.mode ?? 'standalone',
      timeoutMs: server.timeoutMs ?? 30_000,
      publicUrl: server.publicUrl,
      rateLimit: { requests: undefined, taskRequests: undefined, perMs: 60_000, ...server.rateLimit },
    },
    dataDir,
    databasesDir: server.databasesDir ?? `${dataDir}/databases`,
    storage: resolveStorage(layers, dataDir),
    cache: resolveCache(of('cache')),
    messaging: resolveMessaging(of('messaging')),
    security: {
      authEnabled: true,
      jwtSecret: undefined,
      adminToken: undefined,
      sessionTimeoutMs: 86_400_000,
      allowedEnv: [],
      ...of('security'),
    },
    monitoring: { metricsEnabled: true, tracingEnabled: false, logLevel: 'info', ...of('monitoring') },
    health: { checkIntervalMs: 30_000, timeoutMs: 5_000, failureThreshold: 3, ...of('health') },
    limits: {
      running: Number.POSITIVE_INFINITY,
      queued: 100_000,
      leaseMs: 30_000,
      streams: 1_000,
      bulkRate: 500,
      ...of('limits'),
    },
    retention: of('retention'),
    outbound: of('outbound'),
    services: of('services'),
    connections: of('connections'),
    secrets: of('secrets'),
    metrics: of('metrics'),
  };
}

function mergeSection<S extends keyof PlatformFile>(
  layers: readonly PlatformFile[],
  section: S,
): NonNullable<PlatformFile[S]> {
  return mergePlaces(layers.map((layer) => layer[section] ?? {})) as NonNullable<PlatformFile[S]>;
}

/** A later address is another place: the backend that an earlier layer named is dropped with it. */
function mergePlaces(said: readonly object[]): object {
  return Object.assign(
    {},
    ...said.flatMap((each) => ('url' in each ? [{ backend: undefined }, each] : [each])),
  ) as object;
}

type Storage = NonNullable<PlatformFile['storage']>;

function resolveStorage(layers: readonly PlatformFile[], dataDir: string): Config['storage'] {
  for (const layer of layers) {
    if (layer.database === undefined || layer.storage === undefined) continue;
    throw new Fault('CONFIG_INVALID', 'the configuration has "database" and "storage", which mean the same: keep one');
  }
  const merged = mergePlaces(layers.map((layer) => layer.storage ?? layer.database ?? {})) as Storage;
  const backend = merged.backend ?? storageOf(merged.url);
  if (merged.url !== undefined && storageOf(merged.url) !== backend) {
    throw new Fault(
      'CONFIG_INVALID',
      `the storage is "${backend}", but its url is for "${storageOf(merged.url)}": make them agree`,
    );
  }
  return {
    url: merged.url ?? storageUrl(backend, merged, dataDir),
    maxConnections: merged.maxConnections ?? 20,
    migrate: merged.migrate ?? true,
  };
}

/** The backend that a storage URL means. */
export function storageOf(url: string | undefined): NonNullable<Storage['backend']> {
  const protocol = url?.split(':', 1)[0]?.split('+', 1)[0] ?? 'sqlite';
  if (protocol === 'postgresql') return 'postgres';
  return protocol === 'rediss' ? 'redis' : (protocol as NonNullable<Storage['backend']>);
}

function storageUrl(backend: NonNullable<Storage['backend']>, storage: Storage, dataDir: string): string {
  switch (backend) {
    case 'sqlite':
      return `sqlite:${storage.sqlite?.path ?? dataDir}`;
    case 'memory':
      return 'memory:';
    case 'redis':
      return addressOf('redis', 6379, { ...storage.redis, path: String(storage.redis?.db ?? 0) });
    case 'postgres':
      return addressOf('postgresql', 5432, { ...storage.postgres, path: storage.postgres?.database ?? 'magicflow' });
    case 'mongodb':
      return addressOf('mongodb', 27017, { ...storage.mongodb, path: storage.mongodb?.database ?? 'magicflow' });
  }
}

interface Address {
  readonly host?: string;
  readonly port?: number;
  readonly username?: string;
  readonly password?: string;
  readonly ssl?: boolean;
  readonly path?: string;
}

function addressOf(protocol: string, port: number, address: Address): string {
  const { username = '', password } = address;
  const who =
    password === undefined
      ? username && encodeURIComponent(username)
      : `${encodeURIComponent(username)}:${encodeURIComponent(password)}`;
  const secure = address.ssl ? (protocol === 'postgresql' ? '?sslmode=require' : '?tls=true') : '';
  const place = `${address.host ?? 'localhost'}:${address.port ?? port}`;
  return `${protocol}://${who}${who && '@'}${place}/${encodeURIComponent(address.path ?? '')}${secure}`;
}

function resolveCache(cache: NonNullable<PlatformFile['cache']>): Config['cache'] {
  const byUrl = cache.url === undefined || cache.url.startsWith('memory') ? 'memory' : 'redis';
  const type = cache.backend ?? byUrl;
  return {
    type,
    url:
      cache.url ??
      (type === 'redis' ? addressOf('redis', 6379, { ...cache.redis, path: String(cache.redis?.db ?? 0) }) : undefined),
    ttlMs: cache.ttlMs ?? 3_600_000,
    maxMemoryBytes: cache.maxMemoryBytes ?? 64 * 1_024 ** 2,
  };
}

const brokers: Readonly<Record<string, Config['messaging']['type']>> = {
  redis: 'redis',
  rediss: 'redis',
  amqp: 'rabbitmq',
  amqps: 'rabbitmq',
  kafka: 'kafka',
  nats: 'nats',
  tls: 'nats',
};

function resolveMessaging(messaging: NonNullable<PlatformFile['messaging']>): Config['messaging'] {
  const type = messaging.backend ?? brokers[messaging.url?.split(':', 1)[0] ?? ''] ?? 'embedded';
  return { type, url: messaging.url ?? brokerUrl(type, messaging), queuePrefix: messaging.queuePrefix ?? 'magicflow' };
}

function brokerUrl(
  type: Config['messaging']['type'],
  messaging: NonNullable<PlatformFile['messaging']>,
): string | undefined {
  switch (type) {
    case 'embedded':
      return undefined;
    case 'redis':
      return addressOf('redis', 6379, { ...messaging.redis, path: String(messaging.redis?.db ?? 0) });
    case 'rabbitmq':
      return addressOf('amqp', 5672, { ...messaging.rabbitmq, path: messaging.rabbitmq?.vhost ?? '' });
    case 'kafka':
      return `kafka://${messaging.kafka?.brokers?.join(',') ?? 'localhost:9092'}`;
    case 'nats':
      return `nats://${messaging.nats?.servers?.join(',') ?? 'localhost:4222'}`;
  }
}
