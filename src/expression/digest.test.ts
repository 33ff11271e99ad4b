import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { digest, isAlgorithm } from './digest.ts';

for (const algorithm of ['md5', 'sha1', 'sha256', 'sha512'] as const) {
  test(`${algorithm} equals the platform's at every length around its blocks`, () => {
    for (const length of [...Array(260).keys(), 1_000, 65_537]) {
      const bytes = Uint8Array.from({ length }, (_, place) => (place * 167 + length) % 256);
      assert.equal(digest(algorithm, bytes), createHash(algorithm).update(bytes).digest('hex'), `length ${length}`);
    }
  });
}

test('only own names are algorithms', () => {
  assert.equal(isAlgorithm('sha256'), true);
  assert.equal(isAlgorithm('toString'), false);
});
