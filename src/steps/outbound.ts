import type { Socket } from 'node:net';

/**
 * The one way out of this server. Whatever it calls for a user (a service, a webhook, a mail server, a database) is
 * reached through here, so that no workflow can make it talk to what only the server can see.
 *
 * A name is resolved once, the connection goes to an address that was judged, and the socket's own remote address is
 * judged again before a byte is sent: neither a literal address nor a name that changes its mind gets round. Proxies of
 * the environment are not used. What is refused rejects with `OUTBOUND_REFUSED`, which is not tried again and names the
 * address and the key of the configuration that would allow it.
 */
export interface Outbound {
  /**
   * The addresses behind a name that may be connected to, at least one: for clients that open sockets themselves. They
   * must be given the address, not the name. Rejects as DNS does where there is no such name.
   */
  lookup(target: Target): Promise<readonly string[]>;
  /** A TCP connection. Rejects as `node:net` does where nobody answers. */
  connect(target: Target, options?: { readonly signal?: AbortSignal }): Promise<Socket>;
  /** Rejects with HTTP_UNREACHABLE, HTTP_TIMEOUT, RESPONSE_TOO_LARGE or RESPONSE_INVALID; any status is an answer. */
  request(request: OutboundRequest): Promise<OutboundAnswer>;
  close(): Promise<void>;
}

export interface Target {
  /** A name or an address, IPv6 without brackets. */
  readonly host: string;
  readonly port: number;
  /** Ports of public addresses that need no allow entry. Default: those of the rules, which are meant for HTTP. */
  readonly ports?: readonly number[];
}

export type OutgoingHeaders = Readonly<Record<string, string>>;

export interface OutboundRequest {
  readonly method: string;
  readonly url: URL;
  /** Names in lower case. */
  readonly headers: OutgoingHeaders;
  readonly body?: Uint8Array;
  /** Redirects that are followed, each judged anew and without credentials at another origin. Default 0. */
  readonly redirectsMax?: number;
  /** For everything together, from the name to the last byte. Default one minute. */
  readonly timeoutMs?: number;
  /** Aborting ends the request at once. */
  readonly signal?: AbortSignal;
}

export interface OutboundAnswer {
  readonly status: number;
  readonly statusText: string;
  /** Names in lower case; what came more than once is joined, but for `set-cookie`. */
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  /** Decompressed. */
  readonly body: Buffer;
  /** Where the answer came from, after redirects. */
  readonly url: URL;
}
