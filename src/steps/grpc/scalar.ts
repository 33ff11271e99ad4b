/** Scalar values on their way between JSON and the wire, as the JSON mapping of Protocol Buffers has them. */
import type protobuf from 'protobufjs';
import type { Json } from '../../kit/json.ts';
import { invalidCall } from './grpc-failure.ts';

type Writing = (writer: protobuf.Writer, value: Json, path: string) => void;
type Reading = (reader: protobuf.Reader) => Json;

export interface Scalar {
  /** Of the wire: 0 a varint, 1 eight bytes, 2 with its length, 5 four bytes. */
  readonly wireType: number;
  /** What a field that was not sent has. */
  readonly absent: Json;
  write: Writing;
  read: Reading;
}

const refuse = (path: string, expected: string, value: Json): never => {
  throw invalidCall(
    'GRPC_REQUEST_INVALID',
    `"${path}" must be ${expected}, it is ${JSON.stringify(value).slice(0, 80)}`,
  );
};

/** 64 bits are more than a number of JSON holds: they are text, and taken as either. */
function whole(
  method: IntegerMethod,
  wireType: number,
  { bits, isSigned }: { bits: 32 | 64; isSigned: boolean },
): Scalar {
  const min = isSigned ? -(2n ** BigInt(bits - 1)) : 0n;
  const max = 2n ** BigInt(isSigned ? bits - 1 : bits) - 1n;
  return {
    wireType,
    absent: bits === 64 ? '0' : 0,
    write(writer, value, path) {
      const isWhole = typeof value === 'number' ? Number.isSafeInteger(value) : /^-?\d{1,20}$/.test(String(value));
      const exact = isWhole && (typeof value === 'number' || typeof value === 'string') ? BigInt(value) : undefined;
      if (exact === undefined || exact < min || exact > max)
        refuse(path, `a whole number from ${min} to ${max}`, value);
      else if (bits === 32) writer[method](Number(exact) as never);
      else writer[method](String(exact) as never);
    },
    read: (reader) => (bits === 64 ? String(reader[method]()) : Number(reader[method]())),
  };
}

type IntegerMethod =
  | ('int32' | 'uint32' | 'sint32' | 'fixed32' | 'sfixed32')
  | ('int64' | 'uint64' | 'sint64' | 'fixed64' | 'sfixed64');

const unusualNumbers: Readonly<Record<string, number>> = {
  NaN: Number.NaN,
  Infinity: Number.POSITIVE_INFINITY,
  '-Infinity': Number.NEGATIVE_INFINITY,
};

function real(method: 'float' | 'double', wireType: number): Scalar {
  const held = method === 'float' ? Math.fround : (number: number): number => number;
  return {
    wireType,
    absent: 0,
    write(writer, value, path) {
      const number = typeof value === 'string' ? (unusualNumbers[value] ?? Number(value || 'x')) : value;
      const isPlain =
        typeof number === 'number' && (Number.isFinite(held(number)) || Object.hasOwn(unusualNumbers, String(value)));
      if (isPlain) writer[method](number);
      else refuse(path, `a number that a ${method} holds`, value);
    },
    read(reader) {
      const number = reader[method]();
      return Number.isFinite(number) ? number : String(number);
    },
  };
}

const base64 = /^[A-Za-z0-9+/_-]*={0,2}$/;

export const scalars: Readonly<Record<string, Scalar>> = {
  int32: whole('int32', 0, { bits: 32, isSigned: true }),
  sint32: whole('sint32', 0, { bits: 32, isSigned: true }),
  sfixed32: whole('sfixed32', 5, { bits: 32, isSigned: true }),
  uint32: whole('uint32', 0, { bits: 32, isSigned: false }),
  fixed32: whole('fixed32', 5, { bits: 32, isSigned: false }),
  int64: whole('int64', 0, { bits: 64, isSigned: true }),
  sint64: whole('sint64', 0, { bits: 64, isSigned: true }),
  sfixed64: whole('sfixed64', 1, { bits: 64, isSigned: true }),
  uint64: whole('uint64', 0, { bits: 64, isSigned: false }),
  fixed64: whole('fixed64', 1, { bits: 64, isSigned: false }),
  float: real('float', 5),
  double: real('double', 1),
  bool: {
    wireType: 0,
    absent: false,
    write: (writer, value, path) =>
      typeof value === 'boolean' ? writer.bool(value) : refuse(path, 'true or false', value),
    read: (reader) => reader.bool(),
  },
  string: {
    wireType: 2,
    absent: '',
    write: (writer, value, path) => (typeof value === 'string' ? writer.string(value) : refuse(path, 'a text', value)),
    read: (reader) => reader.string(),
  },
  bytes: {
    wireType: 2,
    absent: '',
    write(writer, value, path) {
      if (typeof value === 'string' && base64.test(value)) writer.bytes(Buffer.from(value, 'base64'));
      else refuse(path, 'bytes as base64', value);
    },
    read: (reader) => Buffer.from(reader.bytes()).toString('base64'),
  },
};

/** By name, or by number where there is no name for it. */
export function enumScalar(type: protobuf.Enum): Scalar {
  const nameOf = (number: number): Json => type.valuesById[number] ?? number;
  return {
    wireType: 0,
    absent: nameOf(0),
    write(writer, value, path) {
      const number = typeof value === 'string' && Object.hasOwn(type.values, value) ? type.values[value] : value;
      if (typeof number === 'number' && Number.isInteger(number)) writer.int32(number);
      else refuse(path, `one of ${Object.keys(type.values).slice(0, 20).join(', ')}`, value);
    },
    read: (reader) => nameOf(reader.int32()),
  };
}
