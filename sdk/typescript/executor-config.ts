import { readFile } from 'node:fs/promises';
import { parseDuration } from '../../src/kit/duration.ts';
import { isObject, member } from '../../src/kit/json.ts';
import type { HealthSettings } from './health.ts';

/**
 * The executor's own file (`config/executor.yaml`). Read leniently: `magicflow config check` is where it is judged field by
 * field. `messaging` and `monitoring` are accepted; work comes over HTTP, logs go to the program's own logger.
 */
export interface ExecutorConfig {
  readonly name?: string;
  readonly concurrency?: number;
  readonly timeoutMs?: number;
  readonly server?: string;
  readonly token?: string;
  readonly health?: HealthSettings;
}

/** Rejects with TypeError where a value has the wrong shape. `yaml` is loaded only here. */
export async function readExecutorConfig(path: string, env: Environment = process.env): Promise<ExecutorConfig> {
  const { parse } = await import('yaml');
  const text = await readFile(path, 'utf8');
  return parseExecutorConfig(fillVariables(parse(text) as unknown, env), path);
}

type Environment = Readonly<Record<string, string | undefined>>;

export function parseExecutorConfig(file: unknown, path: string): ExecutorConfig {
  const executor = member(file, 'executor');
  const health = member(file, 'health');
  const concurrency = numberAt(executor, 'concurrency', path);
  const timeout = member(executor, 'timeout');
  const timeoutMs = typeof timeout === 'string' ? parseDuration(timeout) : undefined;
  if (timeout !== undefined && timeoutMs === undefined) {
    throw new TypeError(`${path}: executor.timeout must be a duration like 5m, it is ${JSON.stringify(timeout)}`);
  }
  return {
    ...textAt(executor, 'name'),
    ...textAt(executor, 'server'),
    ...textAt(executor, 'token'),
    ...(concurrency === undefined ? {} : { concurrency }),
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    ...(isObject(health) ? { health: healthOf(health, path) } : {}),
  };
}

function healthOf(health: Record<string, unknown>, path: string): HealthSettings {
  const checks = member(health, 'checks');
  const endpoint = member(health, 'endpoint');
  return {
    port: numberAt(health, 'port', path) ?? 8081,
    endpoint: typeof endpoint === 'string' ? endpoint : '/health',
    checks: (Array.isArray(checks) ? checks : []).map((check: unknown, index) => {
      const settings = member(check, 'config');
      return {
        name: String(member(check, 'name') ?? `check-${index + 1}`),
        type: String(member(check, 'type') ?? 'http'),
        config: isObject(settings) ? settings : {},
      };
    }),
  };
}

function textAt<Name extends string>(from: unknown, name: Name): { readonly [key in Name]?: string } {
  const value = member(from, name);
  return typeof value === 'string' && value !== '' ? ({ [name]: value } as { [key in Name]: string }) : {};
}

function numberAt(from: unknown, name: string, path: string): number | undefined {
  const value = member(from, name);
  if (value === undefined) return undefined;
  const number = Number(value);
  if (Number.isInteger(number) && number > 0) return number;
  throw new TypeError(`${path}: ${name} must be a whole number above 0, it is ${JSON.stringify(value)}`);
}

/** `${VAR}` and `${VAR:-default}` in every text. */
function fillVariables(value: unknown, env: Environment): unknown {
  if (typeof value === 'string') {
    return value.replace(
      /\$\{(\w+)(?::-([^}]*))?\}/g,
      (_, name: string, fallback?: string) => env[name] || (fallback ?? ''),
    );
  }
  if (Array.isArray(value)) return value.map((item) => fillVariables(item, env));
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, fillVariables(item, env)]));
}
