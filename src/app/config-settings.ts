import { emptyObject, isObject } from '../kit/json.ts';
import { readFields } from '../model/fields/field.ts';
import { type Node, pointerOf, rootSpot } from '../model/yaml/tree.ts';
import { platformFields } from './config-fields.ts';
import { type ConfigProblem, openPlainSink, type PlatformFile } from './config-problem.ts';

/** Settings that a variable or a flag can give, by their place in the file. They are read by the file's own table. */
export const settings = {
  'server.host': { variable: 'MAGICFLOW_HOST', flag: '--host' },
  'server.port': { variable: 'MAGICFLOW_PORT', flag: '--port' },
  'server.dashboard_port': { variable: 'MAGICFLOW_DASHBOARD_PORT', flag: '--dashboard-port' },
  'server.mode': { variable: 'MAGICFLOW_MODE', flag: '--mode' },
  'server.timeout': { variable: 'MAGICFLOW_SERVER_TIMEOUT', flag: undefined },
  'server.public_url': { variable: 'MAGICFLOW_PUBLIC_URL', flag: '--public-url' },
  'server.data_dir': { variable: 'MAGICFLOW_DATA_DIR', flag: '--data' },
  'storage.url': { variable: 'MAGICFLOW_DATABASE_URL', flag: '--storage' },
  'storage.max_connections': { variable: 'MAGICFLOW_DATABASE_MAX_CONNECTIONS', flag: undefined },
  'cache.url': { variable: 'MAGICFLOW_CACHE_URL', flag: undefined },
  'messaging.url': { variable: 'MAGICFLOW_MESSAGING_URL', flag: undefined },
  'messaging.queue_prefix': { variable: 'MAGICFLOW_QUEUE_PREFIX', flag: undefined },
  'security.auth_enabled': { variable: 'MAGICFLOW_AUTH_ENABLED', flag: undefined },
  'security.jwt_secret': { variable: 'MAGICFLOW_JWT_SECRET', flag: undefined },
  'security.admin_token': { variable: 'MAGICFLOW_ADMIN_TOKEN', flag: undefined },
  'security.session_timeout': { variable: 'MAGICFLOW_SESSION_TIMEOUT', flag: undefined },
  'monitoring.metrics_enabled': { variable: 'MAGICFLOW_METRICS_ENABLED', flag: undefined },
  'monitoring.tracing_enabled': { variable: 'MAGICFLOW_TRACING_ENABLED', flag: undefined },
  'monitoring.log_level': { variable: 'MAGICFLOW_LOG_LEVEL', flag: '--log-level' },
  'outbound.allow': { variable: 'MAGICFLOW_OUTBOUND_ALLOW', flag: undefined },
  'limits.running': { variable: 'MAGICFLOW_LIMITS_RUNNING', flag: undefined },
  'limits.queued': { variable: 'MAGICFLOW_LIMITS_QUEUED', flag: undefined },
  'limits.lease': { variable: 'MAGICFLOW_LIMITS_LEASE', flag: undefined },
  'limits.streams': { variable: 'MAGICFLOW_LIMITS_STREAMS', flag: undefined },
  'limits.bulk_rate': { variable: 'MAGICFLOW_LIMITS_BULK_RATE', flag: undefined },
  'retention.completed': { variable: 'MAGICFLOW_RETENTION_COMPLETED', flag: undefined },
  'retention.failed': { variable: 'MAGICFLOW_RETENTION_FAILED', flag: undefined },
  'retention.max_executions': { variable: 'MAGICFLOW_RETENTION_MAX_EXECUTIONS', flag: undefined },
  'retention.max_size': { variable: 'MAGICFLOW_RETENTION_MAX_SIZE', flag: undefined },
  'retention.interval': { variable: 'MAGICFLOW_RETENTION_INTERVAL', flag: undefined },
} as const satisfies Record<string, { variable: string; flag: string | undefined }>;

export type Setting = keyof typeof settings;

/** Reads texts by setting as if they stood in a file; problems name the variable or the flag. */
export function readOverlay(
  origin: 'variable' | 'flag',
  texts: Readonly<Partial<Record<Setting, string | undefined>>>,
): { value: PlatformFile; problems: readonly ConfigProblem[] } {
  const tree = emptyObject<Record<string, string>>();
  for (const [setting, value] of Object.entries(texts)) {
    const [section = '', field = ''] = setting.split('.');
    if (value === undefined) continue;
    tree[section] ??= emptyObject<string>();
    tree[section][field] = value;
  }
  const { sink, problems } = openPlainSink('');
  const value = readFields(platformFields, rootSpot(nodeOf(tree)), sink, 'the configuration');
  return {
    value,
    problems: problems.map(({ code, message, spot }) => {
      const setting = pointerOf(spot).split('/').slice(1, 3).join('.') as Setting;
      return { code, message: `${settings[setting][origin] ?? settings[setting].variable}: ${message}` };
    }),
  };
}

function nodeOf(value: unknown): Node {
  if (!isObject(value)) return { kind: 'scalar', start: 0, end: 0, value: String(value), style: 'double' };
  const entries = Object.entries(value).map(([key, item]) => ({
    key,
    keyValue: key,
    keyStart: 0,
    value: nodeOf(item),
  }));
  return { kind: 'map', start: 0, entries };
}
