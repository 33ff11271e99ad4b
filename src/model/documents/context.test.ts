import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { present } from '../../kit/assert.ts';
import { Fault } from '../../kit/fault.ts';
import { canonicalDefinition } from '../canonical.ts';
import type { Definition } from '../definition.ts';
import { parseDocuments } from '../parse.ts';
import { withSpec } from '../testing/sample-bad-documents.ts';
import { belongsTo, linkContext, workflowOf } from './context.ts';

const seedFolder = new URL('../../../examples/user-onboarding/', import.meta.url);
const seed = (name: string): string => readFileSync(new URL(name, seedFolder), 'utf8');
/** As plain JSON. */
const definitionOf = (text: string): Definition => {
  const definition = present(parseDocuments(text).workflows[0]?.definition, 'a definition');
  return JSON.parse(canonicalDefinition(definition)) as Definition;
};

test("the seed's context fills the schemas of its workflow", () => {
  const { contexts, diagnostics } = parseDocuments(seed('context.yaml'));
  assert.deepEqual(diagnostics, []);
  const context = contexts[0]?.context;
  assert.ok(context);
  assert.equal(workflowOf(context), 'user-onboarding');
  const linked = linkContext(definitionOf(seed('workflow.yaml')), context);
  assert.deepEqual((linked.inputSchema as { required: unknown }).required, ['email', 'name']);
  assert.equal((linked.outputSchema as { type: unknown }).type, 'object');
});

test('a workflow and its context may stand in one text, each with its own part', () => {
  const { workflows, contexts, diagnostics } = parseDocuments(`${seed('workflow.yaml')}---\n${seed('context.yaml')}`);
  assert.equal(diagnostics.length, 4);
  assert.match(workflows[0]?.text ?? '', /cleanup/);
  assert.match(contexts[0]?.text ?? '', /^---\n# context.yaml/);
  assert.doesNotMatch(contexts[0]?.text ?? '', /cleanup/);
});

test('a context that fits no workflow is refused', () => {
  const definition = definitionOf(withSpec('input_schema: {type: object}'));
  assert.ok(belongsTo({ name: 'shop' }, 'shop') && belongsTo({ name: 'shop-context' }, 'shop'));
  const refused: readonly (readonly [Parameters<typeof linkContext>[1], RegExp, string])[] = [
    [{ name: 'other' }, /does not belong/, '/metadata/name'],
    [{ name: 'shop', version: '2.0.0' }, /version 2.0.0/, '/metadata/version'],
    [{ name: 'shop', inputSchema: { type: 'string' } }, /they differ/, '/spec/input_schema'],
  ];
  for (const [context, message, pointer] of refused) {
    assert.throws(
      () => linkContext(definition, context),
      (error) => {
        assert.ok(Fault.is(error, 'DEFINITION_INVALID'));
        assert.match(error.message, message);
        assert.deepEqual(error.detail['errors'], [{ code: 'FIELD_CONFLICT', message: error.message, pointer }]);
        return true;
      },
    );
  }
  assert.deepEqual(linkContext(definition, { name: 'shop', inputSchema: { type: 'object' } }), definition);
});
