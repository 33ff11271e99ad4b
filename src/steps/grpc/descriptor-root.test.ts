import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import protobuf from 'protobufjs';
import 'protobufjs/ext/descriptor/index.js';
import type { Json } from '../../kit/json.ts';
import { StepFailure } from '../connector.ts';
import { decodeMessage } from './decode-message.ts';
import { rootFromDescriptors } from './descriptor-root.ts';
import { encodeMessage } from './encode-message.ts';
import { methodOf } from './service-schema.ts';

const text = `
  syntax = "proto3";
  package a.b;
  message Outer {
    message Inner { int32 n = 1; enum Kind { NONE = 0; SOME = 1; } Kind kind = 2; }
    Inner inner = 1; repeated Inner inners = 2; map<string, Inner> by_name = 3; map<int64, bool> by_id = 4;
    optional int32 maybe = 5; oneof one { string left = 6; int64 right = 7; } repeated sint64 many = 8; bytes raw = 9;
  }
  service Svc { rpc Do(Outer) returns (stream Outer); rpc Take(stream Outer) returns (Outer); }
`;

/** As a server would send it: another library wrote it. */
function descriptorsOf(proto: string): Uint8Array[] {
  const { root } = protobuf.parse(proto, { keepCase: true });
  root.resolveAll();
  const described = root as unknown as { toDescriptor(edition: string): { file: { $type: protobuf.Type }[] } };
  return described.toDescriptor('proto3').file.map((file) => file.$type.encode(file).finish());
}

describe('a description by descriptors', () => {
  const { request, isStreaming, path } = methodOf(rootFromDescriptors(descriptorsOf(text)), 'a.b.Svc', 'Do');

  test('has the methods, and messages with maps, choices and what may be absent', () => {
    assert.deepEqual([path, isStreaming, request.fullName], ['/a.b.Svc/Do', true, '.a.b.Outer']);
    const value: Json = {
      inner: { n: 1, kind: 'SOME' },
      inners: [{ n: 2, kind: 'NONE' }],
      by_name: { x: { n: 3, kind: 'NONE' } },
      by_id: { '7': true },
      maybe: 0,
      right: '5',
      many: ['-1', '2'],
      raw: 'AP8=',
    };
    assert.deepEqual(JSON.parse(JSON.stringify(decodeMessage(request, encodeMessage(request, value)))), value);
    const empty = decodeMessage(request, new Uint8Array());
    assert.deepEqual(JSON.parse(JSON.stringify(empty)), { inners: [], by_name: {}, by_id: {}, many: [], raw: '' });
  });

  test('says the same on the wire as the text that it was made of', () => {
    const other = protobuf.parse(text, { keepCase: true }).root.lookupType('a.b.Outer');
    const bytes = encodeMessage(request, { inner: { n: 1 }, by_name: { x: { n: 3 } }, many: [-1], left: 'l' });
    assert.deepEqual(other.toObject(other.decode(bytes), { longs: String }), {
      inner: { n: 1 },
      by_name: { x: { n: 3 } },
      many: ['-1'],
      left: 'l',
    });
  });

  test('with a name that is none is refused', () => {
    const named = (name: string): Uint8Array => {
      const [bytes = new Uint8Array()] = descriptorsOf('syntax = "proto3"; message Xxxxxxxxx { int32 yyyyyyyyy = 1; }');
      return Buffer.from(
        Buffer.from(bytes)
          .toString('latin1')
          .replace(/Xxxxxxxxx|yyyyyyyyy/g, name),
        'latin1',
      );
    };
    assert.ok(rootFromDescriptors([named('Plainname')]).lookupType('Plainname'));
    for (const name of ['__proto__', 'a"];x();/', 'a b      ', '../../../', "x');y('z "]) {
      assert.throws(
        () => rootFromDescriptors([named(name)]),
        (error) =>
          error instanceof StepFailure && error.code === 'GRPC_PROTO_INVALID' && /is no name/.test(error.message),
        name,
      );
    }
  });

  test('of any bytes is read or refused', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
        try {
          rootFromDescriptors([bytes]);
        } catch (error) {
          assert.ok(error instanceof StepFailure && error.code === 'GRPC_PROTO_INVALID', String(error));
        }
      }),
      { numRuns: 2_000 },
    );
  });
});
