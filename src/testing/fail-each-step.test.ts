/** Every failure of every mocked step, and what becomes of the workflow. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Drill } from './fail-each-step.ts';
import { call, filesOf } from './make-suite.ts';
import { junitReport } from './report/junit-report.ts';
import { drillLines, plain } from './report/text-report.ts';
import { runSuite } from './suite.ts';

const flow = `steps:
  - {name: reserve, ${call}, timeout: 1m, compensate: {name: release, executor: e, function: undo}}
  - {name: charge, ${call}, retry_config: {max_attempts: 2, give_up_on: [DECLINED, "SOFT_*"]}, on_failure: apologise}
  - {name: ship, ${call}, on_failure: nowhere}
  - {name: thank, ${call}, fallback_response: {}}
  - {name: wait, type: wait, signal: seen, timeout: 1h}
  - {name: apologise, ${call}}
error_handling: [{condition: "$.thank.refused", action: {type: compensate}}]`;
const cases = `mocks: {reserve: {response: {}}, charge: [{error: BUSY}, {response: {}}], ship: {response: {}}, thank: {response: {}}}
cases:
  - {name: sound, signals: [{name: seen, at: 1m}], expect: {status: completed}}
  - {name: broken, expect: {status: completed}}`;

const drillsOf = async (workflow = flow, tests = cases) => runSuite(filesOf(workflow, tests), { failEachStep: true });
const told = ({ step, failure, calls, status, error = '-', handledBy, leaves, flaw }: Drill): string =>
  [step, failure, calls, status, error, handledBy.join('+'), leaves.join('+'), flaw ?? ''].join(' | ');

describe('fail each step', () => {
  test('tries what a step can fail by, and tells the end, who took it up, what stays undone, and what nobody can have meant', async () => {
    const { drills } = await drillsOf();
    const lost = 'it ends at the step "nowhere", which the workflow does not define';
    assert.deepEqual(drills.map(told), [
      'reserve | ANY_FAILURE | 1 | failed | ANY_FAILURE |  |  | ',
      'reserve | timeout | 1 | failed | TIMEOUT |  |  | ',
      'charge | ANY_FAILURE | 2 | failed | ANY_FAILURE | handler apologise | reserve | ',
      'charge | BUSY | 2 | failed | BUSY | handler apologise | reserve | ',
      'charge | DECLINED | 1 | failed | DECLINED | handler apologise | reserve | ',
      `ship | ANY_FAILURE | 1 | failed | UNDEFINED_STEP |  | reserve | ${lost}`,
      'thank | ANY_FAILURE | 1 | completed | - | fallback_response of thank |  | ',
    ]);
    assert.deepEqual(drills.find(({ step, failure }) => step === 'charge' && failure === 'BUSY')?.unmocked, [
      'apologise',
    ]);
  });

  test('only cases that pass are tried, and without being asked none is', async () => {
    const { drills } = await drillsOf();
    assert.deepEqual([...new Set(drills.map(({ name }) => name))], ['sound']);
    assert.deepEqual((await runSuite(filesOf(flow, cases))).drills, []);
  });

  test('flags an execution that never ends', async () => {
    const { drills } = await drillsOf(
      `steps:\n  - {name: ask, ${call}, on_failure: hold}\n  - {name: hold, type: wait, signal: help}`,
      'mocks: {ask: {response: {}}}\ncases: [{name: a, expect: {}}]',
    );
    assert.deepEqual(drills.map(told), [
      'ask | ANY_FAILURE | 1 | waiting | - | handler hold |  | it never ends: step hold waits for the signal "help": send it, or wait for its timeout',
    ]);
  });

  test('steps of called workflows and steps whose own work is mocked fail too', async () => {
    const child = `apiVersion: magicflow.io/v2\nkind: Workflow\nmetadata: {name: child, version: 1.0.0}\nspec: {steps: [{name: work, ${call}}]}\n`;
    const files = filesOf(
      'steps:\n  - {name: sub, type: workflow, workflow: child}\n  - {name: shape, type: transform, mapping: {}}',
      'mocks: {"child:work": {response: {}}, shape: {response: {}}}\ncases: [{name: a, expect: {}}]',
      [child],
    );
    const { drills } = await runSuite(files, { failEachStep: true });
    assert.deepEqual(
      drills.map(({ step, failure, status }) => [step, failure, status]),
      [
        ['child:work', 'ANY_FAILURE', 'failed'],
        ['shape', 'ANY_FAILURE', 'failed'],
      ],
    );
  });

  test('is the same each time', async () => {
    assert.deepEqual((await drillsOf()).drills, (await drillsOf()).drills);
  });

  test('is a table for people and cases for JUnit', async () => {
    const result = await drillsOf();
    const lines = drillLines(result.drills, plain);
    assert.equal(lines[2], '  STEP     FAILS BY        ENDS       ERROR           TAKEN UP BY');
    assert.match(
      lines.join('\n'),
      /\n {2}charge {3}BUSY ×2 {9}failed {5}BUSY {12}handler apologise \(not undone: reserve\) \(answered with \{\}: apologise\)\n/,
    );
    assert.equal(lines.at(-1), '7 failures tried; ends that nobody can have meant: 1');
    const xml = junitReport(result);
    assert.match(xml, /<testsuite name="fail each step" tests="7" failures="1" time="0">/);
    assert.match(
      xml,
      /<testcase name="sound: ship fails by ANY_FAILURE" classname="flow" time="0"><failure message="it ends at the step &quot;nowhere&quot;/,
    );
  });
});
