// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the language under test writes them
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { canonicalDefinition } from './canonical.ts';
import type { Definition, Step } from './definition.ts';
import { parseDocuments } from './parse.ts';
import { withSchema, withSpec, withStep, withSteps } from './testing/sample-bad-documents.ts';

const seedFolder = new URL('../../examples/user-onboarding/', import.meta.url);
const seed = (name: string): string => readFileSync(new URL(name, seedFolder), 'utf8');

/** The normal form of a text without errors, as plain JSON. */
function definitionOf(text: string): Definition {
  const { workflows, diagnostics } = parseDocuments(text);
  assert.deepEqual(
    diagnostics.filter((each) => each.severity === 'error'),
    [],
  );
  return JSON.parse(canonicalDefinition(workflows[0]?.definition as Definition)) as Definition;
}

const stepsOf = (text: string): readonly Step[] => definitionOf(text).steps.steps;
const firstStep = (lines: string): unknown => stepsOf(withSteps(lines))[0];
const codes = (text: string): string[] => parseDocuments(text).diagnostics.map((each) => each.code);
const call = 'type: function, executor: e, function: f';

test("the seed's workflow gives exactly four warnings", () => {
  const { diagnostics } = parseDocuments(seed('workflow.yaml'), { file: 'workflow.yaml' });
  assert.deepEqual(
    diagnostics.map(({ code, pointer, file, line, column }) => [code, pointer, file, line, column]),
    [
      ['STEP_UNDEFINED', '/spec/steps/0/on_failure', 'workflow.yaml', 39, 19],
      ['STEP_UNDEFINED', '/spec/steps/1/fallback_step', 'workflow.yaml', 45, 22],
      ['STEP_UNREACHABLE', '/spec/steps/2/name', 'workflow.yaml', 57, 13],
      ['STEP_UNDEFINED', '/spec/steps/2/fallback_step', 'workflow.yaml', 61, 22],
    ],
  );
  assert.match(diagnostics[0]?.message ?? '', /notify-validation-error/);
});

test("the seed's workflow has the meaning it was written with", () => {
  const definition = definitionOf(seed('workflow.yaml'));
  assert.equal(definition.version, '1.0.0');
  assert.equal(definition.timeout, 600_000);
  assert.deepEqual(
    definition.steps.steps.map((step) => [step.name, step.handler]),
    [
      ['validate-user', false],
      ['create-account', false],
      ['external-verification', false],
      ['send-welcome-email', false],
      ['cleanup-partial-data', true],
    ],
  );
  assert.deepEqual(definition.errorHandling?.rules[1]?.action, { type: 'compensate', steps: ['cleanup-partial-data'] });
  assert.deepEqual(definition.steps.steps[0]?.retry, [
    { maxAttempts: 3, backoff: 'exponential', initialDelay: 1_000, maxDelay: 10_000, jitter: true },
  ]);
  assert.deepEqual(definition.steps.steps[2]?.circuitBreaker, {
    failureThreshold: 5,
    recoveryTimeoutMs: 60_000,
    halfOpenMaxCalls: 3,
    failureRateThreshold: 0.5,
  });
});

test('both apiVersions and both spellings of a version mean the same', () => {
  const text = withSpec('timeout: 1m');
  const other = text.replace('workflow.magic-flow.io/v2', 'magicflow.io/v2').replace('1.0.0', 'v1.0.0');
  assert.notEqual(text, other);
  assert.equal(canonicalDefinition(definitionOf(text)), canonicalDefinition(definitionOf(other)));
});

test('aliases mean the same as the names they stand for', () => {
  const plain = `- {name: a, ${call}, condition: $.input.go, retry_config: {backoff_strategy: fixed, max_attempts: 2}, input: {x: $.input}, output: {y: $.response}}`;
  const aliased = `- {name: a, type: function, service: e, method: f, when: $.input.go, retry_policy: [{backoff: fixed, max_attempts: 2}], data_mapping: {input: {x: $.input}, output: {y: $.response}}}`;
  assert.deepEqual(firstStep(aliased), firstStep(plain));
  assert.deepEqual(
    definitionOf(withSpec('retry_config: {max_attempts: 2}')),
    definitionOf(withSpec('retry_policy: {max_attempts: 2}')),
  );
});

