/**
 * Room on the disk that is kept for the day it is full: a file beside the log, about as large as the log.
 *
 * What a commit has promised is in the log, and leaves it only by being copied into the main file. On a full disk that
 * copy finds no room, so the log cannot be emptied, and no commit can be taken until somebody makes room for the
 * whole of it. The reserve is that room: it is let go, the log is copied and cut to nothing, and what the log has left
 * makes the next reserve. So the main file and the log never need more than they have between them, and the room of one
 * commit is enough to take commits again.
 *
 * It holds as long as the reserve is no smaller than the log. Its first step is taken before anything else, unless the
 * main file has free pages to copy into; from there it grows with the log, one step ahead, and takes no more than half
 * of the room there is: the other half is the log's. Where it falls behind, the log must be emptied before it grows
 * on. Two things are not promised: a log over `reserveBytesMax` (a reader that held it up for long), and that another
 * program does not take the room in the moment between the letting go and the copy. Then room for the log has to be
 * made from outside, as without a reserve.
 *
 * A crash at any point loses nothing: the file holds nothing, and the next start looks at how large it is.
 */
import { randomBytes } from 'node:crypto';
import { closeSync, fstatSync, openSync, rmSync, statfsSync, statSync, truncateSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

/** It grows by this much at a time. */
const stepBytes = 1024 * 1024;
/** What a log is cut back to after a burst made it longer: as much as this is covered. */
export const reserveBytesMax = 64 * 1024 * 1024;

/** The bytes of the main file that hold nothing; asked only where it matters. */
export type UnusedBytes = () => number;

export interface LogReserve {
  /**
   * Makes sure that there is room to copy the log as it is now. Returns by how many bytes it may grow before there may
   * be none; below zero where there may be none already.
   */
  cover(unused: UnusedBytes): number;
  /** Gives back what is more than its share, so that a log that was emptied can grow again. */
  share(unused: UnusedBytes): void;
  /** Gives all of it back, to whoever is the first to use it. */
  release(): void;
}

/** `roomOn`: the bytes that are free where a folder is. */
export function openLogReserve(databasePath: string, roomOn: (folder: string) => number = freeBytes): LogReserve {
  const path = `${databasePath}-reserve`;
  const logPath = `${databasePath}-wal`;
  let size = sizeOf(path);

  const shareBytes = (unused: UnusedBytes): number =>
    Math.max(stepBytes - unused(), Math.floor((roomOn(dirname(path)) + size) / 2));

  function grow(wanted: number): void {
    if (wanted <= size) return;
    const file = openSync(path, 'a', 0o600);
    try {
      // What compresses well would hold less room than it seems to.
      while (size < wanted) size += writeSync(file, randomBytes(Math.min(stepBytes, wanted - size)));
    } finally {
      size = fstatSync(file).size;
      closeSync(file);
    }
  }

  return {
    cover(unused) {
      const log = Math.min(sizeOf(logPath), reserveBytesMax);
      if (log + stepBytes / 2 > size) attempt(() => grow(Math.min(log + stepBytes, shareBytes(unused))));
      return size - log;
    },
    share(unused) {
      attempt(() => {
        const share = shareBytes(unused);
        if (size <= share) return;
        truncateSync(path, share);
        size = share;
      });
    },
    release() {
      rmSync(path, { force: true });
      size = 0;
    },
  };
}

/** No room, no right or no disk: whatever the reason, there is no more reserve than there is. */
function attempt(change: () => void): void {
  try {
    change();
  } catch {
    // The store says by itself what is wrong with its disk.
  }
}

function freeBytes(folder: string): number {
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize;
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}
