// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the language under test writes them
import type { BadRow } from './sample-bad-documents.ts';

/** Lists of steps that are wrong, written like the rows of `sample-bad-documents.ts`. */
const call = 'type: function, executor: e, function: f';

const validating = (...rules: readonly string[]): string =>
  `- {name: a, type: validate, rules: [${rules.map((rule) => `{${rule}}`).join(', ')}]}`;
const aggregating = (statistics: string, more = 'description: sums'): string =>
  `- {name: a, type: aggregate, items: $.input.items, ${more}, statistics: {${statistics}}}`;

/** A loop, and one that streams from it. */
const streaming = (producer: string, consumer: string): string =>
  `- {name: p, type: loop, ${producer}, steps: [{name: a, ${call}}]}
- {name: c, type: loop, ${consumer}, steps: [{name: b, ${call}}]}`;
const fromP = 'depends_on: [p], iterate_over: $.p.results, stream: «true';
const streams: readonly BadRow[] = [
  ['TYPE_WRONG', '/spec/steps/1/stream', streaming('iterate_over: $.input', fromP.replace('true', 'sometimes'))],
  [
    'FIELD_CONFLICT',
    '/spec/steps/1/stream',
    streaming('iterate_over: $.input', 'iterate_over: $.p.results, stream: «true'),
  ],
  ['FIELD_CONFLICT', '/spec/steps/1/stream', streaming('iterate_over: $.input, on_item_error: continue', fromP)],
  ['FIELD_CONFLICT', '/spec/steps/1/stream', streaming('iterate_over: $.input, tolerated_failures: 3', fromP)],
  ['FIELD_CONFLICT', '/spec/steps/1/stream', streaming('iterate_over: $.input, output: {results: []}', fromP)],
  [
    'FIELD_CONFLICT',
    '/spec/steps/1/stream',
    streaming('iterate_over: $.input', 'depends_on: [p], while: "true", stream: «true'),
  ],
  [
    'FIELD_CONFLICT',
    '/spec/steps/1/tolerated_failures',
    streaming('iterate_over: $.input', `${fromP.replace('«', '')}, tolerated_failures: «10%`),
  ],
  [
    'VALUE_INVALID',
    '/spec/steps/1/iterate_over',
    streaming('iterate_over: $.input', 'depends_on: [p], iterate_over: «$.p.errors, stream: true'),
  ],
  [
    'FIELD_CONFLICT',
    '/spec/steps/1/stream',
    `- {name: p, ${call}}\n- {name: c, type: loop, ${fromP}, steps: [{name: b, ${call}}]}`,
  ],
];

