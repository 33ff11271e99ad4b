import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Json } from '../../kit/json.ts';
import type { FormField, HumanTaskStep, Step, WaitStep } from '../definition.ts';
import { fitsField, schemaOfField, schemaOfForm } from '../form.ts';
import { compileSchema } from '../json-schema.ts';
import {
  alternativesMax,
  assigneesMax,
  escalationsMax,
  formFieldsMax,
  formOptionsMax,
  outcomesMax,
  signalsTakenMax,
} from '../limits.ts';
import { parseDocuments } from '../parse.ts';
import { withSteps } from '../testing/sample-bad-documents.ts';

const codes = (lines: string): string[] =>
  parseDocuments(withSteps(lines)).diagnostics.map(({ code, pointer }) => `${code} ${pointer}`);
function stepOf<S extends Step>(lines: string): S {
  assert.deepEqual(codes(lines), []);
  return JSON.parse(JSON.stringify(parseDocuments(withSteps(lines)).workflows[0]?.definition?.steps.steps[0])) as S;
}
const own = (step: Step): Json => {
  const { name: _, handler: __, type: ___, ...rest } = step;
  return rest as unknown as Json;
};

describe('a wait in normal form', () => {
  test('keeps its key and how many it takes; the first is the default and left out', () => {
    assert.deepEqual(own(stepOf<WaitStep>('- {name: a, type: wait, signal: s, key: $.input.id, take: 3}')), {
      signal: 's',
      key: '$.input.id',
      take: 3,
    });
    assert.deepEqual(own(stepOf<WaitStep>('- {name: a, type: wait, signal: s, take: first}')), { signal: 's' });
  });

  test('for any of several is a list of them, each with what it waits for', () => {
    const lines = `- name: a
  type: wait
  timeout: 1d
  any:
    - {name: ok, signal: s, key: k, take: all, condition: $.signal.ok}
    - {name: late, duration: 2h}
    - {name: day, until: "2030-01-01T00:00:00Z"}`;
    assert.deepEqual(own(stepOf<WaitStep>(lines)), {
      timeout: 86_400_000,
      any: [
        { name: 'ok', signal: 's', key: 'k', take: 'all', condition: '$.signal.ok' },
        { name: 'late', duration: 7_200_000 },
        { name: 'day', until: '2030-01-01T00:00:00Z' },
      ],
    });
  });

  test('with any of several takes a condition as its guard', () => {
    const step = stepOf<WaitStep>('- {name: a, type: wait, condition: $.input.x, any: [{name: x, signal: s}]}');
    assert.deepEqual([step.when, step.condition], ['$.input.x', undefined]);
  });
});

describe('a human task in normal form', () => {
  test('has lists where one would do, and options with their values', () => {
    const lines = `- name: ask
  type: human_task
  title: "Pay \${input.sum}?"
  assignee: ada
  outcomes: [approve, refuse]
  due: 2h
  timeout: 1d
  on_timeout: late
  escalation: {after: 4h, assignee: [boss, $.input.deputy]}
  form: [{name: why, type: select, required: true, label: Why, options: [a, {value: 2, label: Two}]}]
- {name: late, type: fail}`;
    assert.deepEqual(own(stepOf<HumanTaskStep>(lines)), {
      title: 'Pay ${input.sum}?',
      assignees: ['ada'],
      outcomes: ['approve', 'refuse'],
      due: 7_200_000,
      timeout: 86_400_000,
      onTimeout: 'late',
      escalation: [{ after: 14_400_000, assignees: ['boss', '$.input.deputy'] }],
      form: {
        fields: [
          {
            label: 'Why',
            required: true,
            name: 'why',
            type: 'select',
            options: [{ value: 'a' }, { value: 2, label: 'Two' }],
          },
        ],
      },
    });
  });

  test('may give its answer as a JSON Schema', () => {
    const step = stepOf<HumanTaskStep>(
      '- {name: ask, type: human_task, form: {type: object, properties: {a: {type: string, required: true}}}}',
    );
    assert.deepEqual(step.form, { schema: { type: 'object', properties: { a: { type: 'string' } }, required: ['a'] } });
  });

  test('the step after a timeout is a handler', () => {
    const lines = '- {name: ask, type: human_task, timeout: 1h, on_timeout: late}\n- {name: late, type: fail}';
    const { workflows } = parseDocuments(withSteps(lines));
    assert.deepEqual(
      workflows[0]?.definition?.steps.steps.map(({ handler }) => handler),
      [false, true],
    );
  });

  test('takes no retry policy from the workflow: nobody is asked twice unless the step says so', () => {
    const text = withSteps('- {name: ask, type: human_task}').replace(
      'spec:',
      'spec:\n  retry_policy: {max_attempts: 3}',
    );
    assert.equal(parseDocuments(text).workflows[0]?.definition?.steps.steps[0]?.retry, undefined);
  });
});

