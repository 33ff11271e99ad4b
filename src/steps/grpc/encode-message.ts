/**
 * JSON as a message on the wire, after the JSON mapping of Protocol Buffers. What does not fit is refused with its place:
 * a field that nobody knows would otherwise be left out without a word.
 */
import protobuf from 'protobufjs';
import { isObject, type Json, type JsonObject } from '../../kit/json.ts';
import { invalidCall } from './grpc-failure.ts';
import { fieldOf } from './message-fields.ts';
import { enumScalar, type Scalar, scalars } from './scalar.ts';
import { wellKnownTypes } from './well-known-types.ts';

/** Throws GRPC_REQUEST_INVALID. */
export function encodeMessage(type: protobuf.Type, value: Json, path = 'request'): Uint8Array {
  const writer = protobuf.Writer.create();
  const known = wellKnownTypes[type.fullName];
  writeMembers(writer, type, { value: known ? known.fromJson(value, path) : value, path });
  return writer.finish();
}

interface Given {
  readonly value: Json;
  readonly path: string;
}

function writeMembers(writer: protobuf.Writer, type: protobuf.Type, { value, path }: Given): void {
  if (!isObject(value)) throw wrong(path, `an object (a ${type.fullName.slice(1)})`, value);
  const seen = new Map<string, string>();
  for (const [name, item] of Object.entries(value as JsonObject)) {
    const field = fieldOf(type, name, `${path}.${name}`);
    // Null is a value to google.protobuf.Value alone; elsewhere it leaves the field out.
    if (item === null && !isAnyJson(field.resolvedType)) continue;
    const slot = field.partOf?.name ?? field.name;
    const twin = seen.get(slot);
    if (twin !== undefined) {
      throw invalidCall('GRPC_REQUEST_INVALID', `"${path}": "${twin}" and "${name}" exclude each other: keep one`);
    }
    seen.set(slot, name);
    writeField(writer, field, { value: item, path: `${path}.${name}` });
  }
}

const isAnyJson = (type: protobuf.ReflectionObject | null): boolean => type?.fullName === '.google.protobuf.Value';

function writeField(writer: protobuf.Writer, field: protobuf.Field, { value, path }: Given): void {
  if (field instanceof protobuf.MapField) return writeMap(writer, field, { value, path });
  if (!field.repeated) return writeValue(writer, field, { value, path });
  if (!Array.isArray(value)) throw wrong(path, 'a list', value);
  const items = value as readonly Json[];
  const scalar = scalarOf(field);
  if (scalar === undefined || !field.packed || scalar.wireType === 2) {
    for (const [place, item] of items.entries()) writeValue(writer, field, { value: item, path: `${path}[${place}]` });
    return;
  }
  writer.uint32((field.id << 3) | 2).fork();
  for (const [place, item] of items.entries()) scalar.write(writer, item, `${path}[${place}]`);
  writer.ldelim();
}

function writeValue(writer: protobuf.Writer, field: protobuf.Field, { value, path }: Given): void {
  const scalar = scalarOf(field);
  if (scalar) {
    writer.uint32(tagOf(field.id, scalar.wireType));
    return scalar.write(writer, value, path);
  }
  writer.uint32(tagOf(field.id, 2)).bytes(encodeMessage(field.resolvedType as protobuf.Type, value, path));
}

/** A map is a list of messages with a key and a value. */
function writeMap(writer: protobuf.Writer, field: protobuf.MapField, { value, path }: Given): void {
  if (!isObject(value)) throw wrong(path, 'an object', value);
  const keys = scalars[field.keyType];
  if (keys === undefined) throw invalidCall('GRPC_PROTO_INVALID', `"${path}" has keys of type ${field.keyType}`);
  for (const [key, item] of Object.entries(value as JsonObject)) {
    writer.uint32(tagOf(field.id, 2)).fork().uint32(tagOf(1, keys.wireType));
    keys.write(writer, field.keyType === 'bool' ? (truths.get(key) ?? key) : key, `${path}.${key}`);
    const scalar = scalarOf(field);
    if (scalar) {
      writer.uint32(tagOf(2, scalar.wireType));
      scalar.write(writer, item, `${path}.${key}`);
    } else writer.uint32(tagOf(2, 2)).bytes(encodeMessage(field.resolvedType as protobuf.Type, item, `${path}.${key}`));
    writer.ldelim();
  }
}

/** A key of JSON is a text. */
const truths: ReadonlyMap<string, boolean> = new Map([
  ['true', true],
  ['false', false],
]);

/** Undefined for a field that holds messages. */
export function scalarOf({ type, resolvedType }: protobuf.FieldBase): Scalar | undefined {
  return resolvedType instanceof protobuf.Enum ? enumScalar(resolvedType) : scalars[type];
}

/** As 32 bits without a sign: a large id would come out negative. */
const tagOf = (id: number, wireType: number): number => ((id << 3) | wireType) >>> 0;

function wrong(path: string, expected: string, value: Json) {
  const found = JSON.stringify(value).slice(0, 80);
  return invalidCall('GRPC_REQUEST_INVALID', `"${path}" must be ${expected}, it is ${found}`);
}
