/** The names of a version's own steps, for progress. Read once a version: definitions never change under their hash. */
import type { ExecutionState } from '../core/state.ts';
import type { Versions } from '../engine/engine.ts';
import { Fault } from '../kit/fault.ts';
import { stepsOf } from './answers/workflow-answer.ts';

const versionsKeptMax = 1_000;

/** The version that an execution runs on. */
export type VersionRef = Pick<ExecutionState, 'workspace' | 'workflow' | 'version' | 'definition'>;

export interface StepNames {
  /** Undefined where they have not been read yet. */
  known(definition: string): ReadonlySet<string> | undefined;
  /** Empty where the version cannot be found any more. */
  read(version: VersionRef): Promise<ReadonlySet<string>>;
}

export function openStepNames(versions: Pick<Versions, 'get'>): StepNames {
  const kept = new Map<string, ReadonlySet<string>>();
  return {
    known: (definition) => kept.get(definition),
    async read(version) {
      const names = await readNames(versions, version);
      const oldest = kept.size >= versionsKeptMax ? kept.keys().next().value : undefined;
      if (oldest !== undefined) kept.delete(oldest);
      kept.set(version.definition, names);
      return names;
    },
  };
}

async function readNames(versions: Pick<Versions, 'get'>, ref: VersionRef): Promise<ReadonlySet<string>> {
  try {
    const version = await versions.get(ref.workspace, ref.workflow, ref.version);
    const steps = stepsOf(JSON.parse(version.definition)).filter((step) => step['handler'] !== true);
    return new Set(steps.map((step) => String(step['name'])));
  } catch (error) {
    if (Fault.is(error, 'WORKFLOW_NOT_FOUND') || Fault.is(error, 'VERSION_NOT_FOUND')) return new Set();
    throw error;
  }
}
