import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertFaults, assertValues, evaluate } from '../make-scope.ts';

test('now(), uuid(), random() and env() come from the scope alone', () => {
  assertValues([
    ['now()', '2026-03-04T05:06:07.089Z'],
    ['env("REGION")', 'eu-1'],
    ['env.REGION', 'eu-1'],
    ['$.env.HOME', null],
    ['env("RE" + "GION")', 'eu-1'],
  ]);
  assert.match(String(evaluate('uuid()')), /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  assert.equal(evaluate('uuid()'), evaluate('uuid()'), 'the same record gives the same id');
  assert.equal(evaluate('random()'), evaluate('random()'));
  assert.equal(evaluate('random() == random()'), false);
  assertFaults([['env($.none)', /env\(\) needs a string, found null/]]);
});

test('a timestamp is an ISO 8601 moment that exists', () => {
  const yes = [
    '2026-03-04',
    '2026-03-04T05:06Z',
    '2026-03-04T05:06:07.089+02:00',
    '2024-02-29',
    '2026-03-04 05:06:07',
    '2026-03-04T05:06:07-0130',
  ];
  const no = [
    '',
    'today',
    '2026-3-4',
    '2025-02-29',
    '2026-13-01',
    '2026-03-04T24:00',
    '2026-03-04T05:60',
    '2026-03-04T05:06:07+25:00',
  ];
  for (const text of yes) assert.equal(evaluate('is_timestamp($.t)', { t: text }), true, text);
  for (const text of no) assert.equal(evaluate('is_timestamp($.t)', { t: text }), false, text);
  assertValues([
    ['is_timestamp(0)', false],
    ['is_timestamp(null)', false],
  ]);
});

test('date_add() moves a moment by a duration, either way', () => {
  assertValues([
    ['date_add("2026-01-31", "1d")', '2026-02-01T00:00:00.000Z'],
    ['date_add("2026-01-31T10:00:00+02:00", "-1h30m")', '2026-01-31T06:30:00.000Z'],
    ['date_add(0, "PT1.5S")', '1970-01-01T00:00:01.500Z'],
    ['date_add("0099-01-01", 1)', '0099-01-01T00:00:00.001Z'],
  ]);
});

test('date_diff() counts whole units from the first moment to the second', () => {
  assertValues([
    ['date_diff("2026-01-01", "2026-01-03T23:00", "days")', 2],
    ['date_diff("2026-01-03", "2026-01-01", "d")', -2],
    ['date_diff("2026-01-01T00:00:01", "2026-01-01", "h")', 0],
    ['date_diff("2026-01-01", "2026-01-01T00:01:30.5", "s")', 90],
    ['date_diff(0, 1500, "ms")', 1500],
    ['date_diff(0, 3600000, "Minutes")', 60],
    ['date_diff("2026-01-01", "2026-01-15", "week")', 2],
  ]);
});

test('format_date() puts the parts in UTC where the pattern names them', () => {
  assertValues([
    ['format_date("2026-03-04T05:06:07.089Z", "YYYY-MM-DD HH:mm:ss.SSS")', '2026-03-04 05:06:07.089'],
    ['format_date(now(), "DD.MM.YYYY at mm")', '04.03.2026 at 06'],
    ['format_date("2026-03-04T23:00:00-02:00", "DD")', '05'],
  ]);
});

test('what is no time, duration or unit is a fault', () => {
  assertFaults([
    ['date_add("tomorrow", "1d")', /needs a time .* as argument 1/],
    ['date_add(now(), "soon")', /is no duration/],
    ['date_add(now(), null)', /needs a string as argument 2/],
    ['date_diff(now(), null, "s")', /argument 2/],
    ['date_diff(0, 0, "months")', /knows ms, s, m, h, d and w/],
    ['date_diff(0, 0, "constructor")', /knows ms/],
    ['format_date(1e300, "YYYY")', /out of range/],
  ]);
});
