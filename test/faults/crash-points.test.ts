/**
 * A crash at every commit. One run of the workload leaves a picture of its folder after each of its commits; what lies
 * between two commits changes no file, so these are all the states that a kill can leave. A sample of real kills, before
 * and after a commit, shows that the pictures are true.
 */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { startChild } from '../support/child-process.ts';
import { inLanes } from '../support/lanes.ts';
import { readLedger } from '../support/ledger.ts';
import { checkAfterCrash } from './crash-check.ts';
import type { Workload } from './crash-workload.ts';

const isQuick = process.env['MAGICFLOW_QUICK'] === '1';
const pointsMin = isQuick ? 40 : 200;
const killsEach = isQuick ? 2 : 10;
const roundsPerRun = 2;
const lanes = 4;

const root = mkdtempSync(join(tmpdir(), 'magicflow-crash-points-'));
after(() => rmSync(root, { recursive: true, force: true }));
const file = new URL('./crash-workload.ts', import.meta.url).pathname;

async function runWorkload(workload: Workload): Promise<number | NodeJS.Signals> {
  const child = await startChild({ file, args: [JSON.stringify(workload)], willBeKilled: true });
  const end = await child.ended;
  assert.equal(child.stderr(), '');
  return end;
}

describe('a crash', () => {
  test(`after any of ${pointsMin} commits leaves nothing that does not come to its end`, async (t) => {
    let points = 0;
    for (let run = 0; points < pointsMin; run += 1) {
      const folder = join(root, `run-${run}`);
      const [directory, ledger, pictures] = ['data', 'ledger', 'pictures'].map((name) => join(folder, name)) as [
        string,
        string,
        string,
      ];
      mkdirSync(folder);
      assert.equal(await runWorkload({ directory, ledger, pictures, rounds: roundsPerRun }), 0);
      const taken = readdirSync(pictures);
      points += taken.length;
      await inLanes(taken, lanes, async (name) => {
        const picture = join(pictures, name);
        const promised = readLedger(ledger, Number(readFileSync(join(picture, 'promised-bytes'), 'utf8')));
        await checkAfterCrash(picture, promised);
        rmSync(picture, { recursive: true });
      });
    }
    t.diagnostic(`${points} crash points`);
  });

  for (const when of ['before', 'after'] as const) {
    test(`by SIGKILL ${when} a commit leaves what the pictures show`, async (t) => {
      const points = Array.from({ length: killsEach }, (_, index) => 1 + index * 2);
      await inLanes(points, lanes, async (at) => {
        const folder = mkdtempSync(join(root, 'kill-'));
        const directory = join(folder, 'data');
        const ledger = join(folder, 'ledger');
        assert.equal(await runWorkload({ directory, ledger, rounds: roundsPerRun, die: { at, when } }), 'SIGKILL');
        await checkAfterCrash(directory, readLedger(ledger));
      });
      t.diagnostic(`${points.length} kills`);
    });
  }
});
