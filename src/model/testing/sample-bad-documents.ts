// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the language under test writes them
/**
 * Definitions that are wrong, each in one way: the code, the pointer, and the text with `«` where the problem is shown.
 * `spec` and `step` rows hold only the lines that differ; the rest is a sound workflow.
 */
export type BadRow = readonly [code: string, pointer: string, text: string];

/** A sound workflow with these lines in its spec, around the step `pay`. */
export const withSpec = (lines: string): string => `apiVersion: workflow.magic-flow.io/v2
kind: Workflow
metadata: {name: shop, version: 1.0.0}
spec:
${indent(lines, 2)}
  steps:
    - {name: pay, type: function, executor: bank, function: charge}
`;

/** A sound workflow whose step `pay` has these lines. */
export const withStep = (lines: string): string => `apiVersion: workflow.magic-flow.io/v2
kind: Workflow
metadata: {name: shop, version: 1.0.0}
spec:
  steps:
    - name: pay
      type: function
      executor: bank
      function: charge
${indent(lines, 6)}
`;

/** A sound workflow with these steps. */
export const withSteps = (lines: string): string => `apiVersion: workflow.magic-flow.io/v2
kind: Workflow
metadata: {name: shop, version: 1.0.0}
spec:
  steps:
${indent(lines, 4)}
`;

/** A context with these lines as its input schema. */
export const withSchema = (lines: string): string => `apiVersion: workflow.magic-flow.io/v2
kind: WorkflowContext
metadata: {name: shop-context}
spec:
  input_schema:
${indent(lines, 4)}
`;

function indent(lines: string, by: number): string {
  return lines
    .split('\n')
    .map((line) => (line === '' ? line : ' '.repeat(by) + line))
    .join('\n');
}

const head = 'apiVersion: magicflow.io/v2\nkind: Workflow\n';
const tail = 'spec: {steps: [{name: pay, type: function, executor: bank, function: charge}]}\n';

