import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nearest } from './nearest.ts';

const words = ['len', 'lower', 'upper', 'starts_with', 'date_add'];

test('the nearest word is suggested where it is near', () => {
  assert.equal(nearest('uper', words), 'upper');
  assert.equal(nearest('LOWER', words), 'lower');
  assert.equal(nearest('startswith', words), 'starts_with');
});

test('a word with the same beginning comes next', () => {
  assert.equal(nearest('length', words), 'len');
  assert.equal(nearest('date', words), 'date_add');
});

test('nothing is suggested where nothing is near', () => {
  assert.equal(nearest('frobnicate', words), undefined);
  assert.equal(nearest('x'.repeat(65), words), undefined);
});
