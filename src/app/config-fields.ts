import { duration } from '../model/fields/duration.ts';
import { type Fields, object, optional } from '../model/fields/field.ts';
import { choice, jsonObject, label, list, number, record, text } from '../model/fields/kind.ts';
import { plainName } from '../model/fields/name.ts';
import { connections } from './config-connections.ts';
import { flag, named, port, size, url, whole } from './config-kinds.ts';
import { outboundFields, services } from './config-outbound.ts';
import { retentionFields } from './config-retention.ts';

/**
 * What a configuration may hold, field by field: the one table that files, variables and flags are read by.
 *
 * Both shapes are here: `database.type` with `database.url`, and `storage.backend` with a section of the backend's name.
 */
const many = { min: 1, max: 1_000_000_000 };

const storageType = named({ sqlite: [], memory: [], postgres: ['postgresql'], mongodb: ['mongo'], redis: [] });
const storageUrl = url('sqlite', 'memory', 'postgres', 'postgresql', 'mongodb', 'mongodb+srv', 'redis', 'rediss');
const cacheType = named({ memory: ['in-memory', 'none'], redis: [] });
const brokerType = named({ embedded: ['memory', 'in-process'], redis: [], rabbitmq: [], kafka: [], nats: [] });

const connection = {
  host: optional('host', label, 'Where it listens.'),
  port: optional('port', port, 'Its port.'),
  username: optional(['username', 'user'], label, 'Who connects.'),
  password: optional('password', label, 'Keep it in a variable.'),
  ssl: optional('ssl', flag, 'Encrypt the connection.'),
} satisfies Fields;

const redis = object('redis', {
  ...connection,
  db: optional('db', whole({ min: 0, max: 1_000_000 }), 'Number of the database.'),
});
const sqlDatabase = (name: string) =>
  object(name, { ...connection, database: optional('database', label, 'Name of the database.') });
const broker = (name: string) =>
  object(name, {
    ...connection,
    vhost: optional('vhost', label, 'Virtual host.'),
    brokers: optional('brokers', list(label), 'Addresses, host:port.'),
    servers: optional('servers', list(label), 'Addresses, host:port.'),
  });

const storage = {
  backend: optional(['backend', 'type'], storageType, 'Where workflows and executions are kept.'),
  url: optional('url', storageUrl, 'Its address; its protocol names the backend.'),
  maxConnections: optional('max_connections', whole({ min: 1, max: 10_000 }), 'Connections open at once.'),
  migrate: optional(['migration', 'migrate'], flag, 'Bring the schema up to date at start.'),
  postgres: optional(['postgres', 'postgresql'], sqlDatabase('postgres'), 'PostgreSQL.'),
  mongodb: optional('mongodb', sqlDatabase('mongodb'), 'MongoDB.'),
  redis: optional('redis', redis, 'Redis.'),
  sqlite: optional('sqlite', object('sqlite', { path: optional('path', label, 'Its folder.') }), 'SQLite.'),
} satisfies Fields;

const cache = {
  backend: optional(['type', 'backend'], cacheType, 'What keeps copies.'),
  url: optional('url', url('memory', 'redis', 'rediss'), 'Its address.'),
  ttlMs: optional('ttl', duration(1), 'How long a copy lives.'),
  maxMemoryBytes: optional('max_memory', size, 'All copies together.'),
  redis: optional('redis', redis, 'Redis.'),
} satisfies Fields;

const messaging = {
  backend: optional(['type', 'backend'], brokerType, 'What carries tasks between programs.'),
  url: optional(
    'url',
    url('embedded', 'memory', 'redis', 'rediss', 'amqp', 'amqps', 'kafka', 'nats', 'tls'),
    'Its address.',
  ),
  queuePrefix: optional('queue_prefix', label, 'Begins every queue name.'),
  redis: optional('redis', redis, 'Redis.'),
  rabbitmq: optional('rabbitmq', broker('rabbitmq'), 'RabbitMQ.'),
  kafka: optional('kafka', broker('kafka'), 'Kafka.'),
  nats: optional('nats', broker('nats'), 'NATS.'),
} satisfies Fields;

const monitoring = {
  metricsEnabled: optional('metrics_enabled', flag, 'Serve /metrics.'),
  tracingEnabled: optional('tracing_enabled', flag, 'Send traces.'),
  logLevel: optional(
    'log_level',
    choice('trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'),
    'The least that is logged.',
  ),
} satisfies Fields;

const businessMetric = object('a metric', {
  name: optional('name', text, 'Its name in conditions and answers.'),
  description: optional('description', text, 'For people.'),
  type: optional('type', choice('counter', 'gauge', 'histogram', 'summary'), 'How values add up.'),
  source: optional('source', text, 'The expression that gives the value.'),
  labels: optional('labels', list(text, { max: 20 }), 'Told apart by these.'),
  buckets: optional('buckets', list(number({ min: -1e15, max: 1e15 }), { max: 100 }), 'Upper bounds of a histogram.'),
  window: optional('window', duration(1_000), 'What it looks back on.'),
});

const alert = object('an alert', {
  name: optional('name', text, 'Its name.'),
  description: optional('description', text, 'For people.'),
  condition: optional('condition', text, 'The expression that raises it.'),
  severity: optional('severity', choice('info', 'warning', 'error', 'critical'), 'How bad it is.'),
  channels: optional('channels', list(text, { max: 20 }), 'Who is told.'),
  for: optional('for', duration(0), 'How long the condition must hold.'),
});

