import { present } from '../../kit/assert.ts';
import type { Definition, StepList } from '../definition.ts';
import { type Fields, object, type Read, required, reservedOf } from '../fields/field.ts';
import { choice } from '../fields/kind.ts';
import { analyseFlow } from '../flow.ts';
import type { Call, Sink } from '../sink.ts';
import { type DraftList, isGraph } from '../steps/draft.ts';
import { findEntry, type Spot } from '../yaml/tree.ts';
import { resolveCalls } from './includes.ts';
import { apiVersion, workflowMetadata } from './metadata.ts';
import { workflowSpec } from './spec.ts';

/** A document of kind Workflow: reads it, checks its flow, and gives its normal form on demand. */
export const workflowDocument = object('a workflow', {
  apiVersion: required('apiVersion', apiVersion, 'The version of the language.'),
  kind: required('kind', choice('Workflow'), 'What the document is.'),
  metadata: required('metadata', object('metadata', workflowMetadata), 'What the workflow is called.'),
  spec: required('spec', object('spec', workflowSpec), 'What the workflow does.'),
} satisfies Fields);

export interface DraftWorkflow {
  readonly name: string | undefined;
  readonly version: string | undefined;
  /** The workflows that its steps run. */
  readonly calls: readonly Call[];
  /** Called only where no problem stands in the way. */
  build(): Definition;
}

export function readWorkflow(spot: Spot, sink: Sink): DraftWorkflow {
  const read = workflowDocument.read(spot, sink);
  const { metadata = {}, spec = {} } = read ?? {};
  const root = rootList(spec);
  const handlers = root === undefined ? new Set<string>() : analyseFlow(root, sink);
  return {
    name: metadata.name,
    version: metadata.version,
    calls: resolveCalls(sink.calls, spec.includes ?? {}, sink),
    build: () =>
      buildDefinition({
        metadata,
        spec,
        specSpot: findEntry(spot, 'spec') ?? spot,
        root: present(root, 'steps'),
        handlers,
      }),
  };
}

/** Steps written inside actions stand at the end of the root list. */
function rootList({ steps, errorHandling }: Read<typeof workflowSpec>): DraftList | undefined {
  return steps && { ...steps, steps: [...steps.steps, ...(errorHandling?.hoisted ?? [])] };
}

interface Parts {
  readonly metadata: Read<typeof workflowMetadata>;
  readonly spec: Read<typeof workflowSpec>;
  readonly specSpot: Spot;
  readonly root: DraftList;
  readonly handlers: ReadonlySet<string>;
}

function buildDefinition({ metadata, spec, specSpot, root, handlers }: Parts): Definition {
  const list = (draft: DraftList): StepList => ({
    flow: isGraph(draft) ? 'graph' : 'sequence',
    steps: draft.steps.map((step) => step.build({ isHandler: (name) => handlers.has(name), list, retry: spec.retry })),
  });
  const { steps: _steps, errorHandling, triggers: _t, metrics: _m, alerts: _a, security: _s, ...kept } = spec;
  const { name, version, ...described } = metadata;
  const reserved = reservedOf(workflowSpec, specSpot);
  return {
    name: present(name, 'name'),
    version: present(version, 'version'),
    ...described,
    ...kept,
    ...(errorHandling === undefined ? {} : { errorHandling: errorHandling.value }),
    steps: list(root),
    ...(reserved === undefined ? {} : { reserved }),
  };
}
