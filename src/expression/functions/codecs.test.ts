import { test } from 'node:test';
import { assertFaults, assertValues } from '../make-scope.ts';

test('texts go through base 64 as UTF-8 and come back', () => {
  assertValues([
    ['base64("Löw😀")', 'TMO2d/CfmIA='],
    ['base64_decode("TMO2d/CfmIA=")', 'Löw😀'],
    ['base64_decode("TMO2d_CfmIA")', 'Löw😀'],
    ['base64("")', ''],
    ['base64_decode(base64("user:pass"))', 'user:pass'],
  ]);
});

test('JSON is read into values', () => {
  assertValues([
    ['parse_json(\'{"a": [1, null]}\').a[0]', 1],
    ['parse_json("5") + 1', 6],
    ['parse_json(to_json({a: 1})) == {a: 1}', true],
  ]);
});

test('hash() knows four algorithms, however they are spelled', () => {
  assertValues([
    ['hash("md5", "abc")', '900150983cd24fb0d6963f7d28e17f72'],
    ['hash("SHA-1", "abc")', 'a9993e364706816aba3e25717850c26c9cd0d89d'],
    ['hash("sha256", "ä") == hash("SHA-256", "ä")', true],
    ['len(hash("sha512", ""))', 128],
  ]);
});

test('what cannot be decoded is a fault', () => {
  assertFaults([
    ['parse_json("{")', /no JSON/],
    ['parse_json(5)', /needs a string/],
    ['parse_json("[1e999]")', /too large/],
    ['parse_json(\'{"a": -1e999}\')', /too large/],
    ['base64_decode("*")', /no base 64/],
    ['base64_decode("/w==")', /no base 64 of UTF-8/],
    ['hash("crc32", "a")', /knows md5, sha1, sha256 and sha512/],
    ['hash("toString", "a")', /knows md5/],
  ]);
});
