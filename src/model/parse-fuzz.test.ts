// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the language under test writes them
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { parse } from 'yaml';
import { workedMs } from '../../test/support/cpu-time.ts';
import { canonicalDefinition } from './canonical.ts';
import { compileSchema } from './json-schema.ts';
import { parseDocuments } from './parse.ts';
import { workflowSchema } from './published-schema.ts';
import { stepTypes } from './steps/types.ts';
import { badSpecs, badSteps, withSpec, withStep } from './testing/sample-bad-documents.ts';

/** Parses within a second, with places inside the text, and a normal form if and only if nothing forbids one. */
function checkPromises(text: string): void {
  const start = workedMs();
  const { workflows, diagnostics } = parseDocuments(text);
  assert.ok(workedMs() - start < 1_000);
  const lines = text.split('\n').length;
  for (const { line, column, message, pointer } of diagnostics) {
    assert.ok(line >= 1 && line <= lines && column >= 1 && message.length > 0 && message.length < 2_000);
    assert.ok(pointer === '' || pointer.startsWith('/'));
  }
  const hasErrors = diagnostics.some((each) => each.severity === 'error');
  for (const workflow of workflows) {
    if (!hasErrors) assert.ok(workflow.definition !== undefined && !workflow.hasErrors);
    if (workflow.definition)
      assert.equal(
        canonicalDefinition(workflow.definition),
        canonicalDefinition(JSON.parse(JSON.stringify(workflow.definition))),
      );
  }
}

const seed = readFileSync(new URL('../../examples/user-onboarding/workflow.yaml', import.meta.url), 'utf8');

test('any text is answered with problems, never with a throw', () => {
  const yamlish = fc
    .array(
      fc.constantFrom(
        'a',
        'kind: Workflow',
        'spec:',
        'steps:',
        '- ',
        '  ',
        '\n',
        ': ',
        '[',
        ']',
        '{',
        '}',
        '"',
        "'",
        '|',
        '>',
        '&a',
        '*a',
        '!t',
        '#',
        '---',
        '...',
        '%',
        '?',
        ',',
        '$.',
        '${',
        '\t',
        '\0',
        '\ud800',
        '__proto__: 1',
        '<<: *a',
      ),
      { maxLength: 60 },
    )
    .map((parts) => parts.join(''));
  fc.assert(fc.property(fc.oneof(fc.string(), fc.string({ unit: 'binary' }), yamlish), checkPromises), {
    numRuns: 3_000,
  });
});

test("the seed's workflow with a piece cut out, doubled or replaced is answered", () => {
  const edit = fc.record({
    at: fc.nat(seed.length),
    length: fc.nat(40),
    text: fc.constantFrom('', '- ', ': ', '"', '[', '{', '\n', 'null', '1e400', '$.', '${', '\n  ', 'end', 'input'),
  });
  fc.assert(
    fc.property(fc.array(edit, { minLength: 1, maxLength: 3 }), (edits) => {
      checkPromises(
        edits.reduce((text, { at, length, text: piece }) => text.slice(0, at) + piece + text.slice(at + length), seed),
      );
    }),
    { numRuns: 1_000 },
  );
});

test('any value in any field is answered', () => {
  const field = fc.constantFrom(
    ...new Set(stepTypes.flatMap((type) => Object.values(type.fields).flatMap((each) => each.names))),
  );
  const type = fc.constantFrom(...stepTypes.flatMap((each) => [each.name, ...each.aliases]), 'nonsense');
  const value = fc.oneof(
    fc.jsonValue({ maxDepth: 3 }),
    fc.constantFrom(
      '$.input',
      'a',
      '1s',
      'end',
      '${x}',
      [{ name: 'b', type: 'function', executor: 'e', function: 'f' }],
      { a: [{}] },
    ),
  );
  const step = fc
    .tuple(type, fc.dictionary(field, value, { maxKeys: 6, noNullPrototype: true }))
    .map(([name, fields]) => ({ name: 'a', ...fields, type: name }));
  fc.assert(
    fc.property(fc.array(step, { maxLength: 4 }), (steps) => {
      checkPromises(
        JSON.stringify({
          apiVersion: 'magicflow.io/v2',
          kind: 'Workflow',
          metadata: { name: 'w', version: '1.0.0' },
          spec: { steps },
        }),
      );
    }),
    { numRuns: 1_500 },
  );
});

test('what the parser accepts passes the published schema, so editors never blame a sound document', () => {
  const published = compileSchema(workflowSchema());
  const field = fc.constantFrom(
    'timeout: 5s',
    'timeout: $.input.t',
    'when: true',
    'when: $.input.a',
    'max_visits: 3',
    'retry_config: {max_attempts: 2}',
    'retry_policy: [{retry_on: TIMEOUT}]',
    'input: 5',
    'data_mapping: {output: $.response}',
    'compensate: {executor: e, function: u}',
    'set: {a: 1}',
    'depends_on: []',
    'on_success: end',
    'circuit_breaker: {window: 1m}',
    'fallback_response: null',
    'concurrency: 3',
    'metadata: {}',
  );
  fc.assert(
    fc.property(fc.uniqueArray(field, { maxLength: 5 }), (lines) => {
      const text = withStep(lines.join('\n'));
      if (parseDocuments(text).diagnostics.some((each) => each.severity === 'error')) return;
      const outcome = published.check(parse(text));
      assert.ok(outcome.ok, JSON.stringify(outcome));
    }),
    { numRuns: 300 },
  );
});

test('every bad row keeps the promises of the parser', () => {
  for (const [, , text] of badSpecs) checkPromises(withSpec(text.replace('«', '')));
  for (const [, , text] of badSteps) checkPromises(withStep(text.replace('«', '')));
});
