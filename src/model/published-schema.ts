import type { Json, JsonObject } from '../kit/json.ts';
import { contextDocument } from './documents/context.ts';
import { workflowDocument } from './documents/workflow.ts';
import { testDocument } from './documents/workflow-test.ts';
import { fieldsSchema } from './fields/field.ts';
import { stepsMax } from './limits.ts';
import { functionType } from './steps/basic-types.ts';
import { sharedKinds } from './steps/step-fields.ts';
import type { StepType } from './steps/step-type.ts';
import { stepTypeNames, stepTypes } from './steps/types.ts';

/**
 * The language as a JSON Schema (2020-12), for editors to complete and check with. It is written from the tables that the
 * parser reads, so it cannot say otherwise; what a schema cannot say (flow, expressions) only the parser checks.
 */
export function workflowSchema(): JsonObject {
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    $id: 'https://workflow.magic-flow.io/v2/workflow.json',
    title: 'Magic Flow v2 workflow, workflow context and workflow test',
    type: 'object',
    required: ['apiVersion', 'kind', 'metadata', 'spec'],
    properties: {
      kind: { enum: ['Workflow', 'WorkflowContext', 'WorkflowTest'], description: 'What the document is.' },
    },
    allOf: [
      conditional(
        { properties: { kind: { const: 'Workflow' } } },
        documentSchema(workflowDocument.schema(), 'Workflow'),
      ),
      conditional(
        { properties: { kind: { const: 'WorkflowContext' } } },
        documentSchema(contextDocument.schema(), 'WorkflowContext'),
      ),
      conditional(
        { properties: { kind: { const: 'WorkflowTest' } } },
        documentSchema(testDocument.schema(), 'WorkflowTest'),
      ),
    ],
    $defs: {
      steps: { type: 'array', minItems: 1, maxItems: stepsMax, items: { $ref: '#/$defs/step' } },
      step: stepSchema(),
      handler: handlerSchema(),
      ...Object.fromEntries(sharedKinds.map((kind) => [kind.name, kind.body()])),
      ...Object.fromEntries(stepTypes.map((type) => [definitionName(type), typeSchema(type)])),
    },
  };
}

/** `then` is a keyword here, and a word that makes an object look like a promise: it is written in one place only. */
function conditional(test: Json, rule: Json): JsonObject {
  return Object.fromEntries([
    ['if', test],
    ['then', rule],
  ]);
}

const documentSchema = (schema: JsonObject, kind: string): JsonObject => ({
  ...schema,
  properties: { ...(schema['properties'] as JsonObject), kind: { const: kind } },
});

const definitionName = (type: StepType): string => `step-${type.name}`;

const reference = (type: StepType): JsonObject => ({ $ref: `#/$defs/${definitionName(type)}` });

function stepSchema(): JsonObject {
  return { ...typedSchema(), required: ['name', 'type'] };
}

/** A step written where it is named: a function step unless it says otherwise. */
function handlerSchema(): JsonObject {
  const untyped = conditional({ not: { required: ['type'] } }, reference(functionType));
  const { allOf, ...rest } = typedSchema();
  return { ...rest, allOf: [...(allOf as readonly Json[]), untyped] };
}

function typedSchema(): JsonObject {
  return {
    type: 'object',
    properties: { type: { enum: stepTypeNames, description: 'What the step does.' } },
    allOf: stepTypes.map((type) =>
      conditional(
        { properties: { type: { enum: [type.name, ...type.aliases] } }, required: ['type'] },
        reference(type),
      ),
    ),
  };
}

/** The name is required of a listed step alone: a `compensate` block is called after its owner. */
function typeSchema(type: StepType): JsonObject {
  const { required = [], ...rest } = fieldsSchema(type.fields);
  const needed = (required as readonly Json[]).filter((name) => name !== 'name');
  return { title: type.name, description: type.doc, ...rest, ...(needed.length > 0 ? { required: needed } : {}) };
}
