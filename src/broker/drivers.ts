import type { Clock } from '../kit/clock.ts';
import { Fault } from '../kit/fault.ts';
import type { Broker } from './broker.ts';

export interface BrokerSettings {
  readonly type: string;
  /** Where a broker in this process keeps its messages. Absent: in memory, until the process ends. */
  readonly folder?: string | undefined;
}

interface BrokerDeps {
  readonly clock: Clock;
  readonly warn: (message: string, error: unknown) => void;
}

/** The whole list of brokers. Adding one is a folder, a line here and its conformance test. Loaded on demand. */
const drivers: Readonly<Record<string, (settings: BrokerSettings, deps: BrokerDeps) => Promise<Broker>>> = {
  embedded: async ({ folder }, deps) =>
    (await import('./embedded/embedded-broker.ts')).openEmbeddedBroker({ ...deps, folder }),
};

/** A broker that is opened when something first asks for it: most servers start without. */
export interface BrokerOnDemand {
  readonly type: string;
  open(): Promise<Broker>;
  /** Opens nothing. */
  close(): Promise<void>;
}

/** Throws DRIVER_NOT_AVAILABLE. */
export function brokerOnDemand(settings: BrokerSettings, deps: BrokerDeps): BrokerOnDemand {
  const { type } = settings;
  const driver = Object.hasOwn(drivers, type) ? drivers[type] : undefined;
  if (!driver) {
    const available = Object.keys(drivers);
    const message = `the broker "${type}" is not available in this release: use ${available.join(' or ')}`;
    throw new Fault('DRIVER_NOT_AVAILABLE', message, { detail: { part: 'messaging', name: type, available } });
  }
  let opened: Promise<Broker> | undefined;
  let isClosed = false;
  return {
    type,
    open() {
      if (isClosed) return Promise.reject(new Fault('SHUTTING_DOWN', 'the broker is closed'));
      opened ??= driver(settings, deps).catch((error: unknown) => {
        opened = undefined;
        throw error;
      });
      return opened;
    },
    async close() {
      isClosed = true;
      await (await opened?.catch(() => undefined))?.close();
    },
  };
}
