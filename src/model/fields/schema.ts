import type { JsonSchema } from '../definition.ts';
import { examineSchema } from '../json-schema.ts';
import { jsonOf, spotAt } from '../yaml/tree.ts';
import { type Kind, reportType } from './kind.ts';

/** A JSON Schema, in normal form. */
export const schema: Kind<JsonSchema> = {
  expected: 'a JSON Schema (an object, true or false)',
  read(spot, sink) {
    const { node } = spot;
    if (node.kind === 'list' || (node.kind === 'scalar' && typeof node.value !== 'boolean')) {
      return reportType(spot, sink, schema.expected);
    }
    const { schema: normal, problems } = examineSchema(jsonOf(node));
    for (const problem of problems) sink.report('SCHEMA_INVALID', spotAt(spot, problem.pointer), problem.message);
    return problems.length === 0 ? normal : undefined;
  },
  schema: () => ({ type: ['object', 'boolean'] }),
};
