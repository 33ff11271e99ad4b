/** Services and their messages out of a proto text, and the method that a step means. */
import protobuf from 'protobufjs';
import { didYouMean } from '../../model/suggest.ts';
import { invalidCall } from './grpc-failure.ts';
import { requireName } from './proto-name.ts';

export interface MethodSchema {
  /** `/package.Service/Method`. */
  readonly path: string;
  readonly request: protobuf.Type;
  readonly response: protobuf.Type;
  /** The server answers with as many messages as it likes. */
  readonly isStreaming: boolean;
}

/** Throws GRPC_PROTO_INVALID. Only the types of Google that everybody uses are imported. */
export function rootFromText(text: string): protobuf.Root {
  try {
    const root = new protobuf.Root();
    const { imports = [], weakImports = [] } = protobuf.parse(text, root, { keepCase: true });
    for (const file of [...imports, ...weakImports]) addWellKnown(root, file);
    requireNames(root);
    root.resolveAll();
    return root;
  } catch (error) {
    if (error instanceof Error && error.name === 'StepFailure') throw error;
    throw invalidCall(
      'GRPC_PROTO_INVALID',
      `"proto" cannot be read: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

function addWellKnown(root: protobuf.Root, file: string): void {
  const known = protobuf.common.get(file);
  if (known?.nested) root.addJSON(known.nested);
  else
    throw invalidCall('GRPC_PROTO_INVALID', `"proto" imports "${file}": write what it needs of it into the same text`);
}

/** Throws GRPC_METHOD_INVALID. */
export function methodOf(root: protobuf.Root, service: string, method: string): MethodSchema {
  const found = root.lookup(service.split('.'), [protobuf.Service], true);
  if (!(found instanceof protobuf.Service) || found.fullName !== `.${service}`) {
    const hint = didYouMean(service, servicesOf(root));
    throw invalidCall('GRPC_METHOD_INVALID', `there is no service "${service}"${hint}: write its package too`);
  }
  const schema = Object.hasOwn(found.methods, method) ? found.methods[method] : undefined;
  if (schema === undefined) {
    const hint = didYouMean(method, Object.keys(found.methods));
    throw invalidCall('GRPC_METHOD_INVALID', `the service "${service}" has no method "${method}"${hint}`);
  }
  const { resolvedRequestType, resolvedResponseType } = schema.resolve() as protobuf.Method;
  if (schema.requestStream) {
    throw invalidCall('GRPC_METHOD_INVALID', `"${method}" takes a stream of messages: a step sends one`);
  }
  if (!resolvedRequestType || !resolvedResponseType) {
    throw invalidCall('GRPC_PROTO_INVALID', `the messages of "${method}" are not described`);
  }
  return {
    path: `/${service}/${method}`,
    request: resolvedRequestType,
    response: resolvedResponseType,
    isStreaming: schema.responseStream === true,
  };
}

function servicesOf(root: protobuf.NamespaceBase): string[] {
  return root.nestedArray.flatMap((each) => {
    if (each instanceof protobuf.Service) return [each.fullName.slice(1)];
    return each instanceof protobuf.Namespace ? servicesOf(each) : [];
  });
}

function requireNames(root: protobuf.NamespaceBase): void {
  for (const each of root.nestedArray) {
    requireName(each.name);
    if (each instanceof protobuf.Type) for (const field of each.fieldsArray) requireName(field.name);
    if (each instanceof protobuf.Namespace) requireNames(each);
  }
}
