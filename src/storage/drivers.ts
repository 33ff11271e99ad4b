/**
 * The whole list of storage drivers. Adding one is a folder, a line here and a test file that runs the conformance
 * suites. Each is loaded on demand: who uses one never pays for another.
 */
import { fileURLToPath } from 'node:url';
import { Fault } from '../kit/fault.ts';
import type { Store } from './store.ts';

type Opener = (url: string) => Promise<Store>;

const drivers: ReadonlyMap<string, Opener> = new Map<string, Opener>([
  ['memory', async () => (await import('./memory/memory-store.ts')).openMemoryStore()],
  [
    'sqlite',
    async (url) => (await import('./sqlite/sqlite-store.ts')).openSqliteStore({ directory: sqliteDirectory(url) }),
  ],
]);

/** What people write for one driver. */
const schemes: ReadonlyMap<string, string> = new Map([
  ['postgres', 'postgresql'],
  ['mongodb+srv', 'mongodb'],
]);

/**
 * Opens the store that a URL names: `memory:`, or `sqlite:` and a folder (`sqlite:./data`, `sqlite:///var/lib/magicflow`).
 * Throws DRIVER_NOT_AVAILABLE for a driver that is not there, and what the driver itself throws.
 */
export async function openStore(url: string): Promise<Store> {
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(url)?.[1]?.toLowerCase();
  if (scheme === undefined) {
    throw new Fault('CONFIG_INVALID', `no storage URL: it begins with a driver, as in ${exampleUrls()}`);
  }
  const driver = schemes.get(scheme) ?? scheme;
  const open = drivers.get(driver);
  if (open) return open(url);
  throw new Fault(
    'DRIVER_NOT_AVAILABLE',
    `there is no storage driver ${driver}; there are ${[...drivers.keys()].join(', ')}`,
    {
      detail: { driver, available: [...drivers.keys()] },
    },
  );
}

function exampleUrls(): string {
  return [...drivers.keys()].map((driver) => (driver === 'sqlite' ? 'sqlite:./data' : `${driver}:`)).join(' or ');
}

/** Where a store of this URL keeps its files; undefined where it keeps none. */
export const folderOf = (url: string): string | undefined =>
  url.startsWith('sqlite:') ? sqliteDirectory(url) : undefined;

/** The folder of `sqlite:./data`, `sqlite:/data`, `sqlite://./data` or `sqlite:///data`. */
function sqliteDirectory(url: string): string {
  const rest = url.slice('sqlite:'.length);
  const directory = rest.startsWith('///') ? fileURLToPath(`file:${rest}`) : rest.replace(/^\/\//, '');
  if (directory === '') throw new Fault('CONFIG_INVALID', 'a sqlite URL names a folder, as in sqlite:./data');
  return directory;
}
