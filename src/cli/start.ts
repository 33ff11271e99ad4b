import type { ConfigSources } from '../app/config.ts';
import type { CliIo, Command, Flags } from './command.ts';
import { isSet, readWords, textOf, type Words } from './read-words.ts';

/** Flags that stand for settings; their values are judged with the configuration's other sources. */
export const serverFlags = {
  config: { type: 'string', short: 'c', value: 'FILE', doc: 'the configuration (MAGICFLOW_CONFIG, else none)' },
  host: { type: 'string', value: 'HOST', doc: 'the address to listen on (default: 0.0.0.0)' },
  port: { type: 'string', short: 'p', value: 'PORT', doc: 'API and web app (default: 8080)' },
  'dashboard-port': { type: 'string', value: 'PORT', doc: 'the dashboard (default: 9090)' },
  data: { type: 'string', short: 'd', value: 'DIR', doc: 'where it keeps its files (default: ./data)' },
  storage: { type: 'string', value: 'URL', doc: 'another database: sqlite:DIR, memory:' },
  mode: { type: 'string', value: 'standalone|cluster', doc: 'one node, or several' },
  'public-url': { type: 'string', value: 'URL', doc: 'how users reach it' },
  'log-level': { type: 'string', value: 'LEVEL', doc: 'the least that is logged (default: info)' },
} as const satisfies Flags;

interface Args {
  readonly sources: ConfigSources;
  readonly dev: boolean;
}

export const start: Command<Args> = {
  name: 'start',
  summary: 'start the platform',
  usage: 'start',
  examples: ['start', 'start --config config/magicflow.yaml --port 8080', 'start --data /var/lib/magicflow'],
  flags: { ...serverFlags, dev: { type: 'boolean', doc: 'let sample secrets pass' } },

  parse(argv) {
    const words = readWords(argv, start.flags, { names: [] });
    return { sources: sourcesOf(words), dev: isSet(words, 'dev') };
  },

  async run({ sources, dev }, io) {
    // Asked for first: a signal during the start is an orderly stop too.
    const { stop } = io;
    const { platform } = await openPlatform(sources, { io, dev });
    await stopped(stop);
    io.err('stopping: no new work, what runs is brought to an end');
    await platform.close();
    return 0;
  },
};

export function sourcesOf(words: Words): ConfigSources {
  return {
    file: textOf(words, 'config'),
    flags: {
      'server.host': textOf(words, 'host'),
      'server.port': textOf(words, 'port'),
      'server.dashboard_port': textOf(words, 'dashboard-port'),
      'server.data_dir': textOf(words, 'data'),
      'storage.url': textOf(words, 'storage'),
      'server.mode': textOf(words, 'mode'),
      'server.public_url': textOf(words, 'public-url'),
      'monitoring.log_level': textOf(words, 'log-level'),
    },
  };
}

/** The server's own modules are loaded here and nowhere else, so that the other commands start quickly. */
export async function openPlatform(sources: ConfigSources, { io, dev }: { io: CliIo; dev: boolean }) {
  const [{ loadConfig }, { startPlatform }] = await Promise.all([
    import('../app/config.ts'),
    import('../app/start.ts'),
  ]);
  const config = await loadConfig({ ...sources, env: io.env });
  const platform = await startPlatform({ config, dev, log: (line) => io.out(line) });
  io.out(`Magic Flow listens on ${platform.url}, dashboard on ${platform.dashboardUrl}`);
  return { config, platform };
}

export function stopped(stop: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (stop.aborted) resolve();
    else stop.addEventListener('abort', () => resolve(), { once: true });
  });
}
