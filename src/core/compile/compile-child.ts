import type { Includes, WorkflowStep } from '../../model/definition.ts';
import type { ChildTarget } from '../child-events.ts';

/** Whom a `workflow` step calls: what stands under its alias, or the workflow of that name. */
export function targetOf(
  { workflow, version, mode, onParentCancel }: WorkflowStep,
  includes: Includes = {},
): ChildTarget {
  const include = Object.hasOwn(includes, workflow) ? includes[workflow] : undefined;
  const chosen = include?.version ?? version;
  return {
    workflow: include?.workflow ?? workflow,
    ...(chosen === undefined ? {} : { version: chosen }),
    ...(mode === 'detached' ? { isDetached: true } : {}),
    ...(onParentCancel === 'abandon' ? { outlivesParent: true } : {}),
  };
}
