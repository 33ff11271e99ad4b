/** Workflows and their versions, as requests and answers. */
import type { Static } from 'typebox';
import { Type } from './type.ts';
import { AnyJson, AnyObject, closed, Limit, Page, Pagination, TextOrNull, Time } from './values.ts';

/** 1 MiB of text, in characters; the body limit holds first where they are wider than one byte. */
const definitionLengthMax = 1_048_576;

export const Diagnostic = Type.Object(
  {
    code: Type.String(),
    severity: Type.Enum(['error', 'warning']),
    message: Type.String(),
    pointer: Type.String(),
    file: Type.Optional(Type.String()),
    line: Type.Integer(),
    column: Type.Integer(),
  },
  { title: 'Diagnostic' },
);

/** The longest JSON text of what a deploy tells of its version. In bytes of UTF-8. */
export const metadataBytesMax = 16_384;

const metadata = AnyObject('As the first deploy of this version gave it; `{}` where it gave none.');

/** The JSON form of a definition; the YAML text alone is accepted in its place. */
export const DefinitionBody = closed(
  {
    yaml_content: Type.String({ minLength: 1, maxLength: definitionLengthMax, description: 'One or more documents.' }),
    context_yaml: Type.Optional(
      Type.String({ maxLength: definitionLengthMax, description: 'A WorkflowContext that belongs to it.' }),
    ),
    description: Type.Optional(Type.String({ maxLength: 4_096, description: 'In place of the one in the text.' })),
    metadata: Type.Optional(
      AnyObject(`Kept with the version: a commit, a build, who asked for it. ${metadataBytesMax} bytes at most.`),
    ),
  },
  { title: 'DefinitionBody' },
);
export type DefinitionRequest = Static<typeof DefinitionBody>;

export const DefinitionQuery = closed({
  strict: Type.Optional(Type.Boolean({ description: 'Warnings stop it too.' })),
  file: Type.Optional(Type.String({ maxLength: 1_024, description: 'Stands in the diagnostics.' })),
});

export const Deployed = Type.Object(
  {
    id: Type.String(),
    name: Type.String(),
    version: TextOrNull('Null for a context that waits for its workflow.'),
    status: Type.Enum(['active', 'waiting_for_workflow']),
    validation_status: Type.Enum(['valid', 'valid_with_warnings']),
    diagnostics: Type.Array(Diagnostic),
    endpoints: Type.Object({
      self: Type.String(),
      execute: Type.String(),
      versions: Type.String(),
      metrics: Type.String(),
    }),
  },
  { title: 'Deployed' },
);
export type DeployedAnswer = Static<typeof Deployed>;

export const Validation = Type.Object(
  {
    valid: Type.Boolean(),
    validation_status: Type.Enum(['valid', 'valid_with_warnings', 'invalid']),
    diagnostics: Type.Array(Diagnostic),
  },
  { title: 'Validation' },
);
export type ValidationAnswer = Static<typeof Validation>;

export const WorkflowListQuery = closed({
  search: Type.Optional(Type.String({ maxLength: 200, description: 'Part of the name or description.' })),
  tag: Type.Optional(Type.String({ maxLength: 200 })),
  page: Type.Optional(Page),
  cursor: Type.Optional(Type.String({ maxLength: 512 })),
  limit: Type.Optional(Limit(200)),
});

const summary = {
  id: Type.String(),
  name: Type.String(),
  version: Type.String({ description: 'The active one.' }),
  status: Type.Enum(['active']),
  description: Type.String(),
  tags: Type.Array(Type.String()),
  owner: TextOrNull('Who answers for it.'),
  created_at: Time('When its first version was deployed.'),
};

export const WorkflowSummary = Type.Object(
  { ...summary, version_count: Type.Integer(), updated_at: Time('When a version was last deployed or activated.') },
  { title: 'WorkflowSummary' },
);
export type WorkflowSummaryAnswer = Static<typeof WorkflowSummary>;

export const WorkflowList = Type.Object(
  { workflows: Type.Array(WorkflowSummary), pagination: Pagination },
  { title: 'WorkflowList' },
);

export const VersionSummary = Type.Object(
  {
    workflow_id: Type.String(),
    version: Type.String(),
    active: Type.Boolean(),
    hash: Type.String({ description: 'Of the definition and its context; the ETag.' }),
    description: Type.String(),
    metadata,
    created_at: Time('When it was deployed.'),
  },
  { title: 'VersionSummary' },
);
export type VersionSummaryAnswer = Static<typeof VersionSummary>;

export const VersionList = Type.Object({ versions: Type.Array(VersionSummary) }, { title: 'VersionList' });

export const WorkflowDetail = Type.Object(
  {
    ...summary,
    metadata,
    active: Type.Boolean({ description: 'New executions start on this version.' }),
    hash: Type.String(),
    yaml_content: Type.String(),
    context_yaml: TextOrNull('The WorkflowContext, where it came apart from the workflow.'),
    schema: Type.Object({
      input_schema: AnyJson('JSON Schema, or null.'),
      output_schema: AnyJson('JSON Schema, or null.'),
    }),
    steps: Type.Array(AnyObject('`name`, `type`, and what the type needs, in its normal form.')),
  },
  { title: 'WorkflowDetail' },
);
export type WorkflowDetailAnswer = Static<typeof WorkflowDetail>;

export const RollbackBody = closed(
  {
    version: Type.Optional(
      Type.String({ maxLength: 64, description: 'Default: the one deployed before the active one.' }),
    ),
  },
  { title: 'Rollback' },
);
