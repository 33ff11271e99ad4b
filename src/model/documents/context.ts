import { Fault } from '../../kit/fault.ts';
import { deepEqual } from '../../kit/json.ts';
import type { Definition, JsonSchema } from '../definition.ts';
import { type Fields, object, required } from '../fields/field.ts';
import { choice } from '../fields/kind.ts';
import type { Sink } from '../sink.ts';
import type { Spot } from '../yaml/tree.ts';
import { apiVersion, contextMetadata } from './metadata.ts';
import { contextSpec } from './spec.ts';

/** A document of kind WorkflowContext: the schemas of a workflow, apart from it. */
export const contextDocument = object('a workflow context', {
  apiVersion: required('apiVersion', apiVersion, 'The version of the language.'),
  kind: required('kind', choice('WorkflowContext'), 'What the document is.'),
  metadata: required('metadata', object('metadata', contextMetadata), 'Which workflow it belongs to.'),
  spec: required('spec', object('spec', contextSpec), 'The schemas.'),
} satisfies Fields);

export interface Context {
  readonly name: string;
  readonly version?: string;
  readonly inputSchema?: JsonSchema;
  readonly outputSchema?: JsonSchema;
}

/** Undefined where the document has no name to be found by. */
export function readContext(spot: Spot, sink: Sink): Context | undefined {
  const { metadata, spec } = contextDocument.read(spot, sink) ?? {};
  if (metadata?.name === undefined) return undefined;
  const { name, version } = metadata;
  return { name, ...(version === undefined ? {} : { version }), ...spec };
}

const suffix = '-context';

/** True where the context bears the workflow's name, with or without `-context`. */
export function belongsTo(context: Pick<Context, 'name'>, workflow: string): boolean {
  return context.name === workflow || context.name === `${workflow}${suffix}`;
}

/** The name of the workflow that a context most likely belongs to: its own without `-context`. */
export function workflowOf(context: Pick<Context, 'name'>): string {
  return context.name.endsWith(suffix) && context.name !== suffix
    ? context.name.slice(0, -suffix.length)
    : context.name;
}

/**
 * The definition with the context's schemas. Throws Fault `DEFINITION_INVALID` where the context belongs to another
 * workflow or version, or where both give a schema and they differ.
 */
export function linkContext(definition: Definition, context: Context): Definition {
  if (!belongsTo(context, definition.name)) {
    throw conflict(
      '/metadata/name',
      `the context "${context.name}" does not belong to the workflow "${definition.name}": call it "${definition.name}${suffix}"`,
    );
  }
  if (context.version !== undefined && context.version !== definition.version) {
    throw conflict(
      '/metadata/version',
      `the context is for version ${context.version}, the workflow is ${definition.version}: make them equal or leave the context's version out`,
    );
  }
  for (const member of ['inputSchema', 'outputSchema'] as const) {
    if (
      definition[member] === undefined ||
      context[member] === undefined ||
      deepEqual(definition[member], context[member])
    )
      continue;
    const field = member === 'inputSchema' ? 'input_schema' : 'output_schema';
    throw conflict(`/spec/${field}`, `the workflow and its context both have an ${field}, and they differ: keep one`);
  }
  const { inputSchema, outputSchema } = context;
  return {
    ...definition,
    ...(inputSchema === undefined ? {} : { inputSchema }),
    ...(outputSchema === undefined ? {} : { outputSchema }),
  };
}

/** The pointer leads into the context. */
function conflict(pointer: string, message: string): Fault {
  return new Fault('DEFINITION_INVALID', message, {
    detail: { errors: [{ code: 'FIELD_CONFLICT', message, pointer }] },
  });
}
