/** What was reached, and what was not, by name. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { branchesOf, shareOf } from './coverage.ts';
import { call, runText, toldBy } from './make-suite.ts';

const flow = `timeout: 1d
timeout_action: cancel_and_cleanup
steps:
  - {name: load, ${call}, when: $.input.load, on_failure: rescue, timeout: 5s, timeout_action: fallback, fallback_step: spare}
  - name: size
    type: condition
    cases:
      - {when: $.input.n > 10, steps: [{name: large, type: transform, mapping: {}}]}
      - {when: $.input.n > 5, steps: [{name: middle, type: transform, mapping: {}}]}
    default: [{name: small, type: transform, mapping: {}}]
  - {name: note, ${call}, fallback_response: {}}
  - {name: rescue, ${call}}
  - {name: spare, ${call}}
error_handling:
  - {condition: $.note.bad, action: {type: return_error, message: bad}}`;

const mocks =
  'mocks: {load: {response: {}}, note: {response: {}}, rescue: {response: {}}, spare: {response: {}}}\ncases:\n';

async function missed(cases: readonly string[]) {
  const result = await runText(
    flow,
    `${mocks}${cases.map((lines, index) => `  - {name: c${index}, ${lines}}`).join('\n')}`,
  );
  assert.deepEqual(result.problems, []);
  assert.deepEqual(result.cases.flatMap(toldBy), []);
  const [only] = result.coverage.workflows;
  assert.ok(only);
  return only;
}

const all = [
  'load: its condition is true',
  'load: its condition is false',
  'load: on_failure → rescue',
  'load: fallback_step → spare',
  'load: timeout_action fallback',
  'size: case 1, $.input.n > 10',
  'size: case 2, $.input.n > 5',
  'size: else',
  'note: fallback_response',
  'error_handling 1: $.note.bad',
  'the workflow: timeout_action cancel_and_cleanup',
];

describe('coverage', () => {
  test('names every step and every way that nothing reached, in the order of the definition', async () => {
    const { steps, branches, stepsMissed, branchesMissed } = await missed(['input: {n: 7, load: true}, expect: {}']);
    assert.deepEqual(stepsMissed, ['large', 'small', 'rescue', 'spare']);
    assert.deepEqual(steps, { covered: 4, total: 8 });
    const taken = ['load: its condition is true', 'size: case 2, $.input.n > 5'];
    assert.deepEqual(
      branchesMissed,
      all.filter((way) => !taken.includes(way)),
    );
    assert.deepEqual(branches, { covered: 2, total: all.length });
  });

  for (const [lines, taken] of [
    ['input: {n: 1}, expect: {}', ['load: its condition is false', 'size: else']],
    ['input: {n: 11}, expect: {}', ['load: its condition is false', 'size: case 1, $.input.n > 10']],
    [
      'input: {load: true}, mocks: {load: {timeout: true}}, expect: {}',
      ['load: fallback_step → spare', 'load: timeout_action fallback'],
    ],
    ['input: {}, mocks: {note: {error: X}}, expect: {}', ['note: fallback_response']],
    ['input: {}, mocks: {note: {response: {bad: true}}}, expect: {status: failed}', ['error_handling 1: $.note.bad']],
    [
      'input: {}, mocks: {note: {response: {}, delay: 2d}}, expect: {status: timed_out}',
      ['the workflow: timeout_action cancel_and_cleanup'],
    ],
  ] as const) {
    test(`sees ${taken.join(' and ')}`, async () => {
      const { branchesMissed } = await missed([lines]);
      assert.deepEqual(
        taken.filter((way) => branchesMissed.includes(way)),
        [],
      );
    });
  }

  test('counts a way that leads to a handler, one to a step that is not there, and the answer that never came', async () => {
    const { coverage } = await runText(
      `steps:
  - {name: a, ${call}, on_failure: rescue}
  - {name: b, ${call}, on_failure: nowhere}
  - {name: ask, type: human_task, timeout: 1h, on_timeout: late}
  - {name: rescue, ${call}, on_success: b}
  - {name: late, type: transform, mapping: {}}`,
      `mocks: {rescue: {response: {}}}
cases:
  - {name: one, mocks: {a: {error: X}, b: {error: Y}}, expect: {status: failed, error: {code: UNDEFINED_STEP}}}
  - {name: two, mocks: {a: {response: {}}, b: {response: {}}}, expect: {}}`,
    );
    assert.deepEqual(coverage.workflows[0]?.branchesMissed, []);
  });

  test('a called workflow that has tests of its own is covered by whoever calls it', async () => {
    const child = `apiVersion: magicflow.io/v2
kind: Workflow
metadata: {name: child, version: 1.0.0}
spec: {steps: [{name: one, ${call}}, {name: two, ${call}, when: $.input.more}]}
---
apiVersion: magicflow.io/v2
kind: WorkflowTest
metadata: {name: child-tests}
spec: {workflow: child, mocks: {e/f: {response: {}}}, cases: [{name: a, input: {}, expect: {}}]}
`;
    const { coverage } = await runText(
      'steps:\n  - {name: sub, type: workflow, workflow: child, input: {more: true}}',
      'mocks: {e/f: {response: {}}}\ncases: [{name: a, expect: {}}]',
      [child],
    );
    assert.deepEqual(
      coverage.workflows.map(({ workflow, branchesMissed, stepsMissed }) => [workflow, branchesMissed, stepsMissed]),
      [
        ['flow', [], []],
        ['child', [], []],
      ],
    );
  });

  test('every way of a definition has a name of its own, and nothing to cover is covered', async () => {
    const { parseDocuments } = await import('../model/parse.ts');
    const { workflowText } = await import('./make-suite.ts');
    const [{ definition } = {}] = parseDocuments(workflowText(flow)).workflows;
    assert.ok(definition);
    assert.deepEqual(branchesOf(definition), all);
    assert.equal(shareOf({ covered: 0, total: 0 }), 1);
  });
});
