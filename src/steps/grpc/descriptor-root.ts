/**
 * The services and messages that serialized file descriptors describe: what a compiler of protos, or a server that is asked
 * for itself, gives. They come from outside: a name that is none is refused before anything is made of it.
 */
import protobuf from 'protobufjs';
import { emptyObject, type JsonObject } from '../../kit/json.ts';
import { decodeMessage } from './decode-message.ts';
import { invalidCall } from './grpc-failure.ts';
import { requireName } from './proto-name.ts';

/** The parts of google/protobuf/descriptor.proto that are read here. */
const descriptors = protobuf.parse(
  `
  syntax = "proto2";
  message File { optional string package = 2; repeated Message message_type = 4; repeated EnumType enum_type = 5;
    repeated ServiceType service = 6; optional string syntax = 12; optional int32 edition = 14; }
  message Message { optional string name = 1; repeated FieldType field = 2; repeated Message nested_type = 3;
    repeated EnumType enum_type = 4; optional MessageOptions options = 7; repeated OneofType oneof_decl = 8; }
  message MessageOptions { optional bool map_entry = 7; }
  message FieldType { optional string name = 1; optional int32 number = 3; optional int32 label = 4; optional int32 type = 5;
    optional string type_name = 6; optional int32 oneof_index = 9; }
  message OneofType { optional string name = 1; }
  message EnumType { optional string name = 1; repeated EnumValueType value = 2; }
  message EnumValueType { optional string name = 1; optional int32 number = 2; }
  message ServiceType { optional string name = 1; repeated MethodType method = 2; }
  message MethodType { optional string name = 1; optional string input_type = 2; optional string output_type = 3;
    optional bool client_streaming = 5; optional bool server_streaming = 6; }
  `,
  { keepCase: true },
).root;
descriptors.resolveAll();
const fileType = descriptors.lookupType('File');

interface File {
  readonly package?: string;
  readonly message_type: readonly Message[];
  readonly enum_type: readonly EnumType[];
  readonly service: readonly ServiceType[];
  readonly syntax?: string;
  readonly edition?: number;
}

interface Message {
  readonly name: string;
  readonly field: readonly FieldType[];
  readonly nested_type: readonly Message[];
  readonly enum_type: readonly EnumType[];
  readonly options?: { readonly map_entry?: boolean };
  readonly oneof_decl: readonly { readonly name: string }[];
}

interface FieldType {
  readonly name: string;
  readonly number: number;
  readonly label?: number;
  readonly type?: number;
  readonly type_name?: string;
  readonly oneof_index?: number;
}

interface EnumType {
  readonly name: string;
  readonly value: readonly { readonly name: string; readonly number?: number }[];
}

interface ServiceType {
  readonly name: string;
  readonly method: readonly {
    readonly name: string;
    readonly input_type: string;
    readonly output_type: string;
    readonly client_streaming?: boolean;
    readonly server_streaming?: boolean;
  }[];
}

const labelRepeated = 3;
const editionFirst = 1_000;
/** By the number of the type in a descriptor; the others have a name. */
const scalarTypes: readonly (string | undefined)[] = [
  ...[undefined, 'double', 'float', 'int64', 'uint64', 'int32', 'fixed64', 'fixed32', 'bool', 'string'],
  ...[undefined, undefined, 'bytes', 'uint32', undefined, 'sfixed32', 'sfixed64', 'sint32', 'sint64'],
];

/** Throws GRPC_PROTO_INVALID. */
export function rootFromDescriptors(files: readonly Uint8Array[]): protobuf.Root {
  try {
    const root = new protobuf.Root();
    for (const bytes of files) {
      const file = decodeMessage(fileType, bytes) as unknown as File;
      const space = spaceOf(root, file.package ?? '');
      space.addJSON(membersOf(file) as unknown as Record<string, protobuf.AnyNestedObject>);
    }
    root.resolveAll();
    return root;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw invalidCall('GRPC_PROTO_INVALID', `the server's description of itself cannot be read: ${reason}`);
  }
}

function spaceOf(root: protobuf.Root, name: string): protobuf.NamespaceBase {
  if (name === '') return root;
  return root.define(name.split('.').map(requireName));
}

/** As the library writes definitions in JSON. */
function membersOf(file: File): JsonObject {
  const members = emptyObject();
  for (const message of file.message_type) members[requireName(message.name)] = messageOf(message, editionOf(file));
  for (const each of file.enum_type) members[requireName(each.name)] = enumOf(each);
  for (const service of file.service) members[requireName(service.name)] = serviceOf(service);
  return members;
}

/** It says which fields can be told to be absent. */
function editionOf({ syntax, edition = 0 }: File): string {
  if (syntax === 'proto3') return 'proto3';
  return edition >= editionFirst ? '2023' : 'proto2';
}

function messageOf(message: Message, edition: string): JsonObject {
  const fields = emptyObject();
  const oneofs = emptyObject();
  const nested = emptyObject();
  const entries = new Map(message.nested_type.filter(isEntry).map((entry) => [entry.name, entry] as const));
  for (const field of message.field) fields[requireName(field.name)] = fieldOf(field, entries);
  for (const [place, { name }] of message.oneof_decl.entries()) {
    const members = message.field.filter((field) => field.oneof_index === place).map((field) => field.name);
    oneofs[requireName(name)] = { oneof: members };
  }
  for (const inner of message.nested_type)
    if (!isEntry(inner)) nested[requireName(inner.name)] = messageOf(inner, edition);
  for (const inner of message.enum_type) nested[requireName(inner.name)] = enumOf(inner);
  return { edition, fields, oneofs, nested };
}

const isEntry = ({ options }: Message): boolean => options?.map_entry === true;

/** A map is described as a list of messages of a type that is made for it. */
function fieldOf(field: FieldType, entries: ReadonlyMap<string, Message>): JsonObject {
  const entry = entries.get(field.type_name?.split('.').at(-1) ?? '');
  const [key, value] = entry ? [1, 2].map((id) => entry.field.find((each) => each.number === id)) : [];
  if (key && value) return { id: field.number, keyType: typeOf(key), type: typeOf(value) };
  return { id: field.number, type: typeOf(field), ...(field.label === labelRepeated ? { rule: 'repeated' } : {}) };
}

function typeOf({ type = 0, type_name: name, name: field }: FieldType): string {
  const known = scalarTypes[type] ?? name;
  if (known === undefined) throw new Error(`the field "${field}" has no type`);
  for (const part of known.split('.')) if (part !== '') requireName(part);
  return known;
}

function enumOf({ value }: EnumType): JsonObject {
  const values = emptyObject<number>();
  for (const each of value) values[requireName(each.name)] = each.number ?? 0;
  return { values };
}

function serviceOf({ method }: ServiceType): JsonObject {
  const methods = emptyObject();
  for (const each of method) {
    methods[requireName(each.name)] = {
      requestType: each.input_type,
      responseType: each.output_type,
      ...(each.client_streaming ? { requestStream: true } : {}),
      ...(each.server_streaming ? { responseStream: true } : {}),
    };
  }
  return { methods };
}