test('durations have one normal form, and computed ones stay texts', () => {
  const [step] = stepsOf(withStep('timeout: PT90S\nqueue_timeout: 1m30s\nheartbeat_timeout: $.input.beat'));
  assert.deepEqual([step?.timeout, step?.queueTimeout, step?.heartbeatTimeout], [90_000, 90_000, '$.input.beat']);
});

test('a step overrides the retry policy of the workflow field by field', () => {
  const spec = withSpec('retry_policy: {max_attempts: 5, backoff: fixed}');
  assert.deepEqual(stepsOf(spec)[0]?.retry, [{ maxAttempts: 5, backoff: 'fixed' }]);
  const text = spec.replace(
    'function: charge}',
    'function: charge, retry_config: [{max_attempts: 2, retry_on: TIMEOUT}, {jitter: false}]}',
  );
  assert.deepEqual(stepsOf(text)[0]?.retry, [
    { maxAttempts: 2, backoff: 'fixed', retryOn: ['TIMEOUT'] },
    { maxAttempts: 5, backoff: 'fixed', jitter: false },
  ]);
});

test('a step that calls nothing does not take the retry policy of the workflow', () => {
  const text = withSpec('retry_policy: {max_attempts: 5}').replace(
    '    - {name: pay',
    '    - {name: rest, type: wait, duration: 1s}\n    - {name: pay',
  );
  assert.equal(stepsOf(text)[0]?.retry, undefined);
});

test('three ways to write a choice become one', () => {
  const steps = `[{name: b, ${call}}]`;
  const other = `[{name: c, ${call}}]`;
  const forms = [
    `- {name: a, type: condition, condition: $.input.go, then: ${steps}, else: ${other}}`,
    `- {name: a, type: condition, cases: [{when: $.input.go, steps: ${steps}}], default: ${other}}`,
  ].map(firstStep);
  assert.deepEqual(forms[0], forms[1]);
  const byValue = (value: string, key: string): string => {
    const step = firstStep(`- {name: a, type: switch, value: ${value}, cases: {${key}: ${steps}}}`) as {
      cases: { when: string }[];
    };
    return step.cases[0]?.when ?? '';
  };
  assert.equal(byValue('$.input.kind', 'gold'), '($.input.kind) == "gold"');
  assert.equal(byValue('$.input.kind', '1'), '($.input.kind) == 1');
  assert.equal(byValue('$.input.kind', '"1"'), '($.input.kind) == "1"');
  assert.equal(byValue('"${input.kind}"', 'true'), '${(input.kind) == true}');
});

test('a condition keeps its test and its guard apart', () => {
  const step = firstStep(
    `- {name: a, type: condition, when: $.input.a, condition: $.input.b, then: [{name: b, ${call}}]}`,
  ) as Step;
  assert.equal(step.when, '$.input.a');
  assert.equal(step.type === 'condition' && step.cases[0]?.when, '$.input.b');
});

test('parallel has its defaults written out', () => {
  const step = firstStep(
    `- {name: a, type: parallel, branches: [{name: x, steps: [{name: b, ${call}}], output: $.b.y}], output: $.branches.x}`,
  );
  assert.deepEqual(step, {
    name: 'a',
    type: 'parallel',
    handler: false,
    failFast: true,
    waitFor: 'all',
    output: '$.branches.x',
    branches: [
      {
        name: 'x',
        output: '$.b.y',
        list: {
          flow: 'sequence',
          steps: [{ name: 'b', type: 'function', handler: false, executor: 'e', function: 'f' }],
        },
      },
    ],
  });
});

test('the condition of a wait is its guard unless there is a signal', () => {
  const guard = firstStep('- {name: a, type: wait, duration: 1s, condition: $.input.go}') as Step;
  assert.deepEqual([guard.when, 'condition' in guard], ['$.input.go', false]);
  const taken = firstStep('- {name: a, type: wait, signal: paid, timeout: 1d, condition: $.signal.ok}') as Step;
  assert.deepEqual([taken.when, taken.type === 'wait' && taken.condition], [undefined, '$.signal.ok']);
  assert.equal(
    (firstStep('- {name: a, type: wait, until: "2030-01-31T09:00:00Z"}') as { until: string }).until,
    '2030-01-31T09:00:00Z',
  );
});

