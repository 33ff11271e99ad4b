/** The sections of configuration files, with what each setting must not be. Written by hand. */
import type { Fields, ObjectPlace } from '../definitions/object-place.ts';
import {
  anyObject,
  choice,
  duration,
  label,
  listOf,
  notAList,
  number,
  objectOf,
  text,
} from '../definitions/wrong-values.ts';
import { filePlaces } from './file-places.ts';
import { type Section, section } from './section.ts';
import { flag, named, port, size, url, whole } from './wrong-settings.ts';

const connection: Fields = { host: label, port, username: label, user: label, password: label, ssl: flag };
const connectionTwins = [['username', 'user', 'a']] as const;
const sql: Fields = { ...connection, database: label };
const redis: Fields = { ...connection, db: whole(0, 1_000_000) };
const broker: Fields = { ...connection, vhost: label, brokers: listOf(label, 'a:1'), servers: listOf(label, 'a:1') };

const storage: Fields = {
  backend: named('sqlite', 'memory', 'postgres', 'mongodb', 'redis'),
  type: named('sqlite'),
  url: url('sqlite', 'memory', 'postgres'),
  max_connections: whole(1, 10_000),
  migration: flag,
  migrate: flag,
  postgres: objectOf,
  postgresql: objectOf,
  mongodb: objectOf,
  redis: objectOf,
  sqlite: objectOf,
};
const storageTwins = [
  ['backend', 'type', 'sqlite'],
  ['migration', 'migrate', 'true'],
  ['postgres', 'postgresql', '{}'],
] as const;

const messaging: Fields = {
  type: named('embedded', 'redis', 'rabbitmq', 'kafka', 'nats'),
  backend: named('embedded'),
  url: url('embedded', 'redis', 'amqp'),
  queue_prefix: label,
  redis: objectOf,
  rabbitmq: objectOf,
  kafka: objectOf,
  nats: objectOf,
};

const monitoring: Fields = {
  metrics_enabled: flag,
  tracing_enabled: flag,
  log_level: choice('trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'),
};

const httpUrl = url('http', 'https');

const ofDatabase: Fields = {
  read_only: flag,
  max_rows: whole(1, 100_000),
  max_connections: whole(1, 1_000),
  idempotency_table: [
    ['VALUE_INVALID', '«"a b"'],
    ['VALUE_INVALID', '«"a; drop table b"'],
    ['TYPE_WRONG', '«7'],
    ['TYPE_WRONG', '«null'],
  ],
};
const databaseServer: Fields = { ...sql, ssl_verify: flag, ssl_ca: label, ...ofDatabase };

