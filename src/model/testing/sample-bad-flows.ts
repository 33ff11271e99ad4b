// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the language under test writes them
import type { BadRow } from './sample-bad-documents.ts';

/** Lists of steps that are wrong, written like the rows of `sample-bad-documents.ts`. */
const call = 'type: function, executor: e, function: f';

export const badFlows: readonly BadRow[] = [
  ['TYPE_WRONG', '/spec/steps/0', '- «pay'],
  ['FIELD_MISSING', '/spec/steps/0', '- «{name: a}'],
  ['FIELD_MISSING', '/spec/steps/0', `- «{${call}}`],
  ['STEP_TYPE_UNKNOWN', '/spec/steps/0/type', '- {name: a, type: «functoin, executor: e, function: f}'],
  ['TYPE_WRONG', '/spec/steps/0/type', '- {name: a, type: «3}'],
  ['FIELD_MISSING', '/spec/steps/0', '- «{name: a, type: function, function: f}'],
  ['FIELD_MISSING', '/spec/steps/0', '- «{name: a, type: function, executor: e}'],
  ['NAME_INVALID', '/spec/steps/0/executor', '- {name: a, type: function, executor: «"a b", function: f}'],
  ['NAME_INVALID', '/spec/steps/0/name', `- {name: «1st, ${call}}`],
  ['NAME_INVALID', '/spec/steps/0/name', `- {name: «"a.b", ${call}}`],
  ['NAME_RESERVED', '/spec/steps/0/name', `- {name: «end, ${call}}`],
  ['NAME_RESERVED', '/spec/steps/0/name', `- {name: «input, ${call}}`],
  ['NAME_RESERVED', '/spec/steps/0/name', `- {name: «iterations, ${call}}`],
  ['NAME_RESERVED', '/spec/steps/0/name', `- {name: «constructor, ${call}}`],
  ['NAME_DUPLICATE', '/spec/steps/1/name', `- {name: a, ${call}}\n- {name: «a, ${call}}`],
  [
    'STEP_UNREACHABLE',
    '/spec/steps/1/name',
    `- {name: a, ${call}, on_success: c}\n- {name: «b, ${call}}\n- {name: c, ${call}}`,
  ],
  ['STEP_UNREACHABLE', '/spec/steps/1/name', `- {name: a, ${call}, on_success: end}\n- {name: «b, ${call}}`],
  ['STEP_REPEATS', '/spec/steps/1/on_success', `- {name: a, ${call}}\n- {name: b, ${call}, on_success: «a}`],
  ['STEP_REPEATS', '/spec/steps/1/on_failure', `- {name: a, ${call}}\n- {name: b, ${call}, on_failure: «a}`],
  [
    'HANDLER_BEFORE_USE',
    '/spec/steps/1/name',
    `- {name: a, ${call}}\n- {name: «b, ${call}}\n- {name: c, ${call}, on_failure: b}`,
  ],
  [
    'MIXED_FLOW',
    '/spec/steps/0/on_success',
    `- {name: a, ${call}, «on_success: b}\n- {name: b, ${call}, depends_on: a}`,
  ],
  [
    'MIXED_FLOW',
    '/spec/steps/1/on_success',
    `- {name: a, ${call}}\n- {name: b, ${call}, depends_on: a, «on_success: end}`,
  ],
  [
    'STEP_CYCLE',
    '/spec/steps/0/name',
    `- {name: «a, ${call}, depends_on: b}\n- {name: b, ${call}, depends_on: c}\n- {name: c, ${call}, depends_on: a}`,
  ],
  ['DEPENDENCY_UNDEFINED', '/spec/steps/1/depends_on', `- {name: a, ${call}}\n- {name: b, ${call}, depends_on: «z}`],
  ['EXPRESSION_INVALID', '/spec/steps/0/input', `- {name: alpha, ${call}, input: «$.alfa.x}`],
  // transform
  ['FIELD_MISSING', '/spec/steps/0', '- «{name: a, type: transform}'],
  ['FIELD_CONFLICT', '/spec/steps/0/script', '- {name: a, type: transform, mapping: 1, script: «x}'],
  ['STEP_TYPE_NOT_AVAILABLE', '/spec/steps/0/script', '- {name: a, type: transform, script: «return 1}'],
  ['SECRET_MISPLACED', '/spec/steps/0/mapping/k', '- {name: a, type: transform, mapping: {k: «$.secrets.k}}'],
  ['FIELD_UNKNOWN', '/spec/steps/0/executor', '- {name: a, type: transform, mapping: 1, «executor: e}'],
  // condition
  ['FIELD_MISSING', '/spec/steps/0', '- «{name: a, type: condition, condition: "true"}'],
  ['FIELD_MISSING', '/spec/steps/0', `- «{name: a, type: condition, then: [{name: b, ${call}}]}`],
  ['FIELD_MISSING', '/spec/steps/0', `- «{name: a, type: condition, cases: {x: [{name: b, ${call}}]}}`],
  [
    'FIELD_CONFLICT',
    '/spec/steps/0/default',
    `- {name: a, type: condition, condition: "true", then: [{name: b, ${call}}], default: «[{name: c, ${call}}]}`,
  ],
  [
    'FIELD_CONFLICT',
    '/spec/steps/0/value',
    `- {name: a, type: condition, value: «$.input, cases: [{when: "true", steps: [{name: b, ${call}}]}]}`,
  ],
  [
    'FIELD_CONFLICT',
    '/spec/steps/0/condition',
    `- {name: a, type: condition, condition: «"true", value: $.input, cases: {x: [{name: b, ${call}}]}}`,
  ],
  ['FIELD_MISSING', '/spec/steps/0/cases/0', `- {name: a, type: condition, cases: [«{steps: [{name: b, ${call}}]}]}`],
  ['TYPE_WRONG', '/spec/steps/0/cases', '- {name: a, type: condition, value: $.input, cases: «x}'],
  ['VALUE_INVALID', '/spec/steps/0/cases', '- {name: a, type: condition, value: $.input, cases: «{}}'],
  ['VALUE_INVALID', '/spec/steps/0/then', '- {name: a, type: condition, condition: "true", then: «[]}'],
  [
    'STEP_ELSEWHERE',
    '/spec/steps/0/then/0/on_success',
    `- {name: a, type: condition, condition: "true", then: [{name: b, ${call}, on_success: «c}]}\n- {name: c, ${call}}`,
  ],
  [
    'STEP_ELSEWHERE',
    '/spec/steps/1/on_failure',
    `- {name: a, type: condition, condition: "true", then: [{name: b, ${call}}]}\n- {name: c, ${call}, on_failure: «b}`,
  ],
  [
    'NAME_DUPLICATE',
    '/spec/steps/0/then/0/name',
    `- {name: a, type: condition, condition: "true", then: [{name: «a, ${call}}]}`,
  ],
  [
    'STEP_UNREACHABLE',
    '/spec/steps/0/else/1/name',
    `- {name: a, type: condition, condition: "true", then: [{name: b, ${call}}], else: [{name: c, ${call}, on_success: end}, {name: «d, ${call}}]}`,
  ],
  [
    'EXPRESSION_INVALID',
    '/spec/steps/0/else/0/input',
    `- {name: a, type: condition, condition: "true", then: [{name: b, ${call}}], else: [{name: c, ${call}, input: «$.b.x}]}`,
  ],
  // parallel
  ['FIELD_MISSING', '/spec/steps/0', '- «{name: a, type: parallel}'],
  ['VALUE_INVALID', '/spec/steps/0/branches', '- {name: a, type: parallel, branches: «[]}'],
  [
    'FIELD_MISSING',
    '/spec/steps/0/branches/0',
    `- {name: a, type: parallel, branches: [«{steps: [{name: b, ${call}}]}]}`,
  ],
  ['FIELD_MISSING', '/spec/steps/0/branches/0', '- {name: a, type: parallel, branches: [«{name: x}]}'],
  [
    'NAME_DUPLICATE',
    '/spec/steps/0/branches/1/name',
    `- {name: a, type: parallel, branches: [{name: x, steps: [{name: b, ${call}}]}, {name: «x, steps: [{name: c, ${call}}]}]}`,
  ],
  [
    'VALUE_INVALID',
    '/spec/steps/0/wait_for',
    `- {name: a, type: parallel, wait_for: «2, branches: [{name: x, steps: [{name: b, ${call}}]}]}`,
  ],
  [
    'VALUE_INVALID',
    '/spec/steps/0/wait_for',
    `- {name: a, type: parallel, wait_for: «most, branches: [{name: x, steps: [{name: b, ${call}}]}]}`,
  ],
  [
    'EXPRESSION_INVALID',
    '/spec/steps/0/branches/1/steps/0/input',
    `- {name: a, type: parallel, branches: [{name: x, steps: [{name: b, ${call}}]}, {name: y, steps: [{name: c, ${call}, input: «$.b}]}]}`,
  ],
  // wait, fail
  ['FIELD_MISSING', '/spec/steps/0', '- «{name: a, type: wait}'],
  ['FIELD_CONFLICT', '/spec/steps/0/until', '- {name: a, type: wait, duration: 1s, until: «$.input.at}'],
  ['VALUE_INVALID', '/spec/steps/0/until', '- {name: a, type: wait, until: «tomorrow}'],
  ['VALUE_INVALID', '/spec/steps/0/until', '- {name: a, type: wait, until: «2030-13-01}'],
  ['DURATION_INVALID', '/spec/steps/0/duration', '- {name: a, type: wait, duration: «soon}'],
  ['NAME_INVALID', '/spec/steps/0/signal', '- {name: a, type: wait, signal: «a b}'],
  ['FIELD_CONFLICT', '/spec/steps/0/when', '- {name: a, type: wait, duration: 1s, condition: "true", when: «"true"}'],
  ['VALUE_INVALID', '/spec/steps/0/code', '- {name: a, type: fail, code: «"not a code"}'],
  ['EXPRESSION_INVALID', '/spec/steps/0/message', '- {name: a, type: fail, message: "for ${«$.nobody.id}"}'],
  // types that are checked and not run
  ['STEP_TYPE_NOT_AVAILABLE', '/spec/steps/0/type', '- {name: a, type: «grpc, address: a, service: s, method: m}'],
  ['VALUE_INVALID', '/spec/steps/0/method', '- {name: a, type: http, url: x, method: «FETCH}'],
  ['FIELD_MISSING', '/spec/steps/0', '- «{name: a, type: http}'],
  ['FIELD_MISSING', '/spec/steps/0', '- «{name: a, type: grpc, service: s, method: m}'],
  [
    'FIELD_CONFLICT',
    '/spec/steps/0/operation',
    '- {name: a, type: database, connection: c, query: select 1, operation: «insert}',
  ],
  ['FIELD_MISSING', '/spec/steps/0', '- «{name: a, type: message_queue, broker: kafka}'],
  ['VALUE_INVALID', '/spec/steps/0/broker', '- {name: a, type: publish, topic: t, broker: «mqtt}'],
  ['SCHEMA_INVALID', '/spec/steps/0/schema/type', '- {name: a, type: validate, schema: {type: «text}}'],
  [
    'VALUE_INVALID',
    '/spec/steps/0/statistics/total/function',
    '- {name: a, type: aggregate, items: $.input, statistics: {total: {function: «add}}}',
  ],
  ['FIELD_MISSING', '/spec/steps/0', `- «{name: a, type: loop, steps: [{name: b, ${call}}]}`],
  [
    'VALUE_INVALID',
    '/spec/steps/0/tolerated_failures',
    `- {name: a, type: loop, iterate_over: $.input, tolerated_failures: «lots, steps: [{name: b, ${call}}]}`,
  ],
  [
    'NAME_RESERVED',
    '/spec/steps/0/item_variable',
    `- {name: a, type: loop, iterate_over: $.input, item_variable: «index, steps: [{name: b, ${call}}]}`,
  ],
  [
    'NAME_DUPLICATE',
    '/spec/steps/0',
    `- «{name: a, type: loop, iterate_over: $.input, item_variable: b, steps: [{name: b, ${call}}]}`,
  ],
  [
    'EXPRESSION_INVALID',
    '/spec/steps/1/input',
    `- {name: a, type: loop, iterate_over: $.input, steps: [{name: b, ${call}}]}\n- {name: c, ${call}, input: «$.b}`,
  ],
  [
    'EXPRESSION_INVALID',
    '/spec/steps/0/steps/0/input',
    `- {name: a, type: loop, while: "true", steps: [{name: b, ${call}, input: «$.item}]}`,
  ],
  ...(
    [
      ['parallel', 'while: "true", parallel: «true'],
      ['item_variable', 'until: "true", item_variable: «x'],
      ['batch_size', 'iterate_over: $.input, batch_size: «5'],
      ['tolerated_failures', 'iterate_over: $.input, on_item_error: fail, tolerated_failures: «5'],
      ['tolerated_failures', 'while: "true", tolerated_failures: «"10%"'],
      ['while', 'iterate_over: $.input, while: «"true"'],
    ] as const
  ).map(
    ([field, fields]) =>
      [
        'FIELD_CONFLICT',
        `/spec/steps/0/${field}`,
        `- {name: a, type: loop, ${fields}, steps: [{name: b, ${call}}]}`,
      ] as const,
  ),
  ['NAME_INVALID', '/spec/steps/0/workflow', '- {name: a, type: workflow, workflow: «"Other one"}'],
  ['FIELD_MISSING', '/spec/steps/0/form/0', '- {name: a, type: human_task, assignee: me, form: [«{name: x}]}'],
  ['VALUE_INVALID', '/spec/steps/0/channel', '- {name: a, type: notify, channel: «fax, message: hi}'],
  ['FIELD_MISSING', '/spec/steps/0', '- «{name: a, type: webhook}'],
];