test('a fail step has a code, and a transform any mapping', () => {
  assert.deepEqual(firstStep('- {name: a, type: fail, message: "no ${input.x}"}'), {
    name: 'a',
    type: 'fail',
    handler: false,
    code: 'FAILED',
    message: 'no ${input.x}',
  });
  assert.deepEqual(firstStep('- {name: a, type: transform, mapping: null}'), {
    name: 'a',
    type: 'transform',
    handler: false,
    mapping: null,
  });
});

test('steps written inside a compensate block join their list as handlers', () => {
  const steps = stepsOf(
    withSteps(
      `- {name: a, ${call}, compensate: [{service: e, method: undo}, z, {name: x, ${call}}, {${call}}]}\n- {name: z, ${call}}`,
    ),
  );
  assert.deepEqual(
    steps.map((step) => [step.name, step.handler]),
    [
      ['a', false],
      ['z', true],
      ['a-compensate', true],
      ['x', true],
      ['a-compensate-4', true],
    ],
  );
  assert.deepEqual(steps[0]?.compensate, ['a-compensate', 'z', 'x', 'a-compensate-4']);
});

test('compensate takes one step or one name', () => {
  assert.deepEqual(
    stepsOf(withStep('compensate: {function: undo, executor: bank}')).map((step) => step.name),
    ['pay', 'pay-compensate'],
  );
  assert.deepEqual(stepsOf(withSteps(`- {name: a, ${call}, compensate: z}\n- {name: z, ${call}}`))[1]?.handler, true);
});

test('error_handling as an object keeps its compensation and dead letter', () => {
  const { errorHandling, steps } = definitionOf(
    withSpec(
      'error_handling: {rules: [{when: "true", action: dead_letter}], compensation: [{name: undo, service: a, method: b}], dead_letter: {queue: q}}',
    ),
  );
  assert.deepEqual(errorHandling, {
    rules: [{ condition: 'true', action: { type: 'dead_letter' } }],
    compensation: ['undo'],
    deadLetter: { queue: 'q' },
  });
  assert.deepEqual(
    steps.steps.map((step) => [step.name, step.handler]),
    [
      ['pay', false],
      ['undo', true],
    ],
  );
});

test('every action has its normal form', () => {
  const actions = [
    'return_error',
    'compensate',
    'retry',
    'ignore',
    'fail',
    'dead_letter',
    '{type: goto, step: pay}',
    '{type: fail, code: X, message: m, details: {a: 1}}',
  ];
  const { errorHandling } = definitionOf(
    withSpec(`error_handling: [${actions.map((action) => `{condition: "true", action: ${action}}`).join(', ')}]`),
  );
  assert.deepEqual(
    errorHandling?.rules.map((rule) => rule.action),
    [
      { type: 'return_error' },
      { type: 'compensate' },
      { type: 'retry' },
      { type: 'ignore' },
      { type: 'fail' },
      { type: 'dead_letter' },
      { type: 'goto', step: 'pay' },
      { type: 'fail', code: 'X', message: 'm', details: { a: 1 } },
    ],
  );
});

test('a database step is a connector: what is computed is its request, what is written its settings', () => {
  const steps = stepsOf(
    withSteps(`- {name: a, type: database, connection: shop, query: "SELECT :id", data_mapping: {input: {id: $.input.id}}}
- {name: b, type: database, connection: shop, operation: insert, collection: t, data: [{id: 1}], returning: id}
- {name: c, type: database, connection: shop, operation: find, table: t, where: {id: 1}, order_by: [id desc], limit: $.input.n}`),
  );
  assert.deepEqual(
    steps.map((step) => step.type === 'connector' && [step.connector, step.request, step.settings, step.target]),
    [
      ['database', { params: { id: '$.input.id' } }, { connection: 'shop', query: 'SELECT :id' }, 'shop'],
      [
        'database',
        { values: [{ id: 1 }] },
        { connection: 'shop', operation: 'insert', table: 't', returning: ['id'] },
        'shop',
      ],
      [
        'database',
        { where: { id: 1 }, limit: '$.input.n' },
        { connection: 'shop', operation: 'find', table: 't', orderBy: ['id desc'] },
        'shop',
      ],
    ],
  );
});

