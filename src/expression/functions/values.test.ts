import { test } from 'node:test';
import { assertFaults, assertValues } from '../make-scope.ts';

test('type() names the six types', () => {
  assertValues([
    ['map(["", 0, true, null, [], {}], x => type(x))', ['string', 'number', 'boolean', 'null', 'list', 'object']],
  ]);
});

test('len() counts characters, items or members, and 0 for null', () => {
  assertValues([
    ['len("a😀")', 2],
    ['len([1, 2])', 2],
    ['len({a: 1})', 1],
    ['len($.none)', 0],
  ]);
});

test('at() counts from both ends', () => {
  assertValues([
    ['at([1, 2, 3], 0)', 1],
    ['at([1, 2, 3], -1)', 3],
    ['at([1], 5)', null],
    ['at("a😀b", 1)', '😀'],
    ['at("a", 1)', null],
    ['at($.none, 0)', null],
  ]);
});

test('keys(), values() and merge() take null as empty', () => {
  assertValues([
    ['keys({b: 1, a: 2})', ['b', 'a']],
    ['values({b: 1, a: 2})', [1, 2]],
    ['keys($.none)', []],
    ['merge({a: 1, b: {c: 1}}, null, {b: {d: 2}})', { a: 1, b: { d: 2 } }],
    ['merge($.none)', {}],
  ]);
});

test('objects are not lists, and numbers are neither', () => {
  assertFaults([
    ['len(5)', /needs an object as argument 1, found number/],
    ['keys([1])', /needs an object as argument 1, found list/],
    ['merge({}, [1])', /needs an object as argument 2, found list/],
    ['at({}, 0)', /needs a list as argument 1, found object/],
    ['at([1], 0.5)', /whole number/],
  ]);
});
