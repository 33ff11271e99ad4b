/**
 * Connections to gRPC servers, one for each address that was judged, shared by all steps that call there.
 *
 * A name is looked up for every call, by the guard of what goes out, and the connection goes to the addresses that it
 * gave: the library itself resolves nothing, uses no proxy and tries nothing again.
 */

import { isIPv6 } from 'node:net';
import { Client, connectivityState, credentials } from '@grpc/grpc-js';
import type { Outbound } from '../outbound.ts';
import { Encryption } from './encryption.ts';
import { invalidCall } from './grpc-failure.ts';

export interface GrpcPlace {
  readonly host: string;
  readonly port: number;
  readonly isEncrypted: boolean;
}

export interface Channels {
  /** Rejects with what the guard refuses, or as DNS does. */
  clientFor(place: GrpcPlace): Promise<Client>;
  /** After a call that failed: a connection that could not be made is not tried at again and again in the background. */
  letGo(client: Client): void;
  close(): void;
}

/** Ports of public addresses that need no entry of the configuration. */
const publicPorts = [80, 443, 8080, 8443, 50051];
/** Connections kept; the one that was used longest ago is closed first. */
const clientsMax = 100;
/** How long a connection stays open without calls. */
const idleMs = 5 * 60_000;
/** Between two tries to connect; the library makes one more after a connection was let go of. */
const reconnectMs = { first: 200, longest: 2_000 };
/** One message. Beyond it an output could not be kept anyway. */
const messageBytesMax = 4 * 1024 * 1024;

export function openChannels(guard: Pick<Outbound, 'lookup'>): Channels {
  /** In the order of their last use. */
  const clients = new Map<string, Client>();
  return {
    async clientFor(place) {
      const addresses = [...(await guard.lookup({ ...place, ports: publicPorts }))].sort();
      const key = JSON.stringify([place, addresses]);
      const client = clients.get(key) ?? openClient(place, addresses);
      clients.delete(key);
      clients.set(key, client);
      const [oldest] = clients.keys();
      if (clients.size > clientsMax && oldest !== undefined) {
        clients.get(oldest)?.close();
        clients.delete(oldest);
      }
      return client;
    },
    letGo(client) {
      if (client.getChannel().getConnectivityState(false) !== connectivityState.TRANSIENT_FAILURE) return;
      for (const [key, known] of clients) if (known === client) clients.delete(key);
      client.close();
    },
    close() {
      for (const client of clients.values()) client.close();
      clients.clear();
    },
  };
}

function openClient({ host, port, isEncrypted }: GrpcPlace, addresses: readonly string[]): Client {
  const isV6 = addresses.every((address) => isIPv6(address));
  // One kind of address a target: of a mixed answer the older kind, which more networks have.
  const usable = isV6 ? addresses.map((address) => `[${address}]`) : addresses.filter((address) => !isIPv6(address));
  const target = `${isV6 ? 'ipv6' : 'ipv4'}:${usable.map((address) => `${address}:${port}`).join(',')}`;
  return new Client(target, isEncrypted ? new Encryption(host) : credentials.createInsecure(), {
    'grpc.default_authority': `${isIPv6(host) ? `[${host}]` : host}:${port}`,
    'grpc.service_config_disable_resolution': 1,
    'grpc.enable_http_proxy': 0,
    'grpc.enable_retries': 0,
    'grpc.enable_channelz': 0,
    'grpc.use_local_subchannel_pool': 1,
    'grpc.initial_reconnect_backoff_ms': reconnectMs.first,
    'grpc.max_reconnect_backoff_ms': reconnectMs.longest,
    'grpc.client_idle_timeout_ms': idleMs,
    'grpc.max_receive_message_length': messageBytesMax,
    'grpc.max_send_message_length': messageBytesMax,
  });
}

/** `host:port`; without a port that of the web. Throws GRPC_REQUEST_INVALID. */
export function placeOf(address: unknown, isEncrypted: boolean): GrpcPlace {
  const text = typeof address === 'string' ? address : '';
  const [, v6, host = v6, port] = /^(?:\[([0-9a-fA-F:.]+)\]|([^\s:/[\]@]+))(?::(\d{1,5}))?$/.exec(text) ?? [];
  const number = port === undefined ? (isEncrypted ? 443 : 80) : Number(port);
  if (host === undefined || number < 1 || number > 65_535) {
    throw invalidCall(
      'GRPC_REQUEST_INVALID',
      `"address" must be host:port, like orders.internal:50051, it is ${JSON.stringify(address ?? null).slice(0, 200)}`,
    );
  }
  return { host, port: number, isEncrypted };
}
