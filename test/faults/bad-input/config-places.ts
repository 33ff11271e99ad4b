/** The sections of configuration files, with what each setting must not be. Written by hand. */
import { documentAround, type Fields, type ObjectPlace } from './definitions/object-place.ts';
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
  type WrongValue,
} from './definitions/wrong-values.ts';

type Rows = readonly WrongValue[];

const wrong = (code: string, ...texts: readonly string[]): Rows => texts.map((each) => [code, `«${each}`] as const);

/** Numbers may be written as texts, because variables are. */
const whole = (min: number, max: number): Rows => [
  ...wrong('VALUE_INVALID', String(min - 1), String(max + 1), `${min}.5`, `"${max + 1}"`),
  ...wrong('TYPE_WRONG', 'many', 'true', 'null', `[${min}]`, '{a: 1}', '"1.5"', '"0x10"', '" "'),
];
const port = whole(0, 65_535);
const flag: Rows = wrong('TYPE_WRONG', 'maybe', '2', 'null', '[true]', '{a: true}', '""', 'enabled');
const size: Rows = wrong('TYPE_WRONG', 'lots', '5tb', '-1mb', '1.5gb', 'mb', '""', 'null', '[1mb]', '{a: 1}');
const url = (...protocols: readonly [string, ...string[]]): Rows => [
  ...wrong(
    'VALUE_INVALID',
    'gopher://h',
    'localhost',
    '"//h"',
    '""',
    `"${protocols[0].toUpperCase()}://h"`,
    `${protocols[0]}`,
  ),
  ['VALUE_INVALID', `«${protocols[0]}://${'h'.repeat(4_096)}`],
  ...wrong('TYPE_WRONG', 'null', '[a]', '{a: b}'),
];
const named = (...words: readonly [string, ...string[]]): Rows => [
  ...wrong('VALUE_INVALID', words[0].toUpperCase(), `${words[0]}x`, '""', 'oracle'),
  ...wrong('TYPE_WRONG', '7', 'null', `[${words[0]}]`, '{a: b}'),
];

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

interface Section {
  readonly path: string;
  readonly sound: string;
  readonly fields: Fields;
  readonly twins?: ObjectPlace['twins'];
  readonly excludes?: ObjectPlace['excludes'];
  /** Further lines of the file, which say of what kind it is. */
  readonly beside?: string;
}

/** A section at a path of the file: `storage.postgres`, `metrics.alerts[0]`. */
function section({ path, sound, fields, twins = [], excludes = {}, beside = '' }: Section): ObjectPlace {
  const parts = path.split('.');
  const around = parts.map((part, depth) => {
    const indent = '  '.repeat(depth);
    return part.endsWith('[]') ? `${indent}${part.slice(0, -2)}:\n${indent}  -\n` : `${indent}${part}:\n`;
  });
  const depth = parts.length + parts.filter((part) => part.endsWith('[]')).length;
  return {
    title: path,
    pointer: '',
    sound: [sound],
    fields,
    twins,
    excludes,
    wrong: path.endsWith('[]')
      ? [
          ['TYPE_WRONG', '«text'],
          ['TYPE_WRONG', '«7'],
        ]
      : [],
    write: documentAround(`${beside}${around.join('')}${'  '.repeat(depth)}@\n`),
  };
}

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
      data_dir: label,
    },
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

const wholeFile: ObjectPlace = {
  title: 'a configuration',
  pointer: '',
  sound: ['server: {}'],
  fields: {
    server: objectOf,
    database: objectOf,
    storage: objectOf,
    cache: objectOf,
    messaging: objectOf,
    security: objectOf,
    monitoring: objectOf,
    health: objectOf,
    limits: objectOf,
    metrics: objectOf,
  },
  write: documentAround('@\n'),
};

export const configPlaces: readonly ObjectPlace[] = [wholeFile, ...sections.map(section)];
