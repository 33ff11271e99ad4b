/** Types that everybody uses, and that JSON has a form of its own for. */
import { parseTimestamp } from '../../expression/functions/times.ts';
import { emptyObject, isObject, type Json, type JsonObject } from '../../kit/json.ts';
import { invalidCall } from './grpc-failure.ts';

export interface WellKnownType {
  /** The members of the message. Throws GRPC_REQUEST_INVALID. */
  fromJson(value: Json, path: string): Json;
  toJson(message: JsonObject): Json;
}

/** A message around one value, so that it can be absent. */
const wrapper: WellKnownType = {
  fromJson: (value) => ({ value }),
  toJson: ({ value = null }) => value,
};

const timestamp: WellKnownType = {
  fromJson(value, path) {
    const [, whole, fraction = ''] =
      /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(?:Z|[+-]\d\d:\d\d)$/.exec(String(value)) ?? [];
    const zone = /(Z|[+-]\d\d:\d\d)$/.exec(String(value))?.[0] ?? '';
    const atMs = whole === undefined ? undefined : parseTimestamp(whole + zone);
    if (atMs === undefined) throw refuse(path, 'a time like 2030-01-31T09:00:00Z', value);
    return { seconds: String(atMs / 1_000), nanos: Number(fraction.padEnd(9, '0')) };
  },
  toJson({ seconds = '0', nanos = 0 }) {
    const at = new Date(Number(seconds) * 1_000);
    if (Number.isNaN(at.getTime())) return { seconds, nanos };
    return `${at.toISOString().slice(0, 19)}${fractionOf(Number(nanos))}Z`;
  },
};

const duration: WellKnownType = {
  fromJson(value, path) {
    const [, sign, seconds, fraction = ''] = /^(-?)(\d{1,12})(?:\.(\d{1,9}))?s$/.exec(String(value)) ?? [];
    if (seconds === undefined) throw refuse(path, 'a duration in seconds like "1.5s"', value);
    const factor = sign === '-' ? -1 : 1;
    return { seconds: String(factor * Number(seconds)), nanos: factor * Number(fraction.padEnd(9, '0')) };
  },
  toJson({ seconds = '0', nanos = 0 }) {
    const isNegative = Number(seconds) < 0 || Number(nanos) < 0;
    return `${isNegative ? '-' : ''}${String(seconds).replace('-', '')}${fractionOf(Math.abs(Number(nanos)))}s`;
  },
};

/** In steps of three digits. */
function fractionOf(nanos: number): string {
  const digits = String(nanos)
    .padStart(9, '0')
    .replace(/(000)+$/, '');
  return nanos === 0 ? '' : `.${digits}`;
}

const fieldMask: WellKnownType = {
  fromJson(value, path) {
    if (typeof value !== 'string') throw refuse(path, 'names of fields in one text, with commas', value);
    return { paths: value.split(',').filter((name) => name !== '') };
  },
  toJson: ({ paths }) => (Array.isArray(paths) ? paths.join(',') : ''),
};

/** Any JSON: named in lowerCamelCase or in snake_case, as the proto at hand has it. */
const value: WellKnownType = {
  fromJson(json) {
    if (json === null) return { nullValue: 0 };
    if (typeof json === 'number') return { numberValue: json };
    if (typeof json === 'string') return { stringValue: json };
    if (typeof json === 'boolean') return { boolValue: json };
    return Array.isArray(json) ? { listValue: json } : { structValue: json };
  },
  toJson(message) {
    const [name, found = null] = Object.entries(message)[0] ?? [];
    return name === 'null_value' || name === 'nullValue' ? null : found;
  },
};

const struct: WellKnownType = {
  fromJson(json, path) {
    if (!isObject(json)) throw refuse(path, 'an object', json);
    return { fields: json as JsonObject };
  },
  toJson: ({ fields }) => (isObject(fields) ? (fields as JsonObject) : emptyObject()),
};

const listValue: WellKnownType = {
  fromJson(json, path) {
    if (!Array.isArray(json)) throw refuse(path, 'a list', json);
    return { values: json as readonly Json[] };
  },
  toJson: ({ values = [] }) => values,
};

const wrapped = ['Double', 'Float', 'Int64', 'UInt64', 'Int32', 'UInt32', 'Bool', 'String', 'Bytes'];

export const wellKnownTypes: Readonly<Record<string, WellKnownType>> = {
  ...Object.fromEntries(wrapped.map((name) => [`.google.protobuf.${name}Value`, wrapper])),
  '.google.protobuf.Timestamp': timestamp,
  '.google.protobuf.Duration': duration,
  '.google.protobuf.FieldMask': fieldMask,
  '.google.protobuf.Value': value,
  '.google.protobuf.Struct': struct,
  '.google.protobuf.ListValue': listValue,
};

function refuse(path: string, expected: string, found: Json) {
  return invalidCall(
    'GRPC_REQUEST_INVALID',
    `"${path}" must be ${expected}, it is ${JSON.stringify(found).slice(0, 80)}`,
  );
}
