import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { assert as claim, Impossible, present, unreachable } from './assert.ts';
import { forwardOnly, systemClock } from './clock.ts';
import { durationMaxMs, parseDuration } from './duration.ts';
import { Fault } from './fault.ts';
import { compareIdTimes, makeId, randomText } from './ids.ts';
import { canonicalJson, deepEqual, emptyObject, isObject, member } from './json.ts';
import { seededRandom, systemRandom } from './random.ts';

describe('broken invariants', () => {
  test('end in an Impossible that says what was claimed', () => {
    assert.throws(() => claim(0, 'zero holds'), new Impossible('zero holds'));
    assert.throws(() => present(null, 'the thing'), new Impossible('the thing is missing'));
    assert.throws(() => unreachable('x' as never), Impossible);
    assert.equal(present(0, 'zero'), 0);
  });
});

describe('a fault', () => {
  test('maps to a status, carries details and a cause, and is known by its code', () => {
    const cause = new Error('deep');
    const fault = new Fault('QUEUE_FULL', 'later', { detail: { seconds: 5 }, cause });
    assert.deepEqual([fault.status, fault.detail['seconds'], fault.cause], [429, 5, cause]);
    assert.deepEqual(
      [Fault.is(fault), Fault.is(fault, 'QUEUE_FULL'), Fault.is(fault, 'INTERNAL')],
      [true, true, false],
    );
    assert.equal(Fault.is(cause), false);
    assert.deepEqual(new Fault('INTERNAL', 'x').detail, {});
  });
});

describe('durations', () => {
  test('are read in short and in ISO form', () => {
    const cases: [string, number][] = [
      ['500ms', 500],
      ['15s', 15_000],
      ['1.5h', 5_400_000],
      ['1h30m', 5_400_000],
      ['7d', 604_800_000],
      ['2w', 1_209_600_000],
      ['PT15S', 15_000],
      ['P1DT2H', 93_600_000],
      ['P1W', 604_800_000],
      ['PT0.5S', 500],
      ['0s', 0],
    ];
    for (const [text, ms] of cases) assert.equal(parseDuration(text), ms, text);
  });

  test('that are none, or too long, are refused', () => {
    const texts = ['', '5', 's', '-5s', '5 s', 'P', 'PT', 'P1Y', '1x', `${'1s'.repeat(33)}`, '36601d', '1e9s'];
    for (const text of texts) assert.equal(parseDuration(text), undefined, text);
    assert.equal(parseDuration('36600d'), durationMaxMs);
  });
});

describe('ids', () => {
  test('sort by time and do not repeat', () => {
    const at = (nowMs: number): string => makeId('exec', { nowMs: () => nowMs }, systemRandom);
    assert.match(at(1_700_000_000_000), /^exec_[0-9a-hjkmnp-tv-z]{26}$/);
    assert.ok(at(1_000) < at(1_001) && at(1_001) < at(2 ** 40));
    assert.equal(new Set(Array.from({ length: 2_000 }, () => at(1))).size, 2_000);
    assert.equal(at(-5).slice(0, 15), at(0).slice(0, 15));
  });

  test('tell which came first, to the millisecond', () => {
    const at = (nowMs: number): string => makeId('exec', { nowMs: () => nowMs }, systemRandom);
    assert.ok(compareIdTimes(at(1_000), at(1_001)) < 0);
    assert.ok(compareIdTimes(at(33_000), at(1_000)) > 0);
    assert.equal(compareIdTimes(at(1_000), at(1_000)), 0);
  });

  test('are as long as they are asked for, from the same seed the same', () => {
    assert.equal(randomText(seededRandom(1), 26), randomText(seededRandom(1), 26));
    assert.deepEqual(
      [0, 1, 7, 26].map((length) => randomText(seededRandom(2), length).length),
      [0, 1, 7, 26],
    );
  });
});

describe('randomness', () => {
  test('is uniform in [0, 1), seeded or not', () => {
    for (const random of [seededRandom(7), systemRandom]) {
      const drawn = Array.from({ length: 5_000 }, () => random.next());
      assert.ok(drawn.every((each) => each >= 0 && each < 1));
      const mean = drawn.reduce((sum, each) => sum + each, 0) / drawn.length;
      assert.ok(mean > 0.45 && mean < 0.55, String(mean));
    }
  });

  test('of another seed is another stream', () => {
    assert.notEqual(seededRandom(1).next(), seededRandom(2).next());
  });
});

