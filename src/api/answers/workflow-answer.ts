/** Workflows and versions as callers see them. */
import type {
  DeployedAnswer,
  ValidationAnswer,
  VersionSummaryAnswer,
  WorkflowDetailAnswer,
  WorkflowSummaryAnswer,
} from '../../contract/workflows.ts';
import type { Deployed } from '../../engine/engine.ts';
import { isObject, type JsonObject, member } from '../../kit/json.ts';
import type { Diagnostic } from '../../model/diagnostic.ts';
import type { StoredVersion, StoredWorkflow } from '../../storage/catalog.ts';
import { isoTime } from './time.ts';

export function workflowSummary(workflow: StoredWorkflow): WorkflowSummaryAnswer {
  return {
    id: workflow.name,
    name: workflow.name,
    version: workflow.activeVersion,
    status: 'active',
    description: workflow.description,
    tags: [...workflow.tags],
    owner: workflow.owner,
    created_at: isoTime(workflow.createdAt),
    version_count: workflow.versionCount,
    updated_at: isoTime(workflow.updatedAt),
  };
}

export function workflowDetail(version: StoredVersion): WorkflowDetailAnswer {
  const definition: unknown = JSON.parse(version.definition);
  return {
    id: version.name,
    name: version.name,
    version: version.version,
    status: 'active',
    description: version.description,
    tags: [...version.tags],
    owner: version.owner,
    created_at: isoTime(version.createdAt),
    metadata: version.metadata,
    active: version.active,
    hash: version.hash,
    yaml_content: version.yaml,
    context_yaml: version.contextYaml,
    schema: {
      input_schema: member(definition, 'inputSchema') ?? null,
      output_schema: member(definition, 'outputSchema') ?? null,
    },
    steps: stepsOf(definition),
  };
}

/** The steps of the workflow's own list, in their normal form. */
export function stepsOf(definition: unknown): JsonObject[] {
  const steps = member(member(definition, 'steps'), 'steps');
  return Array.isArray(steps) ? steps.filter((step): step is JsonObject => isObject(step)) : [];
}

export function versionSummary(version: StoredVersion): VersionSummaryAnswer {
  return {
    workflow_id: version.name,
    version: version.version,
    active: version.active,
    hash: version.hash,
    description: version.description,
    metadata: version.metadata,
    created_at: isoTime(version.createdAt),
  };
}

export function deployedAnswer({ name, version, diagnostics }: Deployed): DeployedAnswer {
  const self = `/api/v1/workflows/${name}`;
  return {
    id: name,
    name,
    version: version?.version ?? null,
    status: version ? 'active' : 'waiting_for_workflow',
    validation_status: diagnostics.length > 0 ? 'valid_with_warnings' : 'valid',
    diagnostics: [...diagnostics],
    endpoints: { self, execute: `${self}/execute`, versions: `${self}/versions`, metrics: `${self}/metrics` },
  };
}

export function validationAnswer(diagnostics: readonly Diagnostic[], isStrict: boolean): ValidationAnswer {
  const valid = !diagnostics.some((diagnostic) => isStrict || diagnostic.severity === 'error');
  const soundness = diagnostics.length > 0 ? 'valid_with_warnings' : 'valid';
  return { valid, validation_status: valid ? soundness : 'invalid', diagnostics: [...diagnostics] };
}