export const badTexts: readonly BadRow[] = [
  ['YAML_INVALID', '', '«'],
  ['YAML_INVALID', '', '«# nothing but a comment\n'],
  ['YAML_INVALID', '', 'a: "b«'],
  ['YAML_INVALID', '', 'a: «b\n c: d\n'],
  ['YAML_INVALID', '', 'kind: &k Workflow\nspec: «*k\n'],
  ['YAML_INVALID', '', 'base: {a: 1}\nspec:\n  «<<: {b: 1}\n'],
  ['YAML_INVALID', '', 'spec: «!secret abc\n'],
  ['YAML_INVALID', '', '? «[a, b]\n: c\n'],
  ['YAML_INVALID', '', '%YAML 1.1\n«---\nkind: Workflow\n'],
  ['NAME_DUPLICATE', '', 'kind: Workflow\n«kind: Workflow\n'],
  ['NAME_RESERVED', '', 'kind: Workflow\n«__proto__: {polluted: yes}\n'],
  ['VALUE_INVALID', '', 'a: «"\\0"\n'],
  ['VALUE_INVALID', '', 'a: «"\\uD800"\n'],
  ['VALUE_INVALID', '', 'a: «.inf\n'],
  ['VALUE_INVALID', '', 'a: «9007199254740993\n'],
  ['TYPE_WRONG', '', '«- kind: Workflow\n'],
  ['TYPE_WRONG', '', '«Workflow\n'],
  ['FIELD_MISSING', '', '«apiVersion: magicflow.io/v2\n'],
  ['KIND_UNKNOWN', '/kind', 'kind: «Workflo\n'],
  ['KIND_UNKNOWN', '/kind', 'kind: «[Workflow]\n'],
  ['FIELD_MISSING', '', `«kind: Workflow\nmetadata: {name: shop, version: 1.0.0}\n${tail}`],
  [
    'API_VERSION_UNKNOWN',
    '/apiVersion',
    `apiVersion: «magicflow.io/v1\nkind: Workflow\nmetadata: {name: shop, version: 1.0.0}\n${tail}`,
  ],
  ['TYPE_WRONG', '/apiVersion', `apiVersion: «2\nkind: Workflow\nmetadata: {name: shop, version: 1.0.0}\n${tail}`],
  ['FIELD_MISSING', '', `«${head}${tail}`],
  ['FIELD_MISSING', '', `«${head}metadata: {name: shop, version: 1.0.0}\n`],
  ['FIELD_UNKNOWN', '/metdata', `${head}metadata: {name: shop, version: 1.0.0}\n«metdata: 1\n${tail}`],
  ['TYPE_WRONG', '/metadata', `${head}metadata: «shop\n${tail}`],
  ['FIELD_MISSING', '/metadata', `${head}metadata: «{version: 1.0.0}\n${tail}`],
  ['FIELD_MISSING', '/metadata', `${head}metadata: «{name: shop}\n${tail}`],
  ['NAME_INVALID', '/metadata/name', `${head}metadata: {name: «Shop, version: 1.0.0}\n${tail}`],
  ['NAME_INVALID', '/metadata/name', `${head}metadata: {name: «${'a'.repeat(64)}, version: 1.0.0}\n${tail}`],
  ['NAME_INVALID', '/metadata/name', `${head}metadata: {name: «"", version: 1.0.0}\n${tail}`],
  ['NAME_RESERVED', '/metadata/name', `${head}metadata: {name: «constructor, version: 1.0.0}\n${tail}`],
  ['TYPE_WRONG', '/metadata/name', `${head}metadata: {name: «12, version: 1.0.0}\n${tail}`],
  ['VERSION_INVALID', '/metadata/version', `${head}metadata: {name: shop, version: «1.0}\n${tail}`],
  ['VERSION_INVALID', '/metadata/version', `${head}metadata: {name: shop, version: «"1.2"}\n${tail}`],
  ['VERSION_INVALID', '/metadata/version', `${head}metadata: {name: shop, version: «01.0.0}\n${tail}`],
  ['VERSION_INVALID', '/metadata/version', `${head}metadata: {name: shop, version: «latest}\n${tail}`],
  ['FIELD_UNKNOWN', '/metadata/autor', `${head}metadata: {name: shop, version: 1.0.0, «autor: me}\n${tail}`],
  ['TYPE_WRONG', '/metadata/tags', `${head}metadata: {name: shop, version: 1.0.0, tags: «a}\n${tail}`],
  ['TYPE_WRONG', '/metadata/tags/1', `${head}metadata: {name: shop, version: 1.0.0, tags: [a, «2]}\n${tail}`],
  [
    'TYPE_WRONG',
    '/metadata/labels/team',
    `${head}metadata: {name: shop, version: 1.0.0, labels: {team: «[a]}}\n${tail}`,
  ],
  [
    'NAME_RESERVED',
    '/metadata/labels/constructor',
    `${head}metadata: {name: shop, version: 1.0.0, labels: {«constructor: a}}\n${tail}`,
  ],
  ['TYPE_WRONG', '/metadata/description', `${head}metadata: {name: shop, version: 1.0.0, description: «}\n${tail}`],
];

