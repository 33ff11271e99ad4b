import { readFile as readFileText } from 'node:fs/promises';
import { Fault } from '../kit/fault.ts';
import { type ConfigProblem, formatProblem, type PlatformFile } from './config-problem.ts';
import { type Config, resolveConfig } from './config-resolve.ts';
import { readOverlay, type Setting, settings } from './config-settings.ts';

/**
 * The configuration of one server: a YAML file, then MAGICFLOW_* variables, then flags; the later wins, field by field.
 *
 * This module alone reads the process's environment. Nothing is left to find out later: an unknown key or a bad value is
 * refused with its place, all problems at once. Weak secrets and missing drivers are judged at start (`config-start.ts`), so
 * that a file can be checked on any machine.
 */
export type { Config } from './config-resolve.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

export interface ConfigSources {
  /** Default: MAGICFLOW_CONFIG, else no file. */
  readonly file?: string | undefined;
  /** By setting: `{ 'server.port': '8080' }`. */
  readonly flags?: Readonly<Partial<Record<Setting, string | undefined>>>;
  readonly env?: Environment;
}

/** Rejects with CONFIG_INVALID (`detail.problems`) where something in it cannot be used. */
export async function loadConfig(sources: ConfigSources = {}): Promise<Config> {
  const env = sources.env ?? environment();
  const file = sources.file ?? env['MAGICFLOW_CONFIG'];
  const fromFile = file === undefined ? { value: {}, problems: [] } : await readFile(file, env);
  const fromEnv = readOverlay('variable', variablesOf(env));
  const fromFlags = readOverlay('flag', sources.flags ?? {});
  const problems: ConfigProblem[] = [...fromFile.problems, ...fromEnv.problems, ...fromFlags.problems];
  if (problems.length > 0) throw invalid(problems);
  return resolveConfig([fromFile.value, fromEnv.value, fromFlags.value]);
}

/** What the command line may know of the environment. */
export function environment(): Environment {
  return process.env;
}

function variablesOf(env: Environment): Partial<Record<Setting, string>> {
  const found: Partial<Record<Setting, string>> = {};
  for (const [setting, { variable }] of Object.entries(settings)) {
    const value = env[variable];
    // Kubernetes gives a pod MAGICFLOW_PORT=tcp://… for a service called "magicflow": that one is not ours.
    if (value !== undefined && value !== '' && !value.startsWith('tcp://')) found[setting as Setting] = value;
  }
  return found;
}

/** The reader of YAML is loaded for a file alone. */
async function readFile(
  file: string,
  env: Environment,
): Promise<{ value: PlatformFile; problems: readonly ConfigProblem[] }> {
  const text = await readConfigText(file);
  return (await import('./config-file.ts')).readPlatformFile(text, { file, env });
}

async function readConfigText(file: string): Promise<string> {
  try {
    return await readFileText(file, 'utf8');
  } catch (cause) {
    throw new Fault('CONFIG_INVALID', `${file} cannot be read: ${(cause as Error).message}`, { cause });
  }
}

function invalid(problems: readonly ConfigProblem[]): Fault {
  return new Fault('CONFIG_INVALID', problems.map(formatProblem).join('\n'), { detail: { problems } });
}
