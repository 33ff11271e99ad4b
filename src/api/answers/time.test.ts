import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isoTime, isoTimeOrNull } from './time.ts';

test('times are those of the platform, whatever time was told before', () => {
  const times = [0, 1, 999, 1_000, 1_000.9, 1_800_000_000_007, 1_800_000_000_070, 1_800_000_000_999, 1_799_999_999_999];
  const others = [-1, -62_198_755_200_000, 253_402_300_800_000, 8.64e15, -8.64e15];
  for (const ms of [...times, ...others, ...times.reverse()])
    assert.equal(isoTime(ms), new Date(ms).toISOString(), `${ms}`);
  assert.throws(() => isoTime(Number.NaN), RangeError);
  assert.throws(() => isoTime(8.64e15 + 1), RangeError);
});

test('no time is null', () => {
  assert.deepEqual(
    [isoTimeOrNull(undefined), isoTimeOrNull(null), isoTimeOrNull(0)],
    [null, null, '1970-01-01T00:00:00.000Z'],
  );
});
