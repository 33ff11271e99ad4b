import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { Json } from '../../kit/json.ts';
import { StepFailure } from '../connector.ts';
import { decodeMessage } from './decode-message.ts';
import { encodeMessage } from './encode-message.ts';
import { rootFromText } from './service-schema.ts';

const root = rootFromText(`
  syntax = "proto3";
  package shop;
  import "google/protobuf/timestamp.proto";
  import "google/protobuf/duration.proto";
  import "google/protobuf/struct.proto";
  import "google/protobuf/wrappers.proto";
  import "google/protobuf/field_mask.proto";
  import "google/protobuf/empty.proto";
  enum Colour { UNKNOWN = 0; RED = 1; DARK_RED = 7; }
  message Item { string sku = 1; int32 amount = 2; Item part = 3; }
  message All {
    double d = 1; float f = 2; int32 i32 = 3; int64 i64 = 4; uint32 u32 = 5; uint64 u64 = 6;
    sint32 s32 = 7; sint64 s64 = 8; fixed32 x32 = 9; fixed64 x64 = 10; sfixed32 sx32 = 11; sfixed64 sx64 = 12;
    bool is_open = 13; string text = 14; bytes raw = 15; Colour colour = 16;
    repeated int32 many = 17; repeated string words = 18; repeated Item items = 19; repeated Colour colours = 20;
    map<string, Item> by_name = 21; map<int64, string> by_id = 22; map<bool, int32> by_truth = 23;
    Item item = 24; optional int32 maybe = 25;
    oneof contact { string email = 26; string phone = 27; Item visit = 28; }
    google.protobuf.Timestamp at = 29; google.protobuf.Duration span = 30; google.protobuf.Struct extra = 31;
    google.protobuf.Value any_json = 32; google.protobuf.StringValue nick = 33; google.protobuf.Int64Value big = 34;
    google.protobuf.FieldMask mask = 35; google.protobuf.Empty nothing = 36; google.protobuf.ListValue list = 37;
    repeated google.protobuf.Timestamp times = 38;
    int32 far = 536870911;
  }
`);
const all = root.lookupType('shop.All');

const plain = (value: Json): Json => JSON.parse(JSON.stringify(value));
/** What comes back, with only the members that were sent. */
function roundTrip(value: Record<string, Json>): Json {
  const decoded = plain(decodeMessage(all, encodeMessage(all, value))) as Record<string, Json>;
  return Object.fromEntries(Object.keys(value).map((name) => [name, decoded[name] ?? null]));
}

