/** The pages of the reference as texts, by the names of their files. */
import { readFileSync } from 'node:fs';
import { present } from '../../src/kit/assert.ts';
import { type Json, type JsonObject, member } from '../../src/kit/json.ts';
import { fieldsSchema } from '../../src/model/fields/field.ts';
import { workflowSchema } from '../../src/model/published-schema.ts';
import { commonFields } from '../../src/model/steps/step-fields.ts';
import { stepTypes } from '../../src/model/steps/types.ts';
import { type AboutStep, aboutSteps } from './about-steps.ts';
import { fieldRows, fieldTable } from './field-table.ts';

const samples = new URL('./samples/', import.meta.url);

/** The sample of a type, as its page shows it. */
export const sampleOf = (type: string): string => readFileSync(new URL(`${type}.yaml`, samples), 'utf8');

export function referencePages(): readonly (readonly [string, string])[] {
  const definitions = member(workflowSchema(), '$defs') as JsonObject;
  const pages = stepTypes.map(({ name, aliases, doc }) => {
    const about = present(aboutSteps[name], `what the reference says of ${name}`);
    const schema = definitions[`step-${name}`] as JsonObject;
    return [`${name}.md`, stepPage({ name, aliases, doc, about, schema })] as const;
  });
  return [['README.md', overview(definitions)], ...pages];
}

interface StepParts {
  readonly name: string;
  readonly aliases: readonly string[];
  readonly doc: string;
  readonly about: AboutStep;
  readonly schema: JsonObject;
}

const written = 'Written by `node dev/reference.ts` from the tables that the parser reads; do not edit it.';

function stepPage({ name, aliases, doc, about, schema }: StepParts): string {
  const own = fieldRows(ownPart(schema));
  const also = aliases.map((alias) => `\`${alias}\``).join(' and ');
  const errors = about.errors.map(
    ([code, meaning]) => `| ${/^[A-Z]/.test(code) ? `\`${code}\`` : code} | ${meaning} |`,
  );
  return `${[
    `# ${name}`,
    `<!-- ${written} -->`,
    `${doc}${also === '' ? '' : ` Also written ${also}.`} ${about.more}`.trim(),
    `\`\`\`yaml\n${sampleOf(name)}\`\`\``,
    '## Fields',
    ...(own.length > 0 ? [fieldTable(own)] : []),
    'Beside these it takes the [fields of every step](README.md#fields-of-every-step).',
    '## Output',
    about.output,
    '## Errors',
    ...(errors.length > 0 ? [['| code | when |', '|---|---|', ...errors].join('\n')] : []),
    'Any step may fail with the [errors of every step](../../guides/errors.md#codes).',
    ...(about.guide === undefined ? [] : [`More in the guide: [${about.guide}](../../guides/${about.guide}).`]),
  ].join('\n\n')}\n`;
}

/** Fields that every type has, with the same words, stand on the overview. */
function ownPart(schema: JsonObject): JsonObject {
  const common = fieldsSchema(commonFields)['properties'] as JsonObject;
  const properties = Object.entries(schema['properties'] as JsonObject).filter(
    ([name, field]) => member(common[name], 'description') !== member(field, 'description'),
  );
  return { ...schema, properties: Object.fromEntries(properties) as { [name: string]: Json } };
}

function overview(definitions: JsonObject): string {
  const types = stepTypes.map(({ name, aliases, doc }) => {
    const also = aliases.map((alias) => `, \`${alias}\``).join('');
    return `| [\`${name}\`](${name}.md)${also} | ${doc} |`;
  });
  const shared = ['retry-policy', 'circuit-breaker', 'rate-limit', 'step-concurrency', 'cache'];
  return `${[
    '# Steps',
    `<!-- ${written} -->`,
    ['| type | what it does |', '|---|---|', ...types].join('\n'),
    '## Fields of every step',
    fieldTable(fieldRows(fieldsSchema(commonFields))),
    ...shared.flatMap((name) => [
      `## ${name.replace('-', ' ')}`,
      fieldTable(fieldRows(definitions[name] as JsonObject)),
    ]),
  ].join('\n\n')}\n`;
}
