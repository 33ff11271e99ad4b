import { test } from 'node:test';
import { assertFaults, assertValues } from '../make-scope.ts';

test('rounding goes away from zero at halves and respects digits', () => {
  assertValues([
    ['round(2.5)', 3],
    ['round(-2.5)', -3],
    ['round(1.005, 2)', 1.01],
    ['round(0.0000001, 2)', 0],
    ['round(1.25e-7, 8)', 1.3e-7],
    ['round(1e300, 5)', 1e300],
    ['round(-0.2)', 0],
    ['floor(-1.5)', -2],
    ['ceil(1.2)', 2],
    ['abs(-3)', 3],
  ]);
});

test('statistics take a list or the numbers one by one', () => {
  assertValues([
    ['sum([1, 2, 3])', 6],
    ['sum(1, 2, 3)', 6],
    ['avg([1, 2])', 1.5],
    ['avg(4)', 4],
    ['min([3, 1, 2])', 1],
    ['max(3, 9)', 9],
    ['max(["b", "c", "a"])', 'c'],
    ['p50([4, 1, 3, 2])', 2],
    ['p90(range(1, 101))', 90],
    ['p95(range(1, 101))', 95],
    ['p99([7])', 7],
  ]);
});

test('the sum of nothing is 0, other statistics of nothing are null', () => {
  assertValues([
    ['sum([])', 0],
    ['sum($.none)', 0],
    ['avg([])', null],
    ['min([])', null],
    ['max($.none)', null],
    ['p95([])', null],
  ]);
});

test('statistics refuse what has no place in them', () => {
  assertFaults([
    ['sum([1, "2"])', /sum\(\) needs numbers; item 1/],
    ['avg([null])', /avg\(\) needs numbers; item 0/],
    ['max([1, "a"])', /only numbers or only strings; item 1/],
    ['min([true])', /item 0/],
    ['sum("a")', /needs a list/],
    ['sum([1e308, 1e308])', /too large/],
    ['round(1, 16)', /whole number from 0 to 15/],
    ['round("1")', /needs a number/],
  ]);
});
