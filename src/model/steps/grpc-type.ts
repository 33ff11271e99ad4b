import { type Fields, optional, required } from '../fields/field.ts';
import { boolean, record, text } from '../fields/kind.ts';
import { connectorStep } from './connector.ts';
import { credentials } from './credentials.ts';
import { handedOver } from './handed-over.ts';
import { commonFields } from './step-fields.ts';
import { stepType } from './step-type.ts';

/** `grpc`: calls a method of a gRPC service. */
export const grpcType = stepType({
  name: 'grpc',
  doc: 'Calls a method of a gRPC service, unary or with a stream of answers.',
  common: commonFields,
  inheritsRetry: true,
  own: {
    address: required(['address', 'service_address'], handedOver, 'Host and port.'),
    service: required('service', text, 'The full name of the service, with its package.'),
    method: required('method', text, 'The name of the method.'),
    request: optional('request', handedOver, 'The message. Default: the input mapping, else an empty message.'),
    headers: optional('headers', record(text, handedOver), 'Metadata of the call.'),
    proto: optional('proto', text, 'The service in proto3; default: by reflection.'),
    tls: optional('tls', boolean, 'False calls in the clear. Default true.'),
    auth: optional('auth', credentials, 'How to sign in.'),
  } satisfies Fields,
  draft({ address, service, method, request, headers, proto, tls, auth }) {
    return {
      build: (common) =>
        connectorStep(common, 'grpc', {
          request: { address, message: request ?? common.input, headers, auth },
          settings: { service, method, proto, tls },
          target: address,
        }),
    };
  },
});
