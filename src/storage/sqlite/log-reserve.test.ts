import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { openLogReserve, reserveBytesMax } from './log-reserve.ts';

const root = mkdtempSync(join(tmpdir(), 'magicflow-reserve-'));
after(() => rmSync(root, { recursive: true }));

const mebibyte = 1024 * 1024;
let places = 0;
/** The main file has no free pages. */
const full = () => 0;

/** A reserve beside a log that is as long as the test says, on a disk with as much room. */
function reserveOn(disk: { free: number }) {
  places += 1;
  const database = join(root, `${places}.db`);
  writeFileSync(`${database}-wal`, '');
  const open = () => openLogReserve(database, () => disk.free);
  return {
    open,
    reserve: open(),
    logIs: (bytes: number) => truncateSync(`${database}-wal`, bytes),
    size: () => statSync(`${database}-reserve`, { throwIfNoEntry: false })?.size ?? 0,
    exists: () => existsSync(`${database}-reserve`),
  };
}

describe('the reserve of the log', () => {
  test('stays one step ahead of the log, and is not made smaller with it', () => {
    const { reserve, logIs, size } = reserveOn({ free: 1_000 * mebibyte });
    assert.deepEqual([reserve.cover(full), size()], [mebibyte, mebibyte]);
    logIs(0.5 * mebibyte);
    assert.deepEqual([reserve.cover(full), size()], [0.5 * mebibyte, mebibyte]);
    logIs(0.5 * mebibyte + 1);
    assert.deepEqual([reserve.cover(full), size()], [mebibyte, 1.5 * mebibyte + 1]);
    logIs(5 * mebibyte);
    assert.deepEqual([reserve.cover(full), size()], [mebibyte, 6 * mebibyte]);
    logIs(0);
    assert.deepEqual([reserve.cover(full), size()], [6 * mebibyte, 6 * mebibyte]);
  });

  test('leaves the log half of the room there is, and says when it cannot keep up', () => {
    const disk = { free: 3 * mebibyte };
    const { reserve, logIs, size } = reserveOn(disk);
    logIs(mebibyte);
    assert.deepEqual([reserve.cover(full), size()], [0.5 * mebibyte, 1.5 * mebibyte]);
    disk.free = 0;
    logIs(1.5 * mebibyte);
    assert.deepEqual([reserve.cover(full), size()], [0, 1.5 * mebibyte]);
    logIs(1.5 * mebibyte + 1);
    assert.deepEqual([reserve.cover(full), size()], [-1, 1.5 * mebibyte]);
  });

  test('takes its first step before the log has anything', () => {
    const { reserve, size } = reserveOn({ free: mebibyte });
    assert.deepEqual([reserve.cover(full), size()], [mebibyte, mebibyte]);
  });

  test('takes no first step where the main file has pages to copy into', () => {
    const { reserve, size } = reserveOn({ free: 100_000 });
    assert.deepEqual([reserve.cover(() => mebibyte), size()], [50_000, 50_000]);
    const { reserve: other, size: otherSize } = reserveOn({ free: 100_000 });
    assert.deepEqual([other.cover(() => mebibyte - 80_000), otherSize()], [80_000, 80_000]);
  });

  test('gives back what is more than half of the room, but never its first step', () => {
    const disk = { free: 10 * mebibyte };
    const { reserve, logIs, size } = reserveOn(disk);
    logIs(2 * mebibyte);
    reserve.cover(full);
    reserve.share(full);
    assert.equal(size(), 3 * mebibyte);
    disk.free = 0;
    reserve.share(full);
    assert.equal(size(), 1.5 * mebibyte);
    reserve.share(full);
    assert.equal(size(), mebibyte);
    reserve.share(() => mebibyte);
    assert.equal(size(), mebibyte / 2);
  });

  test('covers a log up to its limit, and no more of a longer one', () => {
    const { reserve, logIs, size } = reserveOn({ free: 10 * mebibyte });
    logIs(reserveBytesMax + mebibyte);
    assert.deepEqual([reserve.cover(full), size()], [5 * mebibyte - reserveBytesMax, 5 * mebibyte]);
    const roomy = reserveOn({ free: 1_000 * mebibyte });
    roomy.logIs(3 * reserveBytesMax);
    assert.deepEqual([roomy.reserve.cover(full), roomy.size()], [mebibyte, reserveBytesMax + mebibyte]);
  });

  test('is found again after a crash, let go where it is needed, and made anew', () => {
    const { reserve, open, logIs, exists, size } = reserveOn({ free: 1_000 * mebibyte });
    logIs(2 * mebibyte);
    reserve.cover(full);
    const later = open();
    assert.deepEqual([later.cover(full), size()], [mebibyte, 3 * mebibyte]);
    later.release();
    assert.equal(exists(), false);
    logIs(0);
    assert.deepEqual([later.cover(full), size()], [mebibyte, mebibyte]);
  });

  test('that cannot be written fails nothing', () => {
    assert.equal(openLogReserve(join(root, 'no such folder', 'x.db')).cover(full), 0);
  });
});
