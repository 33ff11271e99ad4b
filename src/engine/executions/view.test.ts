import assert from 'node:assert/strict';
import { test } from 'node:test';
import { started } from '../../core/make-story.ts';
import { viewOf } from './view.ts';

test('the row of an execution keeps what was checked in steps that it does not list one by one', () => {
  const check =
    '{name: check, type: validate, data: $.item, rules: [{name: small, condition: $.item < 1300, severity: warning}]}';
  for (const count of [400, 800, 1_200, 2_000]) {
    const story = started(`steps: [{name: each, type: loop, iterate_over: "range(0, ${count})", steps: [${check}]}]`);
    const { steps } = viewOf(story.goesOn().state);
    assert.ok(steps.length <= 501);
    const sums = [0, 0];
    for (const { quality = {} } of steps) {
      for (const [place, number] of (quality['small'] ?? []).entries()) sums[place] = (sums[place] ?? 0) + number;
    }
    assert.deepEqual(sums, [Math.min(count, 1_300), Math.max(0, count - 1_300)]);
  }
});