export const badFlows: readonly BadRow[] = [
  ...streams,
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
  ['SCRIPT_INVALID', '/spec/steps/0/script', "- {name: a, type: transform, script: 'return «]'}"],
  ['SCRIPT_INVALID', '/spec/steps/0/script', '- {name: a, type: transform, script: "return \\"a\\" + «;"}'],
  ['SCRIPT_INVALID', '/spec/steps/0/script', '- {name: a, type: transform, script: "«}); ({"}'],
  ['SCRIPT_INVALID', '/spec/steps/0/script', '- {name: a, type: transform, script: "return await «x"}'],
  ['SCRIPT_INVALID', '/spec/steps/0/script', '- {name: a, type: transform, script: "«import x from \'y\'"}'],
  [
    'SCRIPT_INVALID',
    '/spec/steps/0/script',
    '- name: a\n  type: transform\n  script: |\n    const total = 1;\n    return total «total;',
  ],
  ['FIELD_CONFLICT', '/spec/steps/0/params', '- {name: a, type: transform, mapping: 1, params: «{k: 1}}'],
  ['TYPE_WRONG', '/spec/steps/0/script', '- {name: a, type: transform, script: «5}'],
  [
    'SECRET_MISPLACED',
    '/spec/steps/0/input/k',
    '- {name: a, type: transform, script: return 1, input: {k: «$.secrets.k}}',
  ],
  [
    'SECRET_MISPLACED',
    '/spec/steps/0/params/k',
    '- {name: a, type: transform, script: return 1, params: {k: «$.secrets.k}}',
  ],
  ['SECRET_MISPLACED', '/spec/steps/0/mapping/k', '- {name: a, type: transform, mapping: {k: «$.secrets.k}}'],
  ['FIELD_UNKNOWN', '/spec/steps/0/executor', '- {name: a, type: transform, mapping: 1, «executor: e}'],
  // validate
  ['FIELD_MISSING', '/spec/steps/0', '- «{name: a, type: validate}'],
  ['FIELD_MISSING', '/spec/steps/0/rules/0', '- {name: a, type: validate, rules: [«{name: r}]}'],
  ['FIELD_CONFLICT', '/spec/steps/0/rules/0/required', validating('name: r, unique: a, required: «b')],
  ['NAME_DUPLICATE', '/spec/steps/0/rules/1/name', validating('name: r, required: a', 'name: «r, unique: a')],
  ['NAME_RESERVED', '/spec/steps/0/rules/0/name', validating('name: «schema, required: a')],
  ['NAME_INVALID', '/spec/steps/0/rules/0/name', validating('name: «"no name", required: a')],
  ['FIELD_MISSING', '/spec/steps/0/rules/0/range', validating('name: r, range: «{field: a}')],
  ['FIELD_MISSING', '/spec/steps/0/rules/0/range', validating('name: r, range: «{min: 1}')],
  ['VALUE_INVALID', '/spec/steps/0/rules/0/range/field', validating('name: r, range: {field: «a..b, min: 1}')],
  ['TYPE_WRONG', '/spec/steps/0/rules/0/range/min', validating('name: r, range: {field: a, min: «true}')],
  ['EXPRESSION_INVALID', '/spec/steps/0/rules/0/range/max', validating('name: r, range: {field: a, max: «$.item.b}')],
  ['EXPRESSION_INVALID', '/spec/steps/0/rules/0/condition', validating('name: r, condition: «$.itm.a > 1')],
  [
    'EXPRESSION_INVALID',
    '/spec/steps/0/rules/0/message',
    validating('name: r, required: a, message: "${«response.x}"'),
  ],
  [
    'VALUE_INVALID',
    '/spec/steps/0/rules/0/pattern/pattern',
    validating('name: r, pattern: {field: a, pattern: «"(?=x)"}'),
  ],
  ['VALUE_INVALID', '/spec/steps/0/rules/0/severity', validating('name: r, required: a, severity: «fatal')],
  ['VALUE_INVALID', '/spec/steps/0/on_invalid', '- {name: a, type: validate, schema: true, on_invalid: «skip}'],
  ['SCHEMA_INVALID', '/spec/steps/0/item_schema/type', '- {name: a, type: validate, item_schema: {type: «text}}'],
  ['SECRET_MISPLACED', '/spec/steps/0/input', '- {name: a, type: validate, schema: true, input: «$.secrets.k}'],
  // aggregate
  ['FIELD_MISSING', '/spec/steps/0', '- «{name: a, type: aggregate, items: $.input.a}'],
  ['FIELD_MISSING', '/spec/steps/0', '- «{name: a, type: aggregate, statistics: {n: {function: count}}}'],
  ['FIELD_MISSING', '/spec/steps/0/statistics/n', aggregating('n: «{field: a}')],
  ['VALUE_INVALID', '/spec/steps/0/statistics/n/function', aggregating('n: {function: «mean, field: a}')],
  ['FIELD_MISSING', '/spec/steps/0/statistics/n', aggregating('n: «{function: percentile, field: a}')],
  [
    'VALUE_INVALID',
    '/spec/steps/0/statistics/n/percentile',
    aggregating('n: {function: percentile, percentile: «101}'),
  ],
  ['FIELD_CONFLICT', '/spec/steps/0/statistics/n/percentile', aggregating('n: {function: sum, percentile: «5}')],
  ['FIELD_CONFLICT', '/spec/steps/0/statistics/n/limit', aggregating('n: {function: first, limit: «5}')],
  ['NAME_DUPLICATE', '/spec/steps/0/statistics/day', aggregating('day: «{function: count}', 'group_by: at.day')],
  ['NAME_DUPLICATE', '/spec/steps/0/group_by', aggregating('n: {function: count}', 'group_by: «[a.day, b.day]')],
  ['VALUE_INVALID', '/spec/steps/0/statistics', '- {name: a, type: aggregate, items: 1, statistics: «{}}'],
  // cache
  ['FIELD_CONFLICT', '/spec/steps/0/cache', '- {name: a, type: wait, duration: 1s, «cache: {ttl: 1m}}'],
  ['FIELD_CONFLICT', '/spec/steps/0/cache', '- {name: a, type: transform, mapping: 1, «cache: {ttl: 1m}}'],
  ['FIELD_CONFLICT', '/spec/steps/0/rate_limit', '- {name: a, type: fail, «rate_limit: {limit: 1, per: 1s}}'],
  ['FIELD_CONFLICT', '/spec/steps/0/concurrency', '- {name: a, type: wait, duration: 1s, «concurrency: 2}'],
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
  [
    'FIELD_UNKNOWN',
    '/spec/steps/0/auth/token',
    '- {name: a, type: grpc, address: a, service: s, method: m, auth: {«token: t}}',
  ],
  ['VALUE_INVALID', '/spec/steps/0/method', '- {name: a, type: http, url: x, method: «FETCH}'],
  ['FIELD_MISSING', '/spec/steps/0', '- «{name: a, type: http}'],
  ['FIELD_CONFLICT', '/spec/steps/0/service', '- {name: a, type: http, url: x, service: «s}'],
  ['FIELD_CONFLICT', '/spec/steps/0/endpoint', '- {name: a, type: http, url: x, endpoint: «/e}'],
  ['FIELD_CONFLICT', '/spec/steps/0/input', '- {name: a, type: http, url: x, query: {a: 1}, input: «{b: 2}}'],
  ['FIELD_CONFLICT', '/spec/steps/0/input', '- {name: a, type: http, method: POST, url: x, body: 1, input: «2}'],
  [
    'FIELD_CONFLICT',
    '/spec/steps/0/data_mapping/input',
    '- {name: a, type: http, method: PUT, url: x, body: 1, data_mapping: {input: «2}}',
  ],
  ['TYPE_WRONG', '/spec/steps/0/input', '- {name: a, type: http, url: x, input: «[1]}'],
  ['FIELD_MISSING', '/spec/steps/0/auth', '- {name: a, type: http, url: x, auth: «{}}'],
  [
    'FIELD_CONFLICT',
    '/spec/steps/0/auth/basic',
    '- {name: a, type: http, url: x, auth: {bearer: t, «basic: {username: u, password: p}}}',
  ],
  ['FIELD_MISSING', '/spec/steps/0/auth/basic', '- {name: a, type: http, url: x, auth: {basic: «{username: u}}}'],
  ['FIELD_UNKNOWN', '/spec/steps/0/auth/token', '- {name: a, type: http, url: x, auth: {«token: t}}'],
  ['NAME_INVALID', '/spec/steps/0/auth', '- {name: a, type: http, url: x, auth: «"${secrets.token}"}'],
  ['VALUE_INVALID', '/spec/steps/0/expect/status', '- {name: a, type: http, url: x, expect: {status: «2x}}'],
  ['VALUE_INVALID', '/spec/steps/0/expect/status/1', '- {name: a, type: http, url: x, expect: {status: [200, «600]}}'],
  [
    'SCHEMA_INVALID',
    '/spec/steps/0/expect/schema/type',
    '- {name: a, type: http, url: x, expect: {schema: {type: «text}}}',
  ],
  [
    'EXPRESSION_INVALID',
    '/spec/steps/0/expect/condition',
    '- {name: a, type: http, url: x, expect: {condition: $.response.body.id == «$.input.id}}',
  ],
  [
    'EXPRESSION_INVALID',
    '/spec/steps/0/paginate/next',
    '- {name: a, type: http, url: x, paginate: {next: «$.vars.next}}',
  ],
  ['FIELD_MISSING', '/spec/steps/0/paginate', '- {name: a, type: http, url: x, paginate: «{items: $.response.body}}'],
  ['FIELD_MISSING', '/spec/steps/0', '- «{name: a, type: grpc, service: s, method: m}'],
  [
    'FIELD_CONFLICT',
    '/spec/steps/0/operation',
    '- {name: a, type: database, connection: c, query: select 1, operation: «insert}',
  ],
  ['FIELD_MISSING', '/spec/steps/0', '- «{name: a, type: database, connection: c}'],
  [
    'VALUE_INVALID',
    '/spec/steps/0/query',
    '- {name: a, type: database, connection: c, query: «"SELECT * FROM t WHERE id = ${$.input.id}"}',
  ],
  ['FIELD_MISSING', '/spec/steps/0', '- «{name: a, type: database, connection: c, operation: select}'],
  ['FIELD_MISSING', '/spec/steps/0', '- «{name: a, type: database, connection: c, operation: delete, table: t}'],
  ['FIELD_MISSING', '/spec/steps/0', '- «{name: a, type: database, connection: c, operation: insert, table: t}'],
  [
    'FIELD_CONFLICT',
    '/spec/steps/0/data',
    '- {name: a, type: database, connection: c, operation: delete, table: t, where: {id: 1}, data: «{b: 1}}',
  ],
  [
    'FIELD_CONFLICT',
    '/spec/steps/0/collection',
    '- {name: a, type: database, connection: c, query: select 1, collection: «t}',
  ],
  [
    'FIELD_CONFLICT',
    '/spec/steps/0/limit',
    '- {name: a, type: database, connection: c, operation: find_one, table: t, limit: «1}',
  ],
  ['FIELD_MISSING', '/spec/steps/0', '- «{name: a, type: message_queue, broker: kafka}'],
  ['VALUE_INVALID', '/spec/steps/0/broker', '- {name: a, type: publish, topic: t, broker: «mqtt}'],
  ['VALUE_INVALID', '/spec/steps/0/connection', '- {name: a, type: publish, topic: t, connection: «bus}'],
  ['VALUE_INVALID', '/spec/steps/0/topic', '- {name: a, type: publish, topic: «orders/new}'],
  ['TYPE_WRONG', '/spec/steps/0/queue', '- {name: a, type: publish, queue: «[a]}'],
  ['VALUE_INVALID', '/spec/steps/0/format', '- {name: a, type: publish, topic: t, format: «avro}'],
  ['FIELD_CONFLICT', '/spec/steps/0/event_type', '- {name: a, type: publish, topic: t, format: raw, event_type: «x}'],
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
  ['FIELD_MISSING', '/spec/steps/0', '- «{name: a, type: workflow}'],
  ['VERSION_INVALID', '/spec/steps/0/version', '- {name: a, type: workflow, workflow: other, version: «latest}'],
  ['VALUE_INVALID', '/spec/steps/0/mode', '- {name: a, type: workflow, workflow: other, mode: «later}'],
  [
    'VALUE_INVALID',
    '/spec/steps/0/on_parent_cancel',
    '- {name: a, type: workflow, workflow: o, on_parent_cancel: «keep}',
  ],
  [
    'SECRET_MISPLACED',
    '/spec/steps/0/input/key',
    '- {name: a, type: workflow, workflow: o, input: {key: «$.secrets.bank}}',
  ],
  ['FIELD_MISSING', '/spec/steps/0/form/0', '- {name: a, type: human_task, assignee: me, form: [«{name: x}]}'],
  ['VALUE_INVALID', '/spec/steps/0/channel', '- {name: a, type: notify, channel: «fax, message: hi}'],
  ['FIELD_MISSING', '/spec/steps/0', '- «{name: a, type: notify, channels: [slack, email], message: hi}'],
  ['FIELD_MISSING', '/spec/steps/0', '- «{name: a, type: notify, channel: slack}'],
  ['VALUE_INVALID', '/spec/steps/0/channels/1', '- {name: a, type: notify, channels: [slack, «slack], message: hi}'],
  [
    'VALUE_INVALID',
    '/spec/steps/0/severity',
    '- {name: a, type: notify, channel: pagerduty, message: hi, severity: «bad}',
  ],
  ['FIELD_MISSING', '/spec/steps/0', '- «{name: a, type: webhook}'],
  ['VALUE_INVALID', '/spec/steps/0/method', '- {name: a, type: webhook, url: x, method: «GET}'],
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
