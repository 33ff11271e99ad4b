import type { BrokerOnDemand } from '../broker/drivers.ts';
import type { Clock } from '../kit/clock.ts';
import { Fault } from '../kit/fault.ts';
import type { Random } from '../kit/random.ts';
import type { Connections } from './connections.ts';
import type { Connector, Connectors } from './connector.ts';
import type { OwnPlaces } from './database-connection.ts';
import { databasesOf, isDatabase } from './database-connections.ts';
import type { Outbound } from './outbound.ts';
import { type OutboundRules, openJudge } from './outbound-rules.ts';
import { addressFault, type Services } from './services.ts';

/** What connectors need from outside, injected. */
export interface ConnectorDeps {
  readonly clock: Clock;
  readonly random: Random;
  /** Where messages go. */
  readonly broker: BrokerOnDemand;
  /** Where they may connect to. Default: the public internet. */
  readonly outbound?: OutboundRules | undefined;
  readonly services?: Services | undefined;
  readonly connections?: Connections | undefined;
  /** What of this machine is the engine's own, and what is for databases of steps. Default: nothing, and `./databases`. */
  readonly own?: OwnPlaces | undefined;
  readonly warn: (message: string, error: unknown) => void;
}

/**
 * The whole list of connectors. Adding one is a folder, a line here and its conformance test. Loaded on first use: who
 * calls no database never pays for its client. Throws CONFIG_INVALID for rules, addresses and connections that cannot be used.
 */
export function openConnectors(deps: ConnectorDeps): Connectors {
  const { clock, random, outbound: rules = {}, services = {}, connections = {} } = deps;
  openJudge(rules);
  requireAddresses(services, connections);
  const databases = databasesOf(connections, deps.own ?? { storage: 'memory:', databasesFolder: './databases' });
  const calling = callers(async () => (await import('./outbound/open-outbound.ts')).openOutbound({ rules, clock }));
  return {
    script: onFirstCall(async () => (await import('./script/script-connector.ts')).openScriptConnector(deps)),
    http: calling(async (outbound) =>
      (await import('./http/http-connector.ts')).openHttpConnector({ outbound, services, clock, random }),
    ),
    webhook: calling(async (outbound) =>
      (await import('./webhook/webhook-connector.ts')).openWebhookConnector({ outbound, clock, random }),
    ),
    notify: calling(async (outbound) =>
      (await import('./notify/notify-connector.ts')).openNotifyConnector({ outbound, connections, clock }),
    ),
    grpc: calling(async (outbound) =>
      (await import('./grpc/grpc-connector.ts')).openGrpcConnector({ outbound, clock }),
    ),
    publish: onFirstCall(async () => (await import('./publish/publish-connector.ts')).openPublishConnector(deps)),
    database: onFirstCall(async () =>
      (await import('./database/database-connector.ts')).openDatabaseConnector({ databases, clock }),
    ),
  };
}

/** A file was checked when it was read; a program that opens an engine may have written anything. */
function requireAddresses(services: Services, connections: Connections): void {
  const faults = [
    ...Object.entries(services).map(([name, { baseUrl }]) => [`services.${name}`, addressFault(baseUrl)]),
    ...Object.entries(connections).map(([name, given]) => [
      `connections.${name}`,
      !isDatabase(given) && 'url' in given && given.url !== undefined
        ? addressFault(given.url, { takesQuery: true })
        : undefined,
    ]),
  ];
  const [key, fault] = faults.find(([, each]) => each !== undefined) ?? [];
  if (key !== undefined) throw new Fault('CONFIG_INVALID', `the address of ${key} ${fault}`);
}

/** Connectors that go out by the one way there is, which is opened with the first of them. */
function callers(openOutbound: () => Promise<Outbound>) {
  let opened: Promise<Outbound> | undefined;
  return (open: (outbound: Outbound) => Promise<Connector>): Connector => {
    const connector = onFirstCall(async () => {
      opened ??= openOutbound();
      return open(await opened);
    });
    return {
      ...connector,
      async close() {
        await connector.close?.();
        await (await opened)?.close();
      },
    };
  };
}

/** A connector that is opened by its first call. */
export function onFirstCall(open: () => Promise<Connector>): Connector {
  let opened: Promise<Connector> | undefined;
  return {
    async run(call) {
      opened ??= open();
      return (await opened).run(call);
    },
    async close() {
      await (await opened)?.close?.();
    },
  };
}