test('a grpc step sends its input mapping where it has no request', () => {
  const [first, second] = stepsOf(
    withSteps(`- {name: a, type: grpc, service_address: "orders:50051", service: shop.v1.Orders, method: Get, request: {id: $.input.id}, headers: {x: $.input.x}, tls: false}
- {name: b, type: grpc, address: $.input.host, service: s, method: m, input: {id: 1}, proto: 'syntax = "proto3";', auth: {bearer: "\${secrets.t}"}}`),
  );
  const parts = (step: typeof first) =>
    step?.type === 'connector' && [step.connector, step.request, step.settings, step.target];
  assert.deepEqual(parts(first), [
    'grpc',
    { address: 'orders:50051', message: { id: '$.input.id' }, headers: { x: '$.input.x' } },
    { service: 'shop.v1.Orders', method: 'Get', tls: false },
    'orders:50051',
  ]);
  assert.deepEqual(parts(second), [
    'grpc',
    { address: '$.input.host', message: { id: 1 }, auth: { bearer: '${secrets.t}' } },
    { service: 's', method: 'm', proto: 'syntax = "proto3";' },
    '$.input.host',
  ]);
});

test('fields that act later are kept as they were written', () => {
  const { reserved } = definitionOf(withSpec('security: {roles: [admin]}'));
  assert.deepEqual(reserved, { security: { roles: ['admin'] } });
});

test('limits are their numbers, periods in milliseconds, keys templates; a priority is a number', () => {
  const { concurrency, priority } = definitionOf(withSpec('concurrency: {limit: 3, on_limit: reject}\npriority: high'));
  assert.deepEqual([concurrency, priority], [{ limit: 3, onLimit: 'reject' }, 7]);
  assert.deepEqual(definitionOf(withSpec('concurrency: 5\npriority: 0')).concurrency, { limit: 5 });
  const [step] = stepsOf(withStep('rate_limit: {limit: 3, per: 1s, key: $.input.user}\nconcurrency: 2'));
  assert.deepEqual(step?.rateLimit, { limit: 3, per: 1_000, key: '$.input.user' });
  assert.deepEqual(step?.concurrency, { limit: 2 });
});

test('an error leaves no normal form', () => {
  const { workflows } = parseDocuments(withSpec('timeout: 3'));
  assert.deepEqual([workflows[0]?.name, workflows[0]?.hasErrors, workflows[0]?.definition], ['shop', true, undefined]);
});

test('a step named only by failures, fallbacks or compensations is a handler', () => {
  const names = (lines: string): string[] =>
    stepsOf(withSteps(lines))
      .filter((step) => step.handler)
      .map((step) => step.name);
  assert.deepEqual(names(`- {name: a, ${call}, on_failure: h}\n- {name: h, ${call}}`), ['h']);
  assert.deepEqual(names(`- {name: a, ${call}, fallback_step: h}\n- {name: h, ${call}}`), ['h']);
  assert.deepEqual(names(`- {name: a, ${call}, on_failure: h, on_success: h}\n- {name: h, ${call}}`), []);
  assert.deepEqual(names(`- {name: a, ${call}, max_visits: 3}\n- {name: b, ${call}, on_failure: a}`), []);
});

test('a list with depends_on is a graph', () => {
  const text = withSteps(
    `- {name: a, ${call}}\n- {name: b, ${call}, depends_on: a}\n- {name: c, ${call}, depends_on: [a, b]}`,
  );
  assert.deepEqual(codes(text), []);
  assert.equal(definitionOf(text).steps.flow, 'graph');
  assert.deepEqual(stepsOf(text)[1]?.dependsOn, ['a']);
});

test('a polling loop with max_visits gives no warning', () => {
  assert.deepEqual(codes(withSteps(`- {name: a, ${call}, max_visits: 5}\n- {name: b, ${call}, on_success: a}`)), []);
  assert.deepEqual(codes(withSteps(`- {name: a, ${call}}\n- {name: b, ${call}, max_visits: 5, on_success: a}`)), []);
});