describe('JSON values', () => {
  test('are equal by members whatever their order, lists by place, without coercion', () => {
    assert.ok(deepEqual({ a: 1, b: [1, { c: null }] }, { b: [1, { c: null }], a: 1 }));
    const unequal: [unknown, unknown][] = [
      [1, '1'],
      [[1], { 0: 1 }],
      [{ 0: 1 }, [1]],
      [
        [1, 2],
        [2, 1],
      ],
      [[1], [1, 2]],
      [{ a: 1 }, { a: 1, b: 2 }],
      [{ a: undefined }, { b: undefined }],
      [null, {}],
      [Number.NaN, Number.NaN],
    ];
    for (const [a, b] of unequal) assert.equal(deepEqual(a, b), false, `${JSON.stringify(a)} ${JSON.stringify(b)}`);
  });

  test('have one canonical text', () => {
    assert.equal(canonicalJson({ b: 1, a: [true, { d: undefined, c: null }] }), '{"a":[true,{"c":null}],"b":1}');
    assert.equal(canonicalJson(undefined), 'null');
  });

  test('give own members alone', () => {
    assert.deepEqual(
      [member({ a: 1 }, 'a'), member({}, 'toString'), member([1], '0'), member(null, 'a')],
      [1, undefined, undefined, undefined],
    );
    assert.deepEqual([isObject({}), isObject([]), isObject(null)], [true, false, false]);
    const filled = emptyObject();
    // biome-ignore lint/suspicious/noProto: the name under test
    filled['__proto__'] = 1;
    assert.equal(JSON.stringify(filled), '{"__proto__":1}');
  });
});

describe('the system clock', () => {
  test('calls back once, or not at all when it is cancelled', async () => {
    const called: string[] = [];
    systemClock.schedule(1, () => called.push('cancelled'))();
    const before = systemClock.monotonicMs();
    await new Promise<void>((resolve) => systemClock.schedule(5, resolve));
    assert.deepEqual(called, []);
    assert.ok(systemClock.monotonicMs() > before);
    assert.ok(Math.abs(systemClock.nowMs() - Date.now()) < 1_000);
  });

  /** A wall clock and a monotonic one that a test moves: `pass` gives the time afterwards. */
  const moved = (notBeforeMs?: number) => {
    let [wallMs, monotonicMs] = [1_000_000, 50.5];
    const clocks = { wallMs: () => wallMs, monotonicMs: () => monotonicMs };
    const nowMs = forwardOnly(notBeforeMs === undefined ? clocks : { ...clocks, notBeforeMs });
    return (wall: number, monotonic: number): number => {
      wallMs += wall;
      monotonicMs += monotonic;
      return nowMs();
    };
  };

  test('follows the wall clock forward, and goes on a little slower where that is set back', () => {
    const pass = moved();
    assert.equal(pass(10, 10), 1_000_010);
    assert.equal(pass(86_400_000, 5), 87_400_010);
    assert.equal(pass(-86_400_000, 20), 87_400_028);
    assert.equal(pass(10, 10), 87_400_037);
    assert.equal(pass(86_400_000, 0), 87_400_037);
    assert.equal(pass(100, 100), 87_400_127);
  });

  test('is right again once the wall clock has caught up', () => {
    const pass = moved();
    assert.equal(pass(-60_000, 0), 1_000_000);
    let now = 0;
    for (let minute = 0; minute < 9; minute += 1) now = pass(60_000, 60_000);
    assert.equal(now, 1_000_000 + 9 * 54_000);
    assert.equal(pass(60_000, 60_000), 1_540_000);
    assert.equal(pass(60_000, 60_000), 1_600_000);
  });

  test('begins no earlier than it is told, so that a restart does not turn time back', () => {
    const pass = moved(1_030_000);
    assert.equal(pass(0, 0), 1_030_000);
    assert.equal(pass(10_000, 10_000), 1_039_000);
    assert.equal(moved(900_000)(5, 5), 1_000_005);
  });

  test('is not held ahead by what was written more than a day ahead of the wall clock', () => {
    assert.equal(moved(1_000_000 + 86_400_000)(0, 0), 87_400_000);
    assert.equal(moved(1_000_001 + 86_400_000)(0, 0), 1_000_000);
  });

  test('waits for any delay, in parts beyond what a platform timer keeps', (context) => {
    context.mock.timers.enable({ apis: ['setTimeout'] });
    let isOver = false;
    const monthMs = 30 * 86_400_000;
    systemClock.schedule(monthMs, () => {
      isOver = true;
    });
    context.mock.timers.tick(2 ** 31 - 1);
    assert.equal(isOver, false);
    context.mock.timers.tick(monthMs - (2 ** 31 - 1));
    assert.equal(isOver, true);
  });
});