const metrics = object('metrics', {
  businessMetrics: optional('business_metrics', list(businessMetric, { max: 1_000 }), 'Values taken from executions.'),
  alerts: optional('alerts', list(alert, { max: 1_000 }), 'Conditions on metrics.'),
});

const rateLimit = object('rate_limit', {
  requests: optional('requests', whole(many), 'Requests of one token, or of one address without a token, in a period.'),
  taskRequests: optional('task_requests', whole(many), 'The same for claims, results and heartbeats of executors.'),
  perMs: optional('per', duration(1_000), 'The period (default 1m).'),
});

export const platformFields = {
  server: optional(
    'server',
    object('server', {
      host: optional('host', label, 'The address to listen on.'),
      port: optional('port', port, 'API and web app.'),
      dashboardPort: optional('dashboard_port', port, 'The dashboard.'),
      mode: optional('mode', choice('standalone', 'cluster'), 'One node, or several on one database.'),
      timeoutMs: optional('timeout', duration(1), 'The longest a request may take.'),
      publicUrl: optional('public_url', url('http', 'https'), 'How users reach the API.'),
      rateLimit: optional('rate_limit', rateLimit, 'How often one caller may ask; no limit by default.'),
      dataDir: optional('data_dir', label, 'Where this node keeps its files.'),
      databasesDir: optional(
        'databases_dir',
        label,
        'Where SQLite files of connections lie. Default: databases in data_dir.',
      ),
    }),
    'Where it listens.',
  ),
  database: optional('database', object('database', storage), 'Where workflows and executions are kept.'),
  storage: optional('storage', object('storage', storage), 'The same as database.'),
  cache: optional('cache', object('cache', cache), 'Copies of what is read often.'),
  messaging: optional('messaging', object('messaging', messaging), 'What carries tasks between programs.'),
  security: optional(
    'security',
    object('security', {
      authEnabled: optional('auth_enabled', flag, 'False lets everybody do everything.'),
      jwtSecret: optional('jwt_secret', label, 'At least 32 bytes that nobody can guess.'),
      adminToken: optional('admin_token', label, 'The first token.'),
      sessionTimeoutMs: optional('session_timeout', duration(1_000), 'How long a login lasts.'),
      allowedEnv: optional('allowed_env', list(text, { max: 1_000 }), 'Variables that expressions may read as env.X.'),
    }),
    'Who may do what.',
  ),
  monitoring: optional('monitoring', object('monitoring', monitoring), 'What it tells about itself.'),
  health: optional(
    'health',
    object('health', {
      checkIntervalMs: optional('check_interval', duration(1), 'Between two checks.'),
      timeoutMs: optional('timeout', duration(1), 'Of one check.'),
      failureThreshold: optional('failure_threshold', whole({ min: 1, max: 1_000 }), 'Failures in a row that count.'),
    }),
    'How it watches what it needs.',
  ),
  limits: optional(
    'limits',
    object('limits', {
      running: optional('running', whole(many), 'Executions of a workspace that run at once; more are queued.'),
      queued: optional('queued', whole(many), 'Executions that wait; one more is refused with 429.'),
      leaseMs: optional('lease', duration(1_000), 'How long a task stays with an executor that is silent.'),
      streams: optional('streams', whole({ min: 1, max: 1_000_000 }), 'Live event streams open at once.'),
      bulkRate: optional(
        'bulk_rate',
        whole({ min: 1, max: 100_000 }),
        'Executions a second that bulk operations act on (default 500).',
      ),
    }),
    'Bounds.',
  ),
  retention: optional('retention', object('retention', retentionFields), 'How long what has ended is kept.'),
  outbound: optional('outbound', object('outbound', outboundFields), 'Where steps may connect to.'),
  services: optional('services', services, 'HTTP services that steps call by name.'),
  connections: optional('connections', connections, 'What else steps reach by name.'),
  secrets: optional(
    'secrets',
    record(plainName, label),
    'What definitions read as ${secrets.<name>}. Keep it in variables.',
  ),
  metrics: optional('metrics', metrics, 'Business metrics and alerts.'),
} satisfies Fields;

export const executorFields = {
  executor: optional(
    'executor',
    object('executor', {
      name: optional('name', text, 'The name that workflows write.'),
      concurrency: optional('concurrency', whole({ min: 1, max: 100_000 }), 'Functions that run at once.'),
      timeoutMs: optional('timeout', duration(1), 'The longest a function may take.'),
      server: optional('server', url('http', 'https'), 'Where the platform listens.'),
      token: optional('token', label, 'Keep it in a variable.'),
    }),
    'The executor.',
  ),
  messaging: optional('messaging', object('messaging', messaging), 'Accepted; tasks come over HTTP.'),
  health: optional(
    'health',
    object('health', {
      endpoint: optional('endpoint', text, 'Path of its health.'),
      port: optional('port', port, 'Port of its health.'),
      checks: optional(
        'checks',
        list(
          object('a check', {
            name: optional('name', text, 'Its name in the answer.'),
            type: optional('type', text, 'http, postgres, redis …'),
            config: optional('config', jsonObject, 'url, or host and port.'),
          }),
          { max: 100 },
        ),
        'What it needs to work.',
      ),
    }),
    'Its own health.',
  ),
  monitoring: optional('monitoring', object('monitoring', monitoring), 'Accepted.'),
} satisfies Fields;

/** Kept out of the platform's tables so that a stray key there is told as unknown. */
export const metricsFields = { metrics: optional('metrics', metrics, 'Business metrics and alerts.') } satisfies Fields;
