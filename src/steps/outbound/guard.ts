/**
 * Names to addresses, and addresses to sockets, with a judgement before and after.
 *
 * A name may mean several addresses, of which some are allowed (`localhost` is ::1 and 127.0.0.1): those are tried, and
 * the others are left out. Only where none is left the destination is refused.
 */
import { lookup as systemLookup } from 'node:dns/promises';
import { once } from 'node:events';
import { isIP, type NetConnectOpts, connect as netConnect, type Socket } from 'node:net';
import { StepFailure } from '../connector.ts';
import type { Outbound, Target } from '../outbound.ts';
import { type Judge, type OutboundRules, openJudge, plainHost, type Resolve } from '../outbound-rules.ts';

export type Guard = Pick<Outbound, 'lookup' | 'connect'>;

export interface GuardDeps {
  readonly rules: OutboundRules;
  /** Default: `net.connect`. */
  readonly open?: (options: NetConnectOpts) => Socket;
}

const resolveBySystem: Resolve = async (host) =>
  (await systemLookup(host, { all: true })).map(({ address }) => address);

export function openGuard({ rules, open = netConnect }: GuardDeps): Guard {
  const { resolve = resolveBySystem } = rules;
  const judge = openJudge(rules);

  async function lookup(target: Target): Promise<readonly string[]> {
    const host = plainHost(target.host);
    const addresses = isIP(host) === 0 ? await resolve(host) : [host];
    const reasons = addresses.map((address) => judge({ ...target, host, address }, target.ports));
    const open = addresses.filter((_, place) => reasons[place] === undefined);
    if (open.length > 0) return open;
    throw refused(target, addresses[0], reasons[0]);
  }

  return {
    lookup,
    async connect(target, { signal } = {}) {
      const addresses = await unlessAborted(lookup(target), signal);
      const socket = open(pinned(target, addresses));
      const abort = (): void => void socket.destroy();
      signal?.addEventListener('abort', abort, { once: true });
      try {
        await once(socket, 'connect', signal === undefined ? {} : { signal });
        requireSame(judge, target, socket);
        return socket;
      } catch (error) {
        socket.destroy();
        throw error;
      } finally {
        signal?.removeEventListener('abort', abort);
      }
    },
  };
}

/** A resolver cannot be stopped, but it can be left. */
function unlessAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work;
  signal.throwIfAborted();
  return Promise.race([
    work,
    new Promise<never>((_, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
    }),
  ]);
}

/** The judged addresses in place of a second look at the name, which could give others. */
function pinned({ host, port }: Target, addresses: readonly string[]): NetConnectOpts {
  const found = addresses.map((address) => ({ address, family: isIP(address) }));
  const [first = ''] = addresses;
  const single = { port, host: first };
  if (found.length === 1) return single;
  return {
    port,
    host: plainHost(host),
    autoSelectFamily: true,
    lookup: (_host, _options, done) => done(null, found),
  };
}

function requireSame(judge: Judge, target: Target, socket: Socket): void {
  const address = socket.remoteAddress ?? '';
  const reason = judge({ host: plainHost(target.host), address, port: target.port }, target.ports);
  if (reason !== undefined) throw refused(target, address, reason);
}

/** The failure of a step, with the entry that would allow it. */
function refused({ host, port }: Target, address = '', reason = 'no address'): StepFailure {
  const entry = isIP(address) === 6 ? `[${address}]:${port}` : `${address || host}:${port}`;
  const behind = address === '' || address === host ? '' : ` (behind "${host}")`;
  return new StepFailure(
    'OUTBOUND_REFUSED',
    `the server does not connect to ${address || host}${behind}: it is ${reason}. ` +
      `Where it is meant, allow it in the configuration: outbound: { allow: ["${entry}"] }`,
    { retryable: false, details: { host, address, port, reason, allow_by: 'outbound.allow' } },
  );
}
