/**
 * Puts the platform together and starts it; alone knows which store and which ports.
 *
 * Order of ending: refuse new work and answer what waits, let requests end, stop the engine, close the store. Whatever
 * was acknowledged before is durable, so ending at any point loses nothing.
 */
import { mkdir } from 'node:fs/promises';
import type { ApiConfig } from '../api/http-app.ts';
import { openApi } from '../api/server.ts';
import { makeFirstToken, openAuth } from '../auth/auth.ts';
import { openTokens, type Tokens } from '../auth/tokens.ts';
import { type BrokerOnDemand, brokerOnDemand } from '../broker/drivers.ts';
import { openCache } from '../cache/drivers.ts';
import type { Engine } from '../engine/engine.ts';
import { type EngineDeps, openEngineOver } from '../engine/open-engine.ts';
import { systemClock } from '../kit/clock.ts';
import { systemRandom } from '../kit/random.ts';
import { openConnectors } from '../steps/connectors.ts';
import { openStore } from '../storage/drivers.ts';
import { openStoreClock } from '../storage/store-clock.ts';
import { type Config, environment } from './config.ts';
import { requireDrivers, requireStrongSecrets } from './config-start.ts';
import { openLog } from './log.ts';
import { adminTokenPath, openTokenFile, readText, writePrivately } from './token-file.ts';
import { version } from './version.ts';

export interface Platform {
  readonly url: string;
  readonly dashboardUrl: string;
  readonly engine: Engine;
  close(): Promise<void>;
}

export interface StartOptions {
  readonly config: Config;
  /** Lets sample secrets pass. */
  readonly dev: boolean;
  readonly log: (line: string) => void;
}

/** Rejects with CONFIG_INVALID, DRIVER_NOT_AVAILABLE, DATA_LOCKED or PORT_TAKEN. */
export async function startPlatform({ config, dev, log }: StartOptions): Promise<Platform> {
  requireStrongSecrets(config, { dev });
  requireDrivers(config);
  const logger = openLog(config.monitoring.logLevel);
  await mkdir(config.dataDir, { recursive: true, mode: 0o700 });
  const warn = (message: string, error: unknown): void => logger.warn({ err: error }, message);
  const store = await openStore(config.storage.url);
  const clock = await openStoreClock(store, (message) => logger.warn({}, message));
  const broker = brokerOnDemand(brokerSettings(config), { clock: systemClock, warn });
  const engine = await openEngine(config, { store, clock, warn, broker });
  try {
    const tokens = await openTokens({ ...openTokenFile(config.dataDir), clock: systemClock });
    if (config.security.authEnabled) await provideAdminToken(config, tokens, log);
    const auth = openAuth({
      tokens,
      enabled: config.security.authEnabled,
      ...(config.security.adminToken === undefined ? {} : { adminToken: config.security.adminToken }),
    });
    const api = await openApi({
      engine,
      broker,
      auth,
      clock,
      log: { error: (fields, message) => logger.error(fields, message) },
      config: apiConfig(config),
    });
    const ports = await api.listen();
    return {
      url: config.server.publicUrl ?? `http://localhost:${ports.port}`,
      dashboardUrl: `http://localhost:${ports.dashboardPort}`,
      engine,
      async close() {
        await api.close();
        await engine.close();
        await broker.close();
      },
    };
  } catch (error) {
    await engine.close();
    throw error;
  }
}

/** Messages are kept as long as executions are. */
function brokerSettings({ messaging, storage, dataDir }: Config) {
  return { type: messaging.type, folder: storage.url.startsWith('memory:') ? undefined : dataDir };
}

interface Parts extends Pick<EngineDeps, 'store' | 'clock' | 'warn'> {
  readonly broker: BrokerOnDemand;
}

async function openEngine(config: Config, { broker, ...parts }: Parts): Promise<Engine> {
  const allowed = new Set(config.security.allowedEnv);
  const env = environment();
  return openEngineOver({
    ...parts,
    random: systemRandom,
    // The language is loaded with the first definition that somebody brings.
    parse: async (text, file) => (await import('../engine/definitions/parse-beside.ts')).parseBeside(text, file),
    env: (name) => (allowed.has(name) ? env[name] : undefined),
    admission: { running: config.limits.running, queued: config.limits.queued },
    connectors: openConnectors({
      clock: systemClock,
      random: systemRandom,
      broker,
      outbound: config.outbound,
      services: config.services,
      connections: config.connections,
      own: { storage: config.storage.url, databasesFolder: config.databasesDir },
      warn: parts.warn,
    }),
    secret: (_workspace, name) => (Object.hasOwn(config.secrets, name) ? config.secrets[name] : undefined),
    cache: await openCache(config.cache, systemClock),
    leaseMs: config.limits.leaseMs,
    bulkRate: config.limits.bulkRate,
    retention: config.retention,
  });
}

function apiConfig(config: Config): ApiConfig {
  const { host, port, dashboardPort, publicUrl, rateLimit } = config.server;
  return {
    host,
    port,
    dashboardPort,
    version,
    streamsMax: config.limits.streams,
    rateLimit,
    ...(publicUrl === undefined ? {} : { publicUrl }),
  };
}

/** The first start makes an admin token, prints it once, and leaves it for the command line on this machine. */
async function provideAdminToken(config: Config, tokens: Tokens, log: (line: string) => void): Promise<void> {
  const path = adminTokenPath(config.dataDir);
  const given = config.security.adminToken;
  if (given !== undefined) {
    if ((await readText(path)) !== `${given}\n`) await writePrivately(path, `${given}\n`);
    return;
  }
  const token = await makeFirstToken(tokens);
  if (token === undefined) return;
  await writePrivately(path, `${token}\n`);
  log(`admin token (shown once, kept in ${path}): ${token}`);
}
