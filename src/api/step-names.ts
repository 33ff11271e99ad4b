/** The names of a version's own steps, for progress. Read once a version: definitions never change under their hash. */
import type { ExecutionState } from '../core/state.ts';
import type { Versions } from '../engine/engine.ts';
import { Fault } from '../kit/fault.ts';
import { stepsOf } from './answers/workflow-answer.ts';

const versionsKeptMax = 1_000;

export interface StepNames {
  /** Undefined where the version cannot be found any more. */
  of(state: Readonly<ExecutionState>): Promise<ReadonlySet<string> | undefined>;
}

export function openStepNames(versions: Pick<Versions, 'get'>): StepNames {
  const known = new Map<string, ReadonlySet<string>>();
  return {
    async of(state) {
      const found = known.get(state.definition) ?? (await readNames(versions, state));
      if (found === undefined || known.has(state.definition)) return found;
      const oldest = known.size >= versionsKeptMax ? known.keys().next().value : undefined;
      if (oldest !== undefined) known.delete(oldest);
      known.set(state.definition, found);
      return found;
    },
  };
}

async function readNames(
  versions: Pick<Versions, 'get'>,
  state: Readonly<ExecutionState>,
): Promise<ReadonlySet<string> | undefined> {
  try {
    const version = await versions.get(state.workspace, state.workflow, state.version);
    const steps = stepsOf(JSON.parse(version.definition)).filter((step) => step['handler'] !== true);
    return new Set(steps.map((step) => String(step['name'])));
  } catch (error) {
    if (Fault.is(error, 'WORKFLOW_NOT_FOUND') || Fault.is(error, 'VERSION_NOT_FOUND')) return undefined;
    throw error;
  }
}