describe('a field of a form', () => {
  const fields: readonly FormField[] = [
    { name: 'a', type: 'text' },
    { name: 'a', type: 'text', required: true },
    { name: 'a', type: 'multiline', min: 2, max: 3 },
    { name: 'a', type: 'number', min: -1, max: 1 },
    { name: 'a', type: 'boolean', required: true },
    { name: 'a', type: 'date' },
    { name: 'a', type: 'select', options: [{ value: 1 }, { value: 'b' }, { value: { x: [1] } }] },
  ];
  const values: readonly Json[] = [
    null,
    '',
    'b',
    'bcd',
    'bcde',
    '𝒳𝒳',
    0,
    1,
    1.5,
    true,
    '2026-02-28',
    '2026-13-01',
    [],
    {},
    { x: [1] },
  ];

  test('takes as a default exactly what its schema takes as an answer', () => {
    for (const field of fields) {
      const check = compileSchema(schemaOfField(field));
      for (const value of values) {
        assert.equal(
          fitsField(field, value),
          check.check(value).ok,
          `${JSON.stringify(field)} ${JSON.stringify(value)}`,
        );
      }
    }
  });

  test('in a form may be left out unless it is required', () => {
    const schema = compileSchema(
      schemaOfForm({
        fields: [
          { name: 'a', type: 'text' },
          { name: 'b', type: 'date', required: true },
        ],
      }),
    );
    assert.equal(schema.check({ b: '2026-01-01' }).ok, true);
    assert.equal(schema.check({ a: 'x' }).ok, false);
  });
});

describe('bounds', () => {
  const times = (count: number, make: (index: number) => string): string =>
    `[${Array.from({ length: count }, (_, index) => make(index)).join(', ')}]`;
  const edges: readonly (readonly [name: string, max: number, make: (count: number) => string, problem: string])[] = [
    [
      'alternatives of a wait',
      alternativesMax,
      (count) => `- {name: a, type: wait, any: ${times(count, (index) => `{name: x${index}, signal: s}`)}}`,
      'LIMIT_EXCEEDED /spec/steps/0/any',
    ],
    [
      'signals taken at once',
      signalsTakenMax,
      (count) => `- {name: a, type: wait, signal: s, take: ${count}}`,
      'VALUE_INVALID /spec/steps/0/take',
    ],
    [
      'fields in a form',
      formFieldsMax,
      (count) => `- {name: a, type: human_task, form: ${times(count, (index) => `{name: x${index}, type: text}`)}}`,
      'LIMIT_EXCEEDED /spec/steps/0/form',
    ],
    [
      'options of a field',
      formOptionsMax,
      (count) => `- {name: a, type: human_task, form: [{name: x, type: select, options: ${times(count, String)}}]}`,
      'LIMIT_EXCEEDED /spec/steps/0/form/0/options',
    ],
    [
      'outcomes of a task',
      outcomesMax,
      (count) => `- {name: a, type: human_task, outcomes: ${times(count, (index) => `x${index}`)}}`,
      'LIMIT_EXCEEDED /spec/steps/0/outcomes',
    ],
    [
      'escalations of a task',
      escalationsMax,
      (count) => `- {name: a, type: human_task, escalation: ${times(count, () => '{after: 1h, assignee: a}')}}`,
      'LIMIT_EXCEEDED /spec/steps/0/escalation',
    ],
    [
      'assignees of a task',
      assigneesMax,
      (count) => `- {name: a, type: human_task, assignee: ${times(count, (index) => `p${index}`)}}`,
      'LIMIT_EXCEEDED /spec/steps/0/assignee',
    ],
  ];

  for (const [name, max, make, problem] of edges) {
    test(`there may be ${max} ${name}, not one more`, () => {
      assert.deepEqual(codes(make(max)), []);
      assert.deepEqual(codes(make(max + 1)), [problem]);
    });
  }
});
