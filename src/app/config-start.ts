import { Fault } from '../kit/fault.ts';
import { type Config, storageOf } from './config-resolve.ts';

/** What is judged only when a server is about to start: secrets that anybody could guess, and drivers that are not there. */

/** Bytes below which a secret can be guessed. */
const secretBytesMin = 32;

const sampleSecrets: readonly RegExp[] = [
  /^your[-_ ]/i,
  /change[-_ ]?(me|it|this)/i,
  /^(secret|password|example|sample|test|default|admin|token|magicflow)\b/i,
  /^(.)\1*$/,
];

/** Throws CONFIG_INVALID for a sample or short secret, unless in dev. */
export function requireStrongSecrets(config: Config, { dev }: { dev: boolean }): void {
  const { jwtSecret, adminToken } = config.security;
  if (dev) return;
  requireStrong('security.jwt_secret', jwtSecret);
  requireStrong('security.admin_token', adminToken);
}

function requireStrong(name: string, secret: string | undefined): void {
  if (secret === undefined) return;
  const isSample = sampleSecrets.some((sample) => sample.test(secret));
  const sizeBytes = new TextEncoder().encode(secret).length;
  if (!isSample && sizeBytes >= secretBytesMin) return;
  const reason = isSample ? 'is a sample value' : `has ${sizeBytes} bytes, at least ${secretBytesMin} are needed`;
  throw new Fault(
    'CONFIG_INVALID',
    `${name} ${reason}: make one with "openssl rand -hex 32", leave it out to have one made, or start with --dev`,
  );
}

/** Throws DRIVER_NOT_AVAILABLE by name for a backend that this release does not bring. */
export function requireDrivers(config: Config): void {
  requireDriver('storage', storageOf(config.storage.url), ['sqlite', 'memory']);
  requireDriver('cache', config.cache.type, ['memory']);
  requireDriver('messaging', config.messaging.type, ['embedded']);
  requireDriver('server mode', config.server.mode, ['standalone']);
}

function requireDriver(part: string, name: string, available: readonly string[]): void {
  if (available.includes(name)) return;
  throw new Fault(
    'DRIVER_NOT_AVAILABLE',
    `the ${part} "${name}" is not available in this release: use ${available.join(' or ')}`,
    {
      detail: { part, name, available },
    },
  );
}