export const badSpecs: readonly BadRow[] = [
  ['FIELD_UNKNOWN', '/spec/timeuot', '«timeuot: 1m'],
  ['FIELD_MISSING', '/spec/includes/0', 'includes: [«{as: a}]'],
  ['VERSION_INVALID', '/spec/includes/0/version', 'includes: [{workflow: a, version: «"1"}]'],
  ['NAME_DUPLICATE', '/spec/includes/1/as', 'includes: [{workflow: a}, {workflow: b, as: «a}]'],
  ['DURATION_INVALID', '/spec/timeout', 'timeout: «30'],
  ['DURATION_INVALID', '/spec/timeout', 'timeout: «30 seconds'],
  ['DURATION_INVALID', '/spec/timeout', 'timeout: «0s'],
  ['DURATION_INVALID', '/spec/timeout', 'timeout: «40000d'],
  ['TYPE_WRONG', '/spec/timeout', 'timeout: «{seconds: 3}'],
  ['TYPE_WRONG', '/spec/timeout', 'timeout: «true'],
  ['VALUE_INVALID', '/spec/timeout_action', 'timeout_action: «cancel'],
  ['STEP_UNDEFINED', '/spec/fallback_step', 'fallback_step: «nobody'],
  ['STEP_UNDEFINED', '/spec/fallback_step', 'fallback_step: «end'],
  ['TYPE_WRONG', '/spec/fallback_step', 'fallback_step: «3'],
  ['EXPRESSION_INVALID', '/spec/fallback_response/a', 'fallback_response: {a: "«$.pya.x"}'],
  ['EXPRESSION_INVALID', '/spec/output', 'output: "«$.nothing"'],
  ['SECRET_MISPLACED', '/spec/output/a', 'output: {a: "key ${«secrets.x}"}'],
  ['FIELD_UNKNOWN', '/spec/retry_policy/max_attemps', 'retry_policy: {«max_attemps: 3}'],
  ['VALUE_INVALID', '/spec/retry_policy/max_attempts', 'retry_policy: {max_attempts: «0}'],
  ['VALUE_INVALID', '/spec/retry_policy/max_attempts', 'retry_policy: {max_attempts: «2.5}'],
  ['TYPE_WRONG', '/spec/retry_policy/max_attempts', 'retry_policy: {max_attempts: «"3"}'],
  ['VALUE_INVALID', '/spec/retry_policy/backoff', 'retry_policy: {backoff: «expo}'],
  ['FIELD_CONFLICT', '/spec/retry_policy/backoff_strategy', 'retry_policy: {backoff: fixed, «backoff_strategy: fixed}'],
  ['FIELD_CONFLICT', '/spec/retry_config', 'retry_policy: {}\n«retry_config: {}'],
  ['VALUE_INVALID', '/spec/retry_policy/multiplier', 'retry_policy: {multiplier: «0.5}'],
  ['TYPE_WRONG', '/spec/retry_policy/jitter', 'retry_policy: {jitter: «yes}'],
  ['VALUE_INVALID', '/spec/retry_policy/retry_on/0', 'retry_policy: {retry_on: [«timeout]}'],
  ['EXPRESSION_INVALID', '/spec/retry_policy/give_up_on/0', 'retry_policy: {give_up_on: ["$.error.code «="]}'],
  ['VALUE_INVALID', '/spec/retry_policy/retry_on', 'retry_policy: {retry_on: «[]}'],
  ['TYPE_WRONG', '/spec/error_handling', 'error_handling: «ignore'],
  ['FIELD_MISSING', '/spec/error_handling/0', 'error_handling: [«{action: ignore}]'],
  ['FIELD_MISSING', '/spec/error_handling/0', 'error_handling: [«{condition: "true"}]'],
  ['VALUE_INVALID', '/spec/error_handling/0/action', 'error_handling: [{condition: "true", action: «ignor}]'],
  [
    'VALUE_INVALID',
    '/spec/error_handling/0/action/type',
    'error_handling: [{condition: "true", action: {type: «explode}}]',
  ],
  ['FIELD_MISSING', '/spec/error_handling/0/action', 'error_handling: [{condition: "true", action: «{message: hi}}]'],
  ['FIELD_MISSING', '/spec/error_handling/0/action', 'error_handling: [{condition: "true", action: «goto}]'],
  ['FIELD_MISSING', '/spec/error_handling/0/action', 'error_handling: [{condition: "true", action: «{type: goto}}]'],
  [
    'STEP_UNDEFINED',
    '/spec/error_handling/0/action/step',
    'error_handling: [{condition: "true", action: {type: goto, step: «gone}}]',
  ],
  [
    'FIELD_UNKNOWN',
    '/spec/error_handling/0/action/mesage',
    'error_handling: [{condition: "true", action: {type: fail, «mesage: hi}}]',
  ],
  [
    'VALUE_INVALID',
    '/spec/error_handling/0/action/code',
    'error_handling: [{condition: "true", action: {type: fail, code: «"a b"}}]',
  ],
  [
    'TYPE_WRONG',
    '/spec/error_handling/0/action/code',
    'error_handling: [{condition: "true", action: {type: fail, code: «7}}]',
  ],
  [
    'EXPRESSION_INVALID',
    '/spec/error_handling/0/condition',
    'error_handling: [{condition: "«$.pai.x == 1", action: ignore}]',
  ],
  [
    'SECRET_MISPLACED',
    '/spec/error_handling/0/condition',
    'error_handling: [{condition: "«$.pay.x == $.secrets.x", action: ignore}]',
  ],
  [
    'EXPRESSION_INVALID',
    '/spec/error_handling/0/action/message',
    'error_handling: [{condition: "true", action: {type: fail, message: "no ${«$.gone.x}"}}]',
  ],
  [
    'FIELD_MISSING',
    '/spec/error_handling/0/action/steps/0',
    'error_handling: [{condition: "true", action: {type: compensate, steps: [«{service: a, method: b}]}}]',
  ],
  [
    'FIELD_MISSING',
    '/spec/error_handling/0/action/steps/0',
    'error_handling: [{condition: "true", action: {type: compensate, steps: [«{name: undo, service: a}]}}]',
  ],
  [
    'NAME_DUPLICATE',
    '/spec/error_handling/0/action/steps/0/name',
    'error_handling: [{condition: "true", action: {type: compensate, steps: [{name: «pay, service: a, method: b}]}}]',
  ],
  ['FIELD_UNKNOWN', '/spec/error_handling/rule', 'error_handling: {«rule: []}'],
  ['STEP_UNDEFINED', '/spec/error_handling/compensation/0', 'error_handling: {compensation: [«undo]}'],
  ['TYPE_WRONG', '/spec/error_handling/dead_letter', 'error_handling: {dead_letter: «queue}'],
  ['DURATION_INVALID', '/spec/retention/completed', 'retention: {completed: «soon}'],
  ['DURATION_INVALID', '/spec/retention/failed', 'retention: {failed: «10ms}'],
  ['VALUE_INVALID', '/spec/runtime_validation/output', 'runtime_validation: {output: «strict}'],
  ['TYPE_WRONG', '/spec/input_schema', 'input_schema: «string'],
  ['SCHEMA_INVALID', '/spec/input_schema/type', 'input_schema: {type: «strin}'],
  ['SCHEMA_INVALID', '/spec/output_schema/properties/a/type', 'output_schema: {properties: {a: {type: «1}}}'],
  ['VALUE_INVALID', '/spec/concurrency', 'concurrency: «0'],
  ['FIELD_MISSING', '/spec/concurrency', 'concurrency: «{key: $.input.user}'],
  ['VALUE_INVALID', '/spec/concurrency/on_limit', 'concurrency: {limit: 1, on_limit: «drop}'],
  ['SECRET_MISPLACED', '/spec/concurrency/key', 'concurrency: {limit: 1, key: «$.secrets.k}'],
  ['VALUE_INVALID', '/spec/priority', 'priority: «10'],
  ['VALUE_INVALID', '/spec/priority', 'priority: «urgent'],
  ['FIELD_NOT_ACTIVE', '/spec/triggers', '«triggers: [{type: schedule, cron: "0 9 * * *"}]'],
  ['FIELD_NOT_ACTIVE', '/spec/metrics', '«metrics: [{name: total, type: counter, source: $.output.total}]'],
  ['FIELD_NOT_ACTIVE', '/spec/alerts', '«alerts: [{name: slow, condition: avg(time) > 60}]'],
  ['FIELD_NOT_ACTIVE', '/spec/security', '«security: {roles: [admin]}'],
];

