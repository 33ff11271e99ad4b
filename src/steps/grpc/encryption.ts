/**
 * TLS of a gRPC connection, as HTTP steps have it: certificates as everywhere in this process, whatever variables the
 * library looks at; and an address is called by its address, which its certificate must name. The library's own TLS
 * would send the address as a server's name, which Node refuses.
 */
import { isIP, type Socket } from 'node:net';
import { connect, createSecureContext } from 'node:tls';
import { CallCredentials, ChannelCredentials } from '@grpc/grpc-js';

export class Encryption extends ChannelCredentials {
  readonly #host: string;
  readonly #secureContext = createSecureContext();

  /** Of the server that the certificate must be of. */
  constructor(host: string) {
    super();
    this.#host = host;
  }

  override _isSecure(): boolean {
    return true;
  }

  override _equals(other: ChannelCredentials): boolean {
    return other === this;
  }

  override _createSecureConnector(_target: unknown, _options: unknown, calls = CallCredentials.createEmpty()) {
    return {
      connect: (socket: Socket) => this.#encrypt(socket),
      waitForReady: async () => undefined,
      getCallCredentials: () => calls,
      destroy: () => undefined,
    };
  }

  #encrypt(socket: Socket): Promise<{ socket: Socket; secure: boolean }> {
    const host = this.#host;
    return new Promise((resolve, reject) => {
      const encrypted = connect({
        socket,
        host,
        ...(isIP(host) === 0 ? { servername: host } : {}),
        secureContext: this.#secureContext,
        ALPNProtocols: ['h2'],
        // The environment has no say in whether certificates are checked.
        rejectUnauthorized: true,
      });
      encrypted.once('secureConnect', () => resolve({ socket: encrypted, secure: true })).on('error', reject);
    });
  }
}
