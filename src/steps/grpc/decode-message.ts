/**
 * A message on the wire as JSON, after the JSON mapping of Protocol Buffers, with the names of the proto. A field that was
 * not sent has the value that the proto gives it, or is left out where the proto can tell it is not there. What the
 * proto does not know is skipped.
 */
import protobuf from 'protobufjs';
import { emptyObject, type Json, type JsonObject } from '../../kit/json.ts';
import { scalarOf } from './encode-message.ts';
import { hasPresence } from './message-fields.ts';
import { scalars } from './scalar.ts';
import { wellKnownTypes } from './well-known-types.ts';

/** Messages inside each other. */
const depthMax = 64;

/** Throws where the bytes are no such message. */
export function decodeMessage(type: protobuf.Type, bytes: Uint8Array): Json {
  return readMessage(type, protobuf.Reader.create(bytes), { end: bytes.length, depth: 0 });
}

interface Extent {
  readonly end: number;
  readonly depth: number;
}

function readMessage(type: protobuf.Type, reader: protobuf.Reader, { end, depth }: Extent): Json {
  if (depth > depthMax) throw new RangeError(`messages stand more than ${depthMax} levels inside each other`);
  const found = new Map<protobuf.Field, Json | Json[]>();
  while (reader.pos < end) {
    const tag = reader.uint32();
    const field = type.fieldsById[tag >>> 3];
    if (field === undefined) reader.skipType(tag & 7);
    else readField(reader, field.resolve(), { wireType: tag & 7, found, depth });
  }
  const json = membersOf(type, found);
  const known = wellKnownTypes[type.fullName];
  return known ? known.toJson(json) : json;
}

interface Reading {
  readonly wireType: number;
  readonly found: Map<protobuf.Field, Json | Json[]>;
  readonly depth: number;
}

function readField(reader: protobuf.Reader, field: protobuf.Field, { wireType, found, depth }: Reading): void {
  const isMap = field instanceof protobuf.MapField;
  const scalar = isMap ? undefined : scalarOf(field);
  const isPacked = scalar !== undefined && wireType === 2 && scalar.wireType !== 2 && field.repeated;
  if (!isPacked && wireType !== (scalar?.wireType ?? 2)) {
    reader.skipType(wireType);
    return;
  }
  if (isMap) {
    const entries = (found.get(field) ?? emptyObject()) as Record<string, Json>;
    const [key, value] = readEntry(reader, field, depth);
    entries[key] = value;
    found.set(field, entries);
    return;
  }
  if (!field.repeated) {
    // Of several that exclude each other the last one counts.
    for (const other of field.partOf?.fieldsArray ?? []) found.delete(other);
    found.set(field, readValue(reader, field, depth));
    return;
  }
  const items = (found.get(field) ?? []) as Json[];
  found.set(field, items);
  if (!isPacked) items.push(readValue(reader, field, depth));
  else for (const end = reader.uint32() + reader.pos; reader.pos < end; ) items.push(scalar.read(reader));
}

function readValue(reader: protobuf.Reader, field: protobuf.FieldBase, depth: number): Json {
  const scalar = scalarOf(field);
  if (scalar) return scalar.read(reader);
  const end = reader.uint32() + reader.pos;
  return readMessage(field.resolvedType as protobuf.Type, reader, { end, depth: depth + 1 });
}

function readEntry(reader: protobuf.Reader, field: protobuf.MapField, depth: number): [string, Json] {
  const end = reader.uint32() + reader.pos;
  let key: Json = scalars[field.keyType]?.absent ?? '';
  let value: Json = absentOf(field);
  while (reader.pos < end) {
    const tag = reader.uint32();
    if (tag >>> 3 === 1) key = scalars[field.keyType]?.read(reader) ?? '';
    else if (tag >>> 3 === 2) value = readValue(reader, field, depth);
    else reader.skipType(tag & 7);
  }
  return [String(key), value];
}

function membersOf(type: protobuf.Type, found: ReadonlyMap<protobuf.Field, Json | Json[]>): JsonObject {
  const members = emptyObject();
  for (const field of type.fieldsArray) {
    const value = found.get(field.resolve());
    if (value !== undefined) members[field.name] = value;
    else if (field.map) members[field.name] = {};
    else if (field.repeated) members[field.name] = [];
    else if (!hasPresence(field)) members[field.name] = absentOf(field);
  }
  return members;
}

const absentOf = (field: protobuf.FieldBase): Json =>
  scalarOf(field)?.absent ?? decodeMessage(field.resolvedType as protobuf.Type, new Uint8Array());
