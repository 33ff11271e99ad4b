import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { parse, parseAllDocuments } from 'yaml';
import { compileSchema } from './json-schema.ts';
import { workflowSchema } from './published-schema.ts';
import { stepTypes } from './steps/types.ts';
import { withStep, withSteps } from './testing/sample-bad-documents.ts';

const published = compileSchema(workflowSchema());
const errorsOf = (text: string): string[] => {
  const outcome = published.check(parse(text));
  return outcome.ok ? [] : outcome.errors.map((error) => `${error.code} ${error.pointer}`);
};

test("the seed's documents pass the published schema", () => {
  for (const name of ['workflow.yaml', 'context.yaml']) {
    assert.deepEqual(
      errorsOf(readFileSync(new URL(`../../examples/user-onboarding/${name}`, import.meta.url), 'utf8')),
      [],
      name,
    );
  }
});

test('the tests of the examples pass the published schema, and a wrong one does not', () => {
  const folder = new URL('../../examples/', import.meta.url);
  const files = globSync('*/*.test.yaml', { cwd: folder });
  assert.ok(files.length >= 2);
  for (const file of files) {
    for (const document of parseAllDocuments(readFileSync(new URL(file, folder), 'utf8'))) {
      assert.deepEqual(errorsOf(String(document)), [], file);
    }
  }
  const wrong =
    'apiVersion: magicflow.io/v2\nkind: WorkflowTest\nmetadata: {name: t}\nspec: {workflow: w, cases: [{name: a, expect: {stauts: 1}}]}\n';
  assert.ok(errorsOf(wrong).includes('ADDITIONAL_PROPERTIES /spec/cases/0/expect'));
});

test('the published schema refuses what the tables refuse', () => {
  assert.ok(errorsOf(withStep('on_sucess: end')).includes('ADDITIONAL_PROPERTIES /spec/steps/0'));
  assert.ok(errorsOf(withStep('max_visits: 0')).includes('MINIMUM /spec/steps/0/max_visits'));
  assert.ok(errorsOf(withSteps('- {name: a, type: functoin}')).includes('ENUM /spec/steps/0/type'));
  assert.ok(
    errorsOf(withSteps('- {name: a, type: function, function: f}')).some((error) =>
      error.startsWith('REQUIRED /spec/steps/0'),
    ),
  );
  assert.ok(errorsOf('kind: WorkflowContext\n').includes('REQUIRED '));
});

test('aliases, nested lists and steps written inside others are known to the published schema', () => {
  const text = withSteps(`- name: a
  type: condition
  when: $.input.a
  condition: $.input.b
  then:
    - {name: b, type: function, service: e, method: f, compensate: {executor: e, function: undo}}
- {name: c, type: message_queue, queue: q}`);
  assert.deepEqual(errorsOf(text), []);
});

test('every type and every field is described for people', () => {
  for (const { name, doc, fields } of stepTypes) {
    assert.ok(doc.length > 5, name);
    for (const [member, field] of Object.entries(fields)) assert.ok(field.doc.length > 3, `${name}.${member}`);
  }
});
