/** A real gRPC server that says what it was called with, and describes itself unless it is told not to. */
import {
  loadPackageDefinition,
  Metadata,
  Server,
  ServerCredentials,
  type ServerUnaryCall,
  type ServerWritableStream,
  type sendUnaryData,
  status,
} from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { ReflectionService } from '@grpc/reflection';
import { certificate, certificateKey } from './certificate.ts';

export const ordersProto = new URL('./orders.proto', import.meta.url).pathname;

interface GetRequest {
  readonly id: string;
  readonly behaviour: string;
}

interface ListRequest {
  readonly count: number;
  readonly text_length: number;
  readonly fail_after: number;
}

export interface GrpcTarget {
  readonly port: number;
  /** Ids of unary calls, in their order. */
  readonly calls: readonly string[];
  /** Calls that were cancelled before their end. */
  cancelled(): number;
  close(): void;
}

export interface GrpcTargetOptions {
  /** Default both. */
  readonly reflection?: 'v1' | 'v1alpha' | 'none';
  readonly isEncrypted?: boolean;
  readonly port?: number;
}

export async function openGrpcTarget({
  reflection,
  isEncrypted = false,
  port = 0,
}: GrpcTargetOptions = {}): Promise<GrpcTarget> {
  const definition = loadSync(ordersProto, { keepCase: true, longs: String, enums: String, defaults: true });
  const server = new Server();
  const calls: string[] = [];
  let cancelled = 0;
  const described = loadPackageDefinition(definition) as unknown as { shop: { v1: { Orders: { service: object } } } };
  server.addService(
    described.shop.v1.Orders.service as never,
    {
      Get(call: ServerUnaryCall<GetRequest, object>, answer: sendUnaryData<object>) {
        const { id, behaviour } = call.request;
        calls.push(id);
        call.on('cancelled', () => {
          cancelled += 1;
        });
        const isFirst = calls.indexOf(id) === calls.length - 1;
        if (behaviour === 'hang' || (behaviour === 'hang-once' && isFirst)) return;
        if (behaviour === '' || behaviour === 'hang-once') return answer(null, orderOf(id, call.metadata));
        const trailers = new Metadata();
        trailers.set('retry-after', '7');
        answer({ code: status[behaviour as 'ABORTED'], details: `it is ${behaviour}`, metadata: trailers });
      },
      List(call: ServerWritableStream<ListRequest, object>) {
        const { count, text_length: length, fail_after: failAfter } = call.request;
        call.on('cancelled', () => {
          cancelled += 1;
        });
        for (let place = 0; place < count && !call.cancelled; place += 1) {
          if (failAfter > 0 && place === failAfter)
            return void call.emit('error', { code: status.ABORTED, details: 'enough' });
          call.write({ id: `${place}`.padEnd(length, 'x'), cents: place });
        }
        if (count >= 0) call.end();
      },
      Upload: () => undefined,
      Chat: () => undefined,
    } as never,
  );
  if (reflection !== 'none') {
    const service = new ReflectionService(definition);
    if (reflection === undefined) service.addToServer(server);
    else if (reflection === 'v1') onlyOne(server, 'v1alpha', () => service.addToServer(server));
    else onlyOne(server, 'v1', () => service.addToServer(server));
  }
  const credentials = isEncrypted
    ? ServerCredentials.createSsl(null, [
        { cert_chain: Buffer.from(certificate), private_key: Buffer.from(certificateKey) },
      ])
    : ServerCredentials.createInsecure();
  const bound = await new Promise<number>((resolve, reject) =>
    server.bindAsync(`127.0.0.1:${port}`, credentials, (error, found) => (error ? reject(error) : resolve(found))),
  );
  return { port: bound, calls, cancelled: () => cancelled, close: () => server.forceShutdown() };
}

/** Leaves one version of the protocol of reflection out. */
function onlyOne(server: Server, without: 'v1' | 'v1alpha', add: () => void): void {
  const addService = server.addService.bind(server);
  server.addService = (service, implementation) => {
    const [method] = Object.values(service) as { path: string }[];
    if (!method?.path.startsWith(`/grpc.reflection.${without}.`)) addService(service, implementation);
  };
  add();
}

function orderOf(id: string, metadata: Metadata): object {
  const said = Object.fromEntries(
    Object.entries(metadata.getMap()).map(([name, value]) => [
      name,
      Buffer.isBuffer(value) ? value.toString('hex') : value,
    ]),
  );
  return {
    id,
    cents: '9007199254740993',
    state: 'STATE_PAID',
    paid_at: { seconds: '1709168523', nanos: 0 },
    metadata: said,
  };
}