export const badSteps: readonly BadRow[] = [
  ['FIELD_UNKNOWN', '/spec/steps/0/on_sucess', '«on_sucess: end'],
  ['NAME_DUPLICATE', '', '«name: other'],
  ['TYPE_WRONG', '/spec/steps/0/description', 'description: «[]'],
  ['EXPRESSION_INVALID', '/spec/steps/0/condition', 'condition: $.input.a ==«'],
  ['EXPRESSION_INVALID', '/spec/steps/0/condition', 'condition: "«foo($.input.a)"'],
  ['EXPRESSION_INVALID', '/spec/steps/0/condition', "condition: '«$.other.a == 1'"],
  ['EXPRESSION_INVALID', '/spec/steps/0/condition', 'condition: "$.input.a == \\"b\\" && «$.other.a"'],
  ['EXPRESSION_INVALID', '/spec/steps/0/condition', 'condition: |\n  $.input.a == 1 &&\n  «$.other.a == 1'],
  ['EXPRESSION_INVALID', '/spec/steps/0/condition', 'condition: «>\n  $.input.a == 1 &&\n  $.other.a == 1'],
  ['TYPE_WRONG', '/spec/steps/0/condition', 'condition: «{a: 1}'],
  ['TYPE_WRONG', '/spec/steps/0/when', 'when: «3'],
  ['FIELD_CONFLICT', '/spec/steps/0/when', 'condition: "true"\n«when: "true"'],
  ['EXPRESSION_INVALID', '/spec/steps/0/when', 'when: «$.response.a == 1'],
  ['EXPRESSION_INVALID', '/spec/steps/0/when', 'when: «$.index == 1'],
  ['EXPRESSION_INVALID', '/spec/steps/0/when', 'when: «$.output.a == 1'],
  ['EXPRESSION_INVALID', '/spec/steps/0/when', 'when: «$.signal.a == 1'],
  ['EXPRESSION_INVALID', '/spec/steps/0/when', 'when: «$.steps.pya.status == "failed"'],
  ['EXPRESSION_INVALID', '/spec/steps/0/when', 'when: «$.vars.count > 3'],
  ['SECRET_MISPLACED', '/spec/steps/0/when', 'when: «$.secrets.key == 1'],
  ['SECRET_MISPLACED', '/spec/steps/0/output/key', 'output: {key: "«$.secrets.key"}'],
  ['SECRET_MISPLACED', '/spec/steps/0/set/key', 'set: {key: "${«secret(\'k\')}"}'],
  ['SECRET_MISPLACED', '/spec/steps/0/idempotency_key', 'idempotency_key: ${«secrets.k}'],
  ['EXPRESSION_INVALID', '/spec/steps/0/input/a', 'input: {a: "«$.response.a"}'],
  ['EXPRESSION_INVALID', '/spec/steps/0/input/list/1', 'input: {list: [1, "${«}"]}'],
  ['EXPRESSION_INVALID', '/spec/steps/0/output/b', 'output: {b: "«$.branches.a"}'],
  ['FIELD_CONFLICT', '/spec/steps/0/input', 'data_mapping: {input: 1}\n«input: 2'],
  ['FIELD_CONFLICT', '/spec/steps/0/output', '«output: 2\ndata_mapping: {output: 1}'],
  ['FIELD_UNKNOWN', '/spec/steps/0/data_mapping/in', 'data_mapping: {«in: 1}'],
  ['DEPENDENCY_UNDEFINED', '/spec/steps/0/depends_on/0', 'depends_on: [«fetch]'],
  ['STEP_CYCLE', '/spec/steps/0/name', 'depends_on: pay'],
  ['VALUE_INVALID', '/spec/steps/0/depends_on', 'depends_on: «[]'],
  ['TYPE_WRONG', '/spec/steps/0/depends_on/0', 'depends_on: [«1]'],
  ['DURATION_INVALID', '/spec/steps/0/timeout', 'timeout: «5'],
  ['DURATION_INVALID', '/spec/steps/0/queue_timeout', 'queue_timeout: «never'],
  ['DURATION_INVALID', '/spec/steps/0/heartbeat_timeout', 'heartbeat_timeout: «-1s'],
  ['EXPRESSION_INVALID', '/spec/steps/0/timeout', 'timeout: «$.nobody.wait'],
  ['VALUE_INVALID', '/spec/steps/0/timeout_action', 'timeout_action: «retyr'],
  ['VALUE_INVALID', '/spec/steps/0/max_visits', 'max_visits: «0'],
  ['VALUE_INVALID', '/spec/steps/0/max_visits', 'max_visits: «100001'],
  ['TYPE_WRONG', '/spec/steps/0/retry_config', 'retry_config: «3'],
  ['VALUE_INVALID', '/spec/steps/0/retry_config', 'retry_config: «[]'],
  ['FIELD_UNKNOWN', '/spec/steps/0/retry_config/1/attempts', 'retry_config: [{max_attempts: 2}, {«attempts: 3}]'],
  ['TYPE_WRONG', '/spec/steps/0/set', 'set: «[a]'],
  ['NAME_INVALID', '/spec/steps/0/set/a b', 'set: {«a b: 1}'],
  ['NAME_RESERVED', '/spec/steps/0/set/prototype', 'set: {«prototype: 1}'],
  ['STEP_UNDEFINED', '/spec/steps/0/on_success', 'on_success: «ship'],
  ['STEP_UNDEFINED', '/spec/steps/0/on_failure', 'on_failure: «ship'],
  ['STEP_UNDEFINED', '/spec/steps/0/fallback_step', 'fallback_step: «ship'],
  ['STEP_UNDEFINED', '/spec/steps/0/compensate', 'compensate: «ship'],
  ['STEP_REPEATS', '/spec/steps/0/on_failure', 'on_failure: «pay'],
  ['FIELD_MISSING', '/spec/steps/0/compensate', 'compensate: «{function: undo}'],
  ['NAME_DUPLICATE', '/spec/steps/0/compensate/name', 'compensate: {name: «pay, executor: a, function: undo}'],
  [
    'VALUE_INVALID',
    '/spec/steps/0/circuit_breaker/failure_rate_threshold',
    'circuit_breaker: {failure_rate_threshold: «50}',
  ],
  ['DURATION_INVALID', '/spec/steps/0/circuit_breaker/recovery_timeout', 'circuit_breaker: {recovery_timeout: «60}'],
  ['FIELD_UNKNOWN', '/spec/steps/0/circuit_breaker/treshold', 'circuit_breaker: {«treshold: 3}'],
  ['TYPE_WRONG', '/spec/steps/0/metadata', 'metadata: «5'],
  ['FIELD_MISSING', '/spec/steps/0/rate_limit', 'rate_limit: «{limit: 3}'],
  ['VALUE_INVALID', '/spec/steps/0/rate_limit/limit', 'rate_limit: {limit: «0, per: 1s}'],
  ['VALUE_INVALID', '/spec/steps/0/concurrency', 'concurrency: «0'],
  ['VALUE_INVALID', '/spec/steps/0/concurrency/on_limit', 'concurrency: {limit: 1, on_limit: «cancel_running}'],
  ['FIELD_CONFLICT', '/spec/steps/0/data_mapping/transforms', 'output: 1\ndata_mapping: {transforms: «{a: "1"}}'],
  ['EXPRESSION_INVALID', '/spec/steps/0/data_mapping/transforms/a', 'data_mapping: {transforms: {a: lower(«}}'],
  ['NAME_RESERVED', '/spec/steps/0/data_mapping/transforms/prototype', 'data_mapping: {transforms: {«prototype: "1"}}'],
  ['FIELD_MISSING', '/spec/steps/0/cache', 'cache: «{key: 1}'],
  ['DURATION_INVALID', '/spec/steps/0/cache/ttl', 'cache: {ttl: «60}'],
  ['SECRET_MISPLACED', '/spec/steps/0/cache/key', 'cache: {ttl: 1m, key: «$.secrets.k}'],
  ['FIELD_CONFLICT', '/spec/steps/0/service', '«service: bank'],
  ['FIELD_CONFLICT', '/spec/steps/0/method', '«method: charge'],
];
