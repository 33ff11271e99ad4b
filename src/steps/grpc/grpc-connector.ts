/**
 * The `grpc` step: one call of a method, described by a proto text of the step or by the server itself.
 *
 * Its output is the message, or `{messages}` of a method that answers with a stream. Messages follow the JSON mapping of
 * Protocol Buffers, with the names that the proto has.
 */
import type { Clock } from '../../kit/clock.ts';
import type { Json } from '../../kit/json.ts';
import type { Connector, ConnectorCall } from '../connector.ts';
import type { Outbound } from '../outbound.ts';
import { metadataOf } from './call-metadata.ts';
import { callMethod } from './call-method.ts';
import { type GrpcPlace, openChannels, placeOf } from './channels.ts';
import { encodeMessage } from './encode-message.ts';
import { failureOf } from './grpc-failure.ts';
import { openRoots, type Roots } from './roots.ts';
import { methodOf } from './service-schema.ts';

export interface GrpcConnectorDeps {
  readonly outbound: Pick<Outbound, 'lookup'>;
  readonly clock: Clock;
}

/** The step's fields, in the form that `model/steps/grpc-type.ts` checked. */
interface Asked {
  readonly service: string;
  readonly method: string;
  readonly proto?: string;
  readonly tls?: boolean;
}

/** The engine ends the attempt at its deadline and cancels the call; the server hears of it all the same. */
const deadlineGraceMs = 2_000;

export function openGrpcConnector({ outbound, clock }: GrpcConnectorDeps): Connector {
  const channels = openChannels(outbound);
  const roots = openRoots(clock);

  async function run(call: ConnectorCall): Promise<Json> {
    const asked = call.settings as unknown as Asked;
    const place = placeOf(call.request['address'], asked.tls ?? true);
    const name = `${place.host}:${place.port}`;
    const metadata = metadataOf(call);
    const client = await channels.clientFor(place).catch((error: unknown) => {
      throw notFound(error, name);
    });
    const deadlineAt = call.deadlineAt === undefined ? undefined : call.deadlineAt + deadlineGraceMs;
    const way = { client, metadata, deadlineAt, signal: call.signal, place: name };
    try {
      const root = await rootFor(roots, { asked, place, way });
      const method = methodOf(root, asked.service, asked.method);
      const request = encodeMessage(method.request, call.request['message'] ?? {});
      return await callMethod(client, { ...way, method, request, place: `${name}${method.path}` });
    } catch (error) {
      channels.letGo(client);
      throw error;
    }
  }

  return {
    run,
    async close() {
      channels.close();
    },
  };
}

function rootFor(
  roots: Roots,
  { asked, place, way }: { asked: Asked; place: GrpcPlace; way: Parameters<Roots['ofServer']>[1]['call'] },
) {
  if (asked.proto !== undefined) return roots.ofText(asked.proto);
  return roots.ofServer(place, { call: way, service: asked.service });
}

/** What the guard refused stays; a name that nobody knows is a server that cannot be reached. */
function notFound(error: unknown, name: string) {
  return failureOf(error instanceof Error && 'retryable' in error ? error : unavailable(error), name);
}

const unavailable = (error: unknown) => ({ code: 14, details: error instanceof Error ? error.message : String(error) });
