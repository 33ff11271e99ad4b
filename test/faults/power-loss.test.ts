/**
 * Power fails while the store writes: what was not synced is kept, dropped or torn, page by page. Killing a process
 * cannot show this, for the system keeps what it wrote. A small library under the process (`power-loss.c`) knows what a
 * disk may hold at each moment and leaves pictures of it; every promise must stand in every one of them.
 */
import assert from 'node:assert/strict';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { startChild } from '../support/child-process.ts';
import { inLanes } from '../support/lanes.ts';
import { readLedger } from '../support/ledger.ts';
import { buildPreload, skipWithoutCompiler } from '../support/preload.ts';
import { checkAfterCrash } from './crash-check.ts';
import type { Workload } from './crash-workload.ts';

const isQuick = process.env['MAGICFLOW_QUICK'] === '1';
const generations = isQuick ? 2 : 8;
const picturesEach = isQuick ? 12 : 40;
const picturesMin = isQuick ? 20 : 300;
/** One in so many writes and syncs. */
const every = isQuick ? 40 : 12;
const lanes = 4;

const root = realpathSync(mkdtempSync(join(tmpdir(), 'magicflow-power-loss-')));
const library = join(root, 'power-loss.so');
after(() => rmSync(root, { recursive: true, force: true }));

interface Generation {
  readonly folder: string;
  readonly ledger: string;
  readonly pictures: readonly string[];
}

/** Runs the workload over what `from` shows (nothing: an empty folder), with the power failing behind its back. */
async function runGeneration(number: number, from: string | undefined, isUnsynced = false): Promise<Generation> {
  const folder = join(root, `${isUnsynced ? 'control' : 'generation'}-${number}`);
  const [directory, pictures, ledger] = ['data', 'pictures', 'ledger'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  mkdirSync(pictures, { recursive: true });
  if (from !== undefined) cpSync(from, directory, { recursive: true });
  const workload: Workload = { directory, ledger, rounds: 3, name: `generation-${number}`, isUnsynced };
  const child = await startChild({
    file: new URL('./crash-workload.ts', import.meta.url).pathname,
    args: [JSON.stringify(workload)],
    willBeKilled: true,
    env: {
      LD_PRELOAD: library,
      POWER_LOSS_DIR: directory,
      POWER_LOSS_PICTURES: pictures,
      POWER_LOSS_LEDGER: ledger,
      POWER_LOSS_EVERY: String(every),
      POWER_LOSS_MAX: String(picturesEach),
      POWER_LOSS_SEED: String(number + 1),
    },
  });
  assert.equal(await child.ended, 0, child.stderr());
  return {
    folder,
    ledger,
    pictures: readdirSync(pictures)
      .sort(byNumber)
      .map((name) => join(pictures, name)),
  };
}

const byNumber = (left: string, right: string): number => Number(left) - Number(right);

function promisedIn(picture: string, ledger: string): string[] {
  return readLedger(ledger, Number(readFileSync(join(picture, 'promised-bytes'), 'utf8')));
}

describe('a power loss', { skip: skipWithoutCompiler() }, () => {
  before(() => buildPreload(new URL('./power-loss.c', import.meta.url), library));

  test(`${picturesMin} of them, also while the store recovers from the last one, cost nothing that was promised`, async (t) => {
    let pictures = 0;
    let survivor: string | undefined;
    let earlier: string[] = [];
    for (let number = 0; number < generations; number += 1) {
      const generation = await runGeneration(number, survivor);
      const kept = generation.pictures[Math.floor(generation.pictures.length / 2)];
      assert.ok(kept, 'no picture was taken');
      survivor = join(root, `survivor-${number}`);
      cpSync(kept, survivor, { recursive: true });
      const before = earlier;
      earlier = [...before, ...promisedIn(kept, generation.ledger)];
      await inLanes(generation.pictures, lanes, async (picture) => {
        await checkAfterCrash(picture, [...before, ...promisedIn(picture, generation.ledger)]).catch(
          (error: unknown) => {
            throw new Error(`picture ${picture.slice(root.length)}`, { cause: error });
          },
        );
        pictures += 1;
      });
      rmSync(generation.folder, { recursive: true });
    }
    t.diagnostic(
      `${pictures} power losses in ${generations} generations, ${earlier.length} promises in the last survivor`,
    );
    assert.ok(pictures >= picturesMin, `only ${pictures} pictures were taken`);
  });

  test('without syncing, promises are lost: the disk does what it says', async (t) => {
    const { pictures, ledger } = await runGeneration(0, undefined, true);
    let lost = 0;
    for (const picture of pictures) {
      await checkAfterCrash(picture, promisedIn(picture, ledger)).catch(() => {
        lost += 1;
      });
    }
    t.diagnostic(`${lost} of ${pictures.length} pictures had lost something`);
    assert.ok(lost > 0);
  });
});