describe('a message', () => {
  const kept: readonly Record<string, Json>[] = [
    { d: 0.1, f: 0.5, i32: -5, u32: 4_294_967_295, s32: -2_147_483_648, x32: 7, sx32: -7, far: 3 },
    { i64: '-9223372036854775808', u64: '18446744073709551615', s64: '-1', x64: '9', sx64: '-9' },
    { d: 'NaN', f: '-Infinity' },
    { is_open: true, text: 'Ünï😀\u0001', raw: 'AP8=', colour: 'DARK_RED' },
    {
      many: [1, -1, 300],
      words: ['', 'a'],
      colours: ['RED', 'UNKNOWN'],
      items: [
        { sku: 'a', amount: 1 },
        { sku: '', amount: 0 },
      ],
    },
    { by_name: { a: { sku: 'x', amount: 2 } }, by_id: { '-5': 'm' }, by_truth: { true: 1, false: 0 } },
    { item: { sku: 's', amount: 1, part: { sku: 't', amount: 0 } } },
    { maybe: 0 },
    { email: '' },
    { phone: '1' },
    { visit: { sku: 'v', amount: 0 } },
    { at: '2024-02-29T01:02:03Z', span: '1.500s', times: ['1969-12-31T23:59:59.999Z', '0001-01-01T00:00:00Z'] },
    { at: '2024-02-29T01:02:03.000000001Z', span: '-0.000001s' },
    { extra: { a: [1, null, { b: 'c' }], d: true }, any_json: { x: null }, list: [1, 'a', null] },
    { any_json: null },
    { nick: '', big: '5', mask: 'a,b.c', nothing: {} },
  ];
  for (const value of kept) {
    test(`keeps ${JSON.stringify(value)}`, () => assert.deepEqual(roundTrip(value), value));
  }

  test('has the values of the proto where nothing was sent', () => {
    assert.deepEqual(plain(decodeMessage(all, new Uint8Array())), {
      ...{ d: 0, f: 0, i32: 0, i64: '0', u32: 0, u64: '0', s32: 0, s64: '0', x32: 0, x64: '0', sx32: 0, sx64: '0' },
      ...{ is_open: false, text: '', raw: '', colour: 'UNKNOWN', many: [], words: [], items: [], colours: [] },
      ...{ by_name: {}, by_id: {}, by_truth: {}, times: [], far: 0 },
    });
  });

  test('takes the names of JSON, numbers as texts, and enums by number; null leaves a field out', () => {
    const sent = {
      isOpen: true,
      i64: 5,
      i32: '7',
      d: '1.5',
      colour: 1,
      byName: {},
      item: null,
      at: '2024-02-29T03:02:03+02:00',
    };
    const decoded = decodeMessage(all, encodeMessage(all, sent)) as Record<string, Json>;
    assert.deepEqual(
      [
        decoded['is_open'],
        decoded['i64'],
        decoded['i32'],
        decoded['d'],
        decoded['colour'],
        decoded['item'],
        decoded['at'],
      ],
      [true, '5', 7, 1.5, 'RED', undefined, '2024-02-29T01:02:03Z'],
    );
  });

  const refused: readonly [Json, RegExp][] = [
    [{ colur: 'RED' }, /"request\.colur": shop\.All has no field "colur"; did you mean "colour"/],
    [{ items: [{ sku: 'a' }, { sku: 1 }] }, /"request\.items\[1\]\.sku" must be a text, it is 1/],
    [{ by_name: { a: { amount: 'x' } } }, /"request\.by_name\.a\.amount" must be a whole number/],
    [{ i32: 2_147_483_648 }, /whole number from -2147483648 to 2147483647/],
    [{ u32: -1 }, /from 0 to 4294967295/],
    [{ i64: 1.5 }, /whole number/],
    [{ i64: 1e16 }, /whole number/],
    [{ d: 'much' }, /a number/],
    [{ d: '' }, /a number/],
    [{ is_open: 'true' }, /true or false/],
    [{ raw: 'not base64!' }, /bytes as base64/],
    [{ colour: 'PINK' }, /one of UNKNOWN, RED, DARK_RED/],
    [{ colour: 'toString' }, /one of UNKNOWN/],
    [{ many: 1 }, /a list/],
    [{ item: [] }, /an object \(a shop\.Item\)/],
    [{ email: 'a', phone: 'b' }, /"email" and "phone" exclude each other/],
    [{ is_open: true, isOpen: true }, /exclude each other/],
    [{ at: 'yesterday' }, /a time like/],
    [{ at: '2024-02-29' }, /a time like/],
    [{ at: '2024-02-30T00:00:00Z' }, /a time like/],
    [{ f: 1e300 }, /a number that a float holds/],
    [{ by_truth: { maybe: 1 } }, /"request\.by_truth\.maybe" must be true or false/],
    [{ by_truth: { toString: 1 } }, /must be true or false/],
    [{ span: '5m' }, /a duration in seconds/],
    [{ mask: [] }, /names of fields/],
    [{ extra: [] }, /an object/],
    [{ __proto__: null, constructor: 1 }, /has no field "constructor"/],
    ['text', /"request" must be an object/],
    [null, /"request" must be an object/],
  ];
  for (const [value, message] of refused) {
    test(`refuses ${JSON.stringify(value)} with its place`, () => {
      assert.throws(
        () => encodeMessage(all, value),
        (error) =>
          error instanceof StepFailure &&
          error.code === 'GRPC_REQUEST_INVALID' &&
          !error.retryable &&
          message.test(error.message),
      );
    });
  }

  test('of any bytes is read or refused, and nothing else happens', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        try {
          JSON.stringify(decodeMessage(all, bytes));
        } catch (error) {
          assert.ok(error instanceof Error, String(error));
        }
      }),
      { numRuns: 5_000 },
    );
  });

  test('that goes on inside itself for ever is refused', () => {
    let bytes: Uint8Array = new Uint8Array();
    for (let depth = 0; depth < 100; depth += 1) {
      const size = bytes.length < 128 ? [bytes.length] : [(bytes.length & 127) | 128, bytes.length >> 7];
      bytes = Uint8Array.from([0x1a, ...size, ...bytes]);
    }
    assert.throws(() => decodeMessage(root.lookupType('shop.Item'), bytes), /64 levels/);
  });
});
