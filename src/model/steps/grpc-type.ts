import { type Fields, optional, required } from '../fields/field.ts';
import { boolean, record, text } from '../fields/kind.ts';
import { handedOver } from './handed-over.ts';
import { commonFields } from './step-fields.ts';
import { laterType } from './step-type.ts';

/** `grpc`: calls a method of a gRPC service. */
export const grpcType = laterType({
  name: 'grpc',
  doc: 'Calls a unary gRPC method.',
  common: commonFields,
  own: {
    address: required(['address', 'service_address'], handedOver, 'Host and port.'),
    service: required('service', text, 'The full name of the service.'),
    method: required('method', text, 'The name of the method.'),
    request: optional('request', handedOver, 'The message.'),
    metadataSent: optional('headers', record(text, handedOver), 'Metadata of the call.'),
    proto: optional('proto', text, 'The service in proto3; default: by reflection.'),
    tls: optional('tls', boolean, 'Default true.'),
    auth: optional('auth', handedOver, 'A configured connection, or how to sign in.'),
  } satisfies Fields,
});
