/**
 * The simulation at CI size: thousands of seeds in two processes, each broken promise with the seed that shows it.
 * Figures are printed, so that a run says how far it got. `MAGICFLOW_QUICK=1` plays a hundred seeds.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { makeDice } from './dice.ts';
import { runBeside } from './run-beside.ts';
import type { Summary } from './run-seeds.ts';
import { addCounts, faultKinds, sometimesKinds } from './tally.ts';
import { openVirtualTime, startOfTime } from './virtual-time.ts';

const isQuick = process.env['MAGICFLOW_QUICK'] === '1';
const seedCount = isQuick ? 100 : 2_000;
/** Events that a run at CI size must hold; the seeds are chosen so that they do. */
const eventsMin = 1_000_000;
/** How often each interesting state must come up in a run at CI size. */
const sometimesMin = 10;

interface Regression {
  readonly seed: number;
  readonly why: string;
}

const regressions = JSON.parse(readFileSync(new URL('./regressions.json', import.meta.url), 'utf8')) as Regression[];

describe('the simulated engine', () => {
  test('keeps every promise through all seeds, and meets every fault and every interesting state', async (t) => {
    const half = seedCount / 2;
    const [first, second] = await Promise.all([
      runBeside(['--from', '1', '--seeds', String(half)]),
      runBeside(['--from', String(half + 1), '--seeds', String(half)]),
    ]);
    const faults: Record<string, number> = {};
    const sometimes: Record<string, number> = {};
    for (const summary of [first, second]) {
      addCounts(faults, summary.faults);
      addCounts(sometimes, summary.sometimes);
    }
    const events = first.events + second.events;
    t.diagnostic(`${seedCount} seeds, ${events} engine events, ${first.executions + second.executions} executions`);
    t.diagnostic(`${first.virtualHours + second.virtualHours} virtual hours in ${first.seconds + second.seconds} s`);
    t.diagnostic(`faults: ${describeCounts(faults)}`);
    t.diagnostic(`sometimes: ${describeCounts(sometimes)}`);
    assert.deepEqual([...first.failures, ...second.failures], []);
    if (isQuick) return;
    assert.ok(events >= eventsMin, `${events} events are too few`);
    assert.deepEqual(
      faultKinds.filter((kind) => faults[kind] === undefined),
      [],
      'a kind of fault never happened',
    );
    assert.deepEqual(
      sometimesKinds.filter((kind) => (sometimes[kind] ?? 0) < sometimesMin),
      [],
      'an interesting state hardly came up',
    );
  });

  test('plays the same seed twice to the same trace', async () => {
    const summary = await runBeside(['--from', '1', '--seeds', isQuick ? '10' : '100', '--twice']);
    assert.deepEqual(summary.failures, []);
  });

  for (const { seed, why } of regressions) {
    test(`seed ${seed}: ${why}`, async () => {
      const summary: Summary = await runBeside(['--seed', String(seed)]);
      assert.deepEqual(summary.failures, []);
    });
  }
});

describe('virtual time', () => {
  test('runs events by their time, equal ones in the order they were made', async () => {
    const time = openVirtualTime();
    const ran: string[] = [];
    time.after(20, () => ran.push('late'));
    time.after(10, () => ran.push('first'));
    time.after(10, () => ran.push('second'));
    time.after(15, () => ran.push('cancelled'))();
    while (await time.step());
    assert.deepEqual(ran, ['first', 'second', 'late']);
    assert.equal(time.now(), startOfTime + 20);
  });

  test('does not move before every microtask of an event is done', async () => {
    const time = openVirtualTime();
    const seen: number[] = [];
    const linger = async (): Promise<void> => {
      for (let turn = 0; turn < 50; turn += 1) await Promise.resolve();
      seen.push(time.now());
    };
    time.after(10, () => void linger());
    time.after(11, () => seen.push(time.now()));
    while (await time.step());
    assert.deepEqual(seen, [startOfTime + 10, startOfTime + 11]);
  });

  test('keeps the order of many random events', async () => {
    const time = openVirtualTime();
    const dice = makeDice(7);
    const seen: number[] = [];
    for (let count = 0; count < 500; count += 1) time.after(dice.int(0, 1_000), () => seen.push(time.now()));
    while (await time.step());
    assert.deepEqual(
      seen,
      seen.toSorted((a, b) => a - b),
    );
    assert.equal(seen.length, 500);
  });
});

function describeCounts(counts: Readonly<Record<string, number>>): string {
  const sorted = Object.entries(counts).sort(([a], [b]) => (a < b ? -1 : 1));
  return sorted.map(([kind, count]) => `${kind} ${count}`).join(', ');
}
