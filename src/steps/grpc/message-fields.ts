/** What a message type has, found by the names that people write. */
import protobuf from 'protobufjs';
import { didYouMean } from '../../model/suggest.ts';
import { invalidCall } from './grpc-failure.ts';

const indexes = new WeakMap<protobuf.Type, ReadonlyMap<string, protobuf.Field>>();

/** By the field's name in the proto, or by the lowerCamelCase that JSON has for it. Throws GRPC_REQUEST_INVALID. */
export function fieldOf(type: protobuf.Type, name: string, path: string): protobuf.Field {
  const index = indexes.get(type) ?? indexOf(type);
  indexes.set(type, index);
  const field = index.get(name);
  if (field) return field;
  const hint = didYouMean(
    name,
    type.fieldsArray.map((each) => each.name),
  );
  throw invalidCall('GRPC_REQUEST_INVALID', `"${path}": ${type.fullName.slice(1)} has no field "${name}"${hint}`);
}

function indexOf(type: protobuf.Type): ReadonlyMap<string, protobuf.Field> {
  const own = type.fieldsArray.map((field) => [field.name, field.resolve()] as const);
  return new Map([...own.map(([name, field]) => [protobuf.util.camelCase(name), field] as const), ...own]);
}

/** A field that is there or not, apart from having a value. */
export function hasPresence(field: protobuf.Field): boolean {
  if (field.repeated || field.map) return false;
  return field.partOf !== null || field.hasPresence || field.resolvedType instanceof protobuf.Type;
}