test('a step that only a fallback or a rule leads to is reachable', () => {
  assert.deepEqual(
    codes(
      withSteps(
        `- {name: a, ${call}, fallback_step: h, on_success: end}\n- {name: h, ${call}, on_success: c}\n- {name: c, ${call}}`,
      ),
    ),
    [],
  );
  const text = withSpec('error_handling: [{condition: "true", action: {type: goto, step: late}}]').replace(
    'function: charge}',
    `function: charge, on_success: end}\n    - {name: late, ${call}}`,
  );
  assert.deepEqual(codes(text), []);
});

test('expressions see roots, steps, variables and what ran in branches before', () => {
  const lines = [
    `- {name: fan, type: parallel, branches: [{name: x, steps: [{name: in-x, ${call}}]}]}`,
    `- {name: pick, type: condition, condition: $.in-x.ok, then: [{name: in-then, ${call}, input: $.fan.x, set: {seen: $.response_code}}]}`,
    `- {name: last, ${call}, when: $.in-then.a == 1 && $.vars.seen, input: {all: $.steps, one: $.steps.in-x.output.a, p: $.previous, e: "\${execution.id}", w: $.workflow.name}}`,
  ].join('\n');
  assert.deepEqual(codes(withSteps(lines.replace('$.response_code', '$.in-then.code'))), []);
  assert.deepEqual(codes(withSteps(lines)), ['EXPRESSION_INVALID']);
});

test('secrets may stand in an input alone', () => {
  assert.deepEqual(codes(withStep('input: {key: $.secrets.bank, text: "Bearer ${secrets.bank}"}')), []);
});

test('a loop that streams keeps the name of its source', () => {
  for (const results of ['$.p.results', '$.steps.p.output.results']) {
    const [, step] = stepsOf(
      withSteps(
        `- {name: p, type: loop, iterate_over: $.input, steps: [{name: a, ${call}}]}\n- {name: c, type: loop, depends_on: [p], iterate_over: ${results}, stream: true, steps: [{name: b, ${call}}]}`,
      ),
    );
    assert.deepEqual(step?.type === 'loop' && [step.streamFrom, step.iterateOver], ['p', results]);
  }
  const [, plain] = stepsOf(
    withSteps(
      `- {name: p, type: loop, iterate_over: $.input, steps: [{name: a, ${call}}]}\n- {name: c, type: loop, iterate_over: $.p.results, stream: false, steps: [{name: b, ${call}}]}`,
    ),
  );
  assert.equal(plain?.type === 'loop' && 'streamFrom' in plain, false);
});

test('a loop lends its item and its index to its steps and to itself', () => {
  const text = withSteps(
    `- {name: a, type: loop, iterate_over: $.input.items, item_variable: order, variables: {sum: 0}, output: $.iterations, steps: [{name: b, ${call}, input: {o: $.order.id, i: $.index, s: $.vars.sum}}]}`,
  );
  assert.deepEqual(codes(text), []);
  const step = parseDocuments(text).workflows[0]?.definition?.steps.steps[0];
  assert.ok(step?.type === 'loop');
  assert.deepEqual(
    [step.itemVariable, step.indexVariable, step.parallel, step.onItemError, { ...step.variables }, step.iterateOver],
    ['order', 'index', false, 'fail', { sum: 0 }, '$.input.items'],
  );
});

test('required: true on a property means in the required of its parent', () => {
  const { contexts } = parseDocuments(
    withSchema(
      'required: [b]\nproperties: {a: {type: string, required: true}, b: {required: true}, c: {required: false, properties: {required: {type: boolean}}}}',
    ),
  );
  assert.deepEqual(JSON.parse(JSON.stringify(contexts[0]?.context.inputSchema)), {
    required: ['b', 'a'],
    properties: { a: { type: 'string' }, b: {}, c: { properties: { required: { type: 'boolean' } } } },
  });
});

test('hostile names cannot reach a prototype', () => {
  const text = withStep('input: {constructor: {prototype: {polluted: 1}}, toString: 2}\nmetadata: {hasOwnProperty: 1}');
  assert.deepEqual(codes(text), []);
  const definition = parseDocuments(text).workflows[0]?.definition;
  assert.ok(definition);
  assert.deepEqual(Object.keys(definition.steps.steps[0]?.input as object), ['constructor', 'toString']);
  assert.equal(({} as { polluted?: unknown }).polluted, undefined);
});