const sections: readonly Section[] = [
  {
    path: 'server',
    sound: 'host: a',
    fields: {
      host: label,
      port,
      dashboard_port: port,
      mode: choice('standalone', 'cluster'),
      timeout: duration(),
      public_url: url('http', 'https'),
      rate_limit: objectOf,
      data_dir: label,
      databases_dir: label,
    },
  },
  {
    path: 'server.rate_limit',
    sound: 'per: 1m',
    fields: { requests: whole(1, 1_000_000_000), task_requests: whole(1, 1_000_000_000), per: duration() },
  },
  { path: 'database', sound: 'backend: sqlite', fields: storage, twins: storageTwins, excludes: { type: ['backend'] } },
  { path: 'storage', sound: 'backend: sqlite', fields: storage, twins: storageTwins, excludes: { type: ['backend'] } },
  { path: 'storage.postgres', sound: 'database: a', fields: sql, twins: connectionTwins },
  { path: 'database.mongodb', sound: 'database: a', fields: sql, twins: connectionTwins },
  { path: 'storage.redis', sound: 'db: 1', fields: redis, twins: connectionTwins },
  { path: 'storage.sqlite', sound: 'path: a', fields: { path: label } },
  {
    path: 'cache',
    sound: 'ttl: 1h',
    fields: {
      type: named('memory', 'redis'),
      backend: named('memory'),
      url: url('memory', 'redis'),
      ttl: duration(),
      max_memory: size,
      redis: objectOf,
    },
    twins: [['type', 'backend', 'memory']],
  },
  { path: 'messaging', sound: 'queue_prefix: a', fields: messaging, twins: [['type', 'backend', 'embedded']] },
  { path: 'messaging.kafka', sound: 'vhost: a', fields: broker, twins: connectionTwins },
  {
    path: 'security',
    sound: 'admin_token: a',
    fields: {
      auth_enabled: flag,
      jwt_secret: label,
      admin_token: label,
      session_timeout: duration(),
      allowed_env: listOf(text, 'HOME'),
    },
  },
  { path: 'monitoring', sound: 'log_level: info', fields: monitoring },
  {
    path: 'health',
    sound: 'timeout: 1s',
    fields: { check_interval: duration(), timeout: duration(), failure_threshold: whole(1, 1_000) },
  },
  {
    path: 'limits',
    sound: 'running: 1',
    fields: {
      running: whole(1, 1_000_000_000),
      queued: whole(1, 1_000_000_000),
      lease: duration(),
      streams: whole(1, 1_000_000),
      bulk_rate: whole(1, 100_000),
    },
  },
  {
    path: 'retention',
    sound: 'completed: 7d',
    fields: {
      completed: duration(),
      failed: duration(),
      max_executions: whole(1, 1_000_000_000),
      max_size: size,
      interval: duration(),
    },
  },
  { path: 'metrics', sound: 'alerts: []', fields: { business_metrics: notAList, alerts: notAList } },
  {
    path: 'metrics.business_metrics[]',
    sound: 'name: a',
    fields: {
      name: text,
      description: text,
      type: choice('counter', 'gauge', 'histogram', 'summary'),
      source: text,
      labels: listOf(text, 'a'),
      buckets: listOf(number(-1e15, 1e15), '1'),
      window: duration(),
    },
  },
  {
    path: 'metrics.alerts[]',
    sound: 'name: a',
    fields: {
      name: text,
      description: text,
      condition: text,
      severity: choice('info', 'warning', 'error', 'critical'),
      channels: listOf(text, 'a'),
      for: duration(0),
    },
  },
  {
    path: 'outbound',
    sound: 'max_response: 1mb',
    fields: {
      allow: [
        ['VALUE_INVALID', '«"10.0.0.0/33"'],
        ['VALUE_INVALID', '[10.0.0.1, «"a b"]'],
        ['VALUE_INVALID', '[«"http://h"]'],
        ['TYPE_WRONG', '[«null]'],
        ['TYPE_WRONG', '«7'],
        ['TYPE_WRONG', '«null'],
        ['TYPE_WRONG', '«{a: b}'],
      ],
      ports: [...notAList, ['VALUE_INVALID', '«[]'], ['VALUE_INVALID', '[80, «65536]'], ['TYPE_WRONG', '[«http]']],
      max_response: size,
    },
  },
  {
    path: 'services.users',
    sound: 'base_url: https://h',
    required: ['base_url'],
    twins: [['base_url', 'url', 'https://h']],
    excludes: { url: ['base_url'] },
    fields: {
      base_url: [...httpUrl, ['VALUE_INVALID', '«https://ada:pw@h'], ['VALUE_INVALID', '«https://h/?a=b']],
      url: httpUrl,
      headers: [...anyObject, ['TYPE_WRONG', '{accept: «null}', '/accept']],
      auth: anyObject,
      timeout: duration(),
    },
  },
  {
    path: 'connections.ops',
    sound: ['url: https://h', 'type: slack'],
    required: ['url', 'type'],
    fields: {
      url: httpUrl,
      type: [
        ['VALUE_INVALID', '«fax'],
        ['VALUE_INVALID', '«""'],
        ['TYPE_WRONG', '«7'],
        ['TYPE_WRONG', '«null'],
      ],
    },
  },
  {
    path: 'connections.pages',
    sound: ['routing_key: a', 'type: pagerduty'],
    required: ['routing_key'],
    fields: { routing_key: label, url: httpUrl },
  },
  {
    path: 'connections.hook',
    sound: ['url: https://h', 'type: webhook'],
    required: ['url'],
    fields: { url: httpUrl, headers: anyObject, secret: label },
  },
  {
    path: 'connections.mail',
    sound: ['host: h', 'from: a@b.de', 'type: smtp'],
    required: ['host', 'from'],
    twins: connectionTwins,
    fields: {
      host: label,
      port,
      username: label,
      user: label,
      password: label,
      from: label,
      secure: named('tls', 'starttls', 'none'),
    },
  },
  {
    path: 'connections.orders',
    sound: ['username: a', 'database: a', 'type: postgres'],
    twins: connectionTwins,
    excludes: { user: ['username'], url: ['username', 'database'] },
    fields: { ...databaseServer, url: url('postgres', 'postgresql') },
  },
  {
    path: 'connections.stock',
    sound: ['username: a', 'database: a', 'type: mysql'],
    twins: connectionTwins,
    excludes: { user: ['username'], url: ['username', 'database'] },
    fields: { ...databaseServer, url: url('mysql', 'mariadb') },
  },
  {
    path: 'connections.notes',
    sound: ['path: a.db', 'type: sqlite'],
    required: ['path'],
    fields: { ...ofDatabase, path: label },
  },
  {
    path: 'executor',
    sound: 'name: a',
    fields: {
      name: text,
      concurrency: whole(1, 100_000),
      timeout: duration(),
      server: url('http', 'https'),
      token: label,
    },
  },
  {
    path: 'health',
    beside: 'executor: {name: a}\n',
    sound: 'port: 1',
    fields: { endpoint: text, port, checks: notAList },
  },
  {
    path: 'health.checks[]',
    beside: 'executor: {name: a}\n',
    sound: 'name: a',
    fields: { name: text, type: text, config: anyObject },
  },
];

export const configPlaces: readonly ObjectPlace[] = [...sections.map(section), ...filePlaces];
