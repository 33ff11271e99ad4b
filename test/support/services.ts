/**
 * Real servers for tests, started when the first test asks and shared by all; they end by themselves after the last.
 *
 * ```ts
 * const postgres = await findService('postgres');
 * describe('on PostgreSQL', { skip: postgres.skip }, () => { … postgres.url … });
 * ```
 */
import { openKeeper } from '../../dev/services/keeper-link.ts';
import type { ServiceName } from '../../dev/services/services.ts';

export interface FoundService {
  /** Empty where the service cannot be had. */
  readonly url: string;
  /** Why tests that need it are skipped; false where it is there. */
  readonly skip: string | false;
}

/** Rejects under `CI=true` where the service cannot be had: there nothing is skipped. */
export async function findService(name: ServiceName): Promise<FoundService> {
  try {
    if (process.env['MAGICFLOW_NO_SERVICES'] === '1') throw new Error('MAGICFLOW_NO_SERVICES is set');
    const keeper = await openKeeper();
    return { url: await keeper.start(name, { log: (line) => console.error(line) }), skip: false };
  } catch (error) {
    if (process.env['CI'] === 'true') throw error;
    return { url: '', skip: error instanceof Error ? error.message : String(error) };
  }
}
