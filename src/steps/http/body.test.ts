import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { fails } from '../outbound/make-asking.ts';
import { decodeBody, encodeBody, readableBody } from './body.ts';
import { binaryBytesMax } from './limits.ts';

const form = 'application/x-www-form-urlencoded';

describe('a body that goes out', () => {
  const sent = (body: Parameters<typeof encodeBody>[0], type?: string) => {
    const encoded = encodeBody(body, type);
    return encoded && [Buffer.from(encoded.bytes).toString(), encoded.contentType];
  };

  test('is JSON, a form, text or bytes by what it is and by its content type', () => {
    assert.deepEqual(sent({ a: [1, null] }), ['{"a":[1,null]}', 'application/json']);
    assert.deepEqual(sent([1]), ['[1]', 'application/json']);
    assert.deepEqual(sent(0), ['0', 'application/json']);
    assert.deepEqual(sent({ a: 1 }, 'application/vnd.api+json'), ['{"a":1}', 'application/vnd.api+json']);
    assert.deepEqual(sent('<a/>', 'application/xml'), ['<a/>', 'application/xml']);
    assert.deepEqual(sent('{"raw":1}', 'application/json'), ['{"raw":1}', 'application/json']);
    assert.deepEqual(sent('hi'), ['hi', 'text/plain; charset=utf-8']);
    assert.deepEqual(sent({ base64: 'aGk=', content_type: 'image/png', size: 2 }), ['hi', 'image/png']);
    assert.deepEqual(sent({ base64: 'aGk=' }), ['{"base64":"aGk="}', 'application/json']);
  });

  test('as a form repeats lists, writes objects as JSON and leaves null out', () => {
    assert.deepEqual(sent({ a: 'b c', n: 1, list: ['x', 2], o: { k: true }, none: null }, form), [
      'a=b+c&n=1&list=x&list=2&o=%7B%22k%22%3Atrue%7D',
      form,
    ]);
    assert.throws(() => encodeBody([1], form), fails('REQUEST_INVALID'));
  });

  test('is absent where there is nothing to send', () => {
    assert.deepEqual([sent(undefined), sent(null)], [undefined, undefined]);
  });
});

describe('a body that comes in', () => {
  const came = (bytes: Buffer | string, type = '') => decodeBody(Buffer.from(bytes as string), type, 'GET /');

  test('is its JSON value where it says so', () => {
    for (const type of [
      'application/json',
      'application/json; charset=utf-8',
      'application/problem+json',
      'Text/JSON',
    ]) {
      assert.deepEqual(came('\uFEFF{"a":1}', type), { a: 1 }, type);
    }
    assert.throws(() => came('{"a":', 'application/json'), fails('RESPONSE_INVALID', /says that it answers with JSON/));
  });

  test('is text by its type and character set, or, without a type, by what it is', () => {
    for (const type of ['text/plain', 'text/html; charset=UTF-8', 'application/xml', 'image/svg+xml', '', form]) {
      assert.equal(came('<ü>', type), '<ü>', type);
    }
    assert.equal(came(Buffer.from([0xfc]), 'text/plain; charset=iso-8859-1'), 'ü');
  });

  test('is base64 where it is no text, whatever it claims', () => {
    const bytes = Buffer.from([0xff, 0x00, 0xfe]);
    const base64 = bytes.toString('base64');
    assert.deepEqual(came(bytes, 'image/png'), { base64, content_type: 'image/png', size: 3 });
    assert.deepEqual(came(bytes), { base64, content_type: 'application/octet-stream', size: 3 });
    for (const type of ['text/plain', 'text/plain; charset=no-such-set']) {
      assert.deepEqual(came(bytes, type), { base64, content_type: type, size: 3 });
    }
    assert.deepEqual(came('a\0b', 'text/plain'), { base64: 'YQBi', content_type: 'text/plain', size: 3 });
  });

  test('is nothing where it is empty, and refused where it is larger than a journal keeps', () => {
    assert.equal(came('', 'application/json'), null);
    assert.ok(came(Buffer.alloc(binaryBytesMax), 'image/png'));
    assert.throws(() => came(Buffer.alloc(binaryBytesMax + 1), 'image/png'), fails('RESPONSE_TOO_LARGE'));
  });

  test('of a failure is read as far as it can be', () => {
    assert.deepEqual(readableBody(Buffer.from('{"a":1}'), 'application/json'), { a: 1 });
    assert.equal(readableBody(Buffer.from('oops\0'), 'application/json'), 'oops');
  });
});
