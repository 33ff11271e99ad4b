// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the language under test writes them
/** The normal form of what makes, checks and sums up data. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { canonicalDefinition } from './canonical.ts';
import type { Definition, Step } from './definition.ts';
import { parseDocuments } from './parse.ts';
import { withStep, withSteps } from './testing/sample-bad-documents.ts';

const codes = (text: string): string[] => parseDocuments(text).diagnostics.map((each) => each.code);

/** The first step of a text without errors, as plain JSON. */
function stepOf(text: string): Step | undefined {
  const { workflows, diagnostics } = parseDocuments(text);
  assert.deepEqual(diagnostics, []);
  const canonical = canonicalDefinition(workflows[0]?.definition as Definition);
  return (JSON.parse(canonical) as Definition).steps.steps[0];
}

test('a script is a call of the server whose time and chance are part of its request', () => {
  const script = 'return input.n * params.rate;';
  assert.deepEqual(
    stepOf(withSteps(`- {name: a, type: transform, script: '${script}', params: {rate: $.input.rate}}`)),
    {
      name: 'a',
      type: 'connector',
      handler: false,
      connector: 'script',
      request: { input: '$.input', params: { rate: '$.input.rate' }, at: '${now()}', seed: '${random()}' },
      settings: { script },
      incidental: ['at', 'seed'],
    },
  );
});

test('rules of quality have one form, and statistics one function for each percentile', () => {
  const rules =
    '[{name: r, range: {field: a.b, max: $.input.max}}, {name: u, unique: id, severity: warning, message: no}]';
  assert.deepEqual(stepOf(withSteps(`- {name: a, type: validate, rules: ${rules}}`)), {
    name: 'a',
    type: 'validate',
    handler: false,
    onInvalid: 'fail',
    rules: [
      { name: 'r', severity: 'error', test: { kind: 'range', field: 'a.b', max: '$.input.max' } },
      { name: 'u', severity: 'warning', test: { kind: 'unique', fields: ['id'] }, message: 'no' },
    ],
  });
  const statistics = '{m: {function: median, field: n}, p: {function: p99}, l: {function: list, limit: 3}}';
  assert.deepEqual(
    stepOf(withSteps(`- {name: a, type: aggregate, data: $.input.list, group_by: g, aggregations: ${statistics}}`)),
    {
      name: 'a',
      type: 'aggregate',
      handler: false,
      items: '$.input.list',
      groupBy: ['g'],
      statistics: {
        m: { function: 'percentile', percentile: 50, field: 'n' },
        p: { function: 'percentile', percentile: 99 },
        l: { function: 'list', limit: 3 },
      },
    },
  );
});

test('a cache keeps its key as a template and its time in milliseconds', () => {
  assert.deepEqual(stepOf(withStep('cache: {key: $.input.id, ttl: 10m}'))?.cache, {
    key: '$.input.id',
    ttl: 600_000,
  });
});

test('transforms of a response are an output mapping that keeps its other members', () => {
  const lines =
    'data_mapping:\n  transforms:\n    email: lower($.response.email)\n    full-name: ${response.first + " " + response.last}';
  assert.equal(
    stepOf(withStep(lines))?.output,
    '${merge($.response, {"email": lower($.response.email), "full-name": response.first + " " + response.last})}',
  );
  assert.deepEqual(codes(withStep('data_mapping:\n  transforms: {a: $.respnse.x}')), ['EXPRESSION_INVALID']);
});
