/** Settings given by variables and by flags, each with what it must not be. Written by hand, one line a setting. */
import type { Setting } from '../../../../src/app/config-settings.ts';

export interface WrongSetting {
  readonly setting: Setting;
  readonly code: string;
  readonly value: string;
}

type Rows = Readonly<Record<string, readonly string[]>>;

const whole = (min: number, max: number): Rows => ({
  VALUE_INVALID: [String(min - 1), String(max + 1)],
  TYPE_WRONG: ['many', '1.5', '0x10', '1e3', ' ', 'true', '١'],
});
const port = whole(0, 65_535);
const flag: Rows = { TYPE_WRONG: ['maybe', '2', 'enabled', ' ', 'null', '-1'] };
const duration: Rows = { DURATION_INVALID: ['soon', '5', '-1s', '1 s', '1x', 'PT', '0s', '1h-30m', '99999999d', ' '] };
const size: Rows = { TYPE_WRONG: ['lots', '5tb', '-1mb', '1.5gb', 'mb', ' '] };
const url = (...values: readonly string[]): Rows => ({
  VALUE_INVALID: ['localhost', '//h', 'gopher://h', ' ', ...values],
});
const choice = (...values: readonly string[]): Rows => ({ VALUE_INVALID: ['nonsense', ' ', ...values] });
/** Any text will do. */
const anyText: Rows = {};

const wrongBySetting: Readonly<Record<Setting, Rows>> = {
  'server.host': anyText,
  'server.port': port,
  'server.dashboard_port': port,
  'server.mode': choice('clstr', 'CLUSTER', 'both'),
  'server.timeout': duration,
  'server.public_url': url('ftp://h', 'HTTP://h', 'h:8080'),
  'server.data_dir': anyText,
  'storage.url': url('oracle://h', 'SQLITE:a', './data', 'mysql://h'),
  'storage.max_connections': whole(1, 10_000),
  'cache.url': url('memcached://h', 'REDIS://h'),
  'messaging.url': url('sqs://h', 'AMQP://h', 'mqtt://h'),
  'messaging.queue_prefix': anyText,
  'security.auth_enabled': flag,
  'security.jwt_secret': anyText,
  'security.admin_token': anyText,
  'security.session_timeout': duration,
  'monitoring.metrics_enabled': flag,
  'monitoring.tracing_enabled': flag,
  'monitoring.log_level': choice('loud', 'INFO', 'warning', '3'),
  'outbound.allow': { VALUE_INVALID: ['10.0.0.0/33', 'a b', 'http://h', '10.0.0.1:0', '*', '::1/129'] },
  'limits.running': whole(1, 1_000_000_000),
  'limits.queued': whole(1, 1_000_000_000),
  'limits.lease': duration,
  'limits.streams': whole(1, 1_000_000),
  'limits.bulk_rate': whole(1, 100_000),
  'retention.completed': duration,
  'retention.failed': duration,
  'retention.max_executions': whole(1, 1_000_000_000),
  'retention.max_size': size,
  'retention.interval': duration,
};

export const wrongSettings: readonly WrongSetting[] = Object.entries(wrongBySetting).flatMap(([setting, rows]) =>
  Object.entries(rows).flatMap(([code, values]) =>
    values.map((value) => ({ setting: setting as Setting, code, value })),
  ),
);