export const badSchemas: readonly BadRow[] = [
  ['SCHEMA_INVALID', '/spec/input_schema/properties', 'properties: «[a]'],
  ['SCHEMA_INVALID', '/spec/input_schema/properties/a', 'properties: {a: «text}'],
  ['SCHEMA_INVALID', '/spec/input_schema/properties/a/minLength', 'properties: {a: {minLength: «-1}}'],
  ['SCHEMA_INVALID', '/spec/input_schema/properties/a/pattern', 'properties: {a: {pattern: «"(?=a)"}}'],
  ['SCHEMA_INVALID', '/spec/input_schema/properties/a/pattern', 'properties: {a: {pattern: «"("}}'],
  ['SCHEMA_INVALID', '/spec/input_schema/properties/a/pattern', 'properties: {a: {pattern: «"(a)\\\\1"}}'],
  ['SCHEMA_INVALID', '/spec/input_schema/patternProperties/(', 'patternProperties: {"(": «{type: string}}'],
  ['SCHEMA_INVALID', '/spec/input_schema/$ref', '$ref: «"https://example.com/a.json"'],
  ['SCHEMA_INVALID', '/spec/input_schema', '«$ref: "#/$defs/nobody"'],
  ['SCHEMA_INVALID', '/spec/input_schema/$schema', '$schema: «http://json-schema.org/draft-04/schema#\ntype: object'],
  ['SCHEMA_INVALID', '/spec/input_schema/required', 'required: «email'],
];
