/** A definition as the checks read it: every step by name, every list by id, and where each step leads. Written apart from
 * the engine's own compiler on purpose: two readings of the same text are compared. */
import type { Definition, Step, StepList } from '../../../src/model/definition.ts';

export interface OutlinedList {
  readonly id: string;
  readonly isGraph: boolean;
  readonly steps: readonly Step[];
}

export interface Outline {
  readonly definition: Definition;
  readonly lists: ReadonlyMap<string, OutlinedList>;
  readonly steps: ReadonlyMap<string, { readonly step: Step; readonly list: OutlinedList }>;
  /** The step after this one, or `end`; undefined in a graph. */
  next(name: string): string;
}

export function outlineOf(definition: Definition): Outline {
  const lists = new Map<string, OutlinedList>();
  const steps = new Map<string, { step: Step; list: OutlinedList }>();

  function add(source: StepList, id: string): void {
    const list: OutlinedList = { id, isGraph: source.flow === 'graph', steps: source.steps };
    lists.set(id, list);
    for (const step of source.steps) {
      steps.set(step.name, { step, list });
      const prefix = id === '' ? step.name : `${id}.${step.name}`;
      if (step.type === 'condition') {
        for (const [index, branch] of step.cases.entries()) add(branch.list, `${prefix}.${index}`);
        if (step.otherwise) add(step.otherwise, `${prefix}.otherwise`);
      }
      if (step.type === 'loop') add(step.list, `${prefix}.round`);
      if (step.type === 'parallel') for (const branch of step.branches) add(branch.list, `${prefix}.${branch.name}`);
    }
  }

  add(definition.steps, '');
  return {
    definition,
    lists,
    steps,
    next(name) {
      const found = steps.get(name);
      if (!found) return 'end';
      const { step, list } = found;
      if (step.onSuccess !== undefined) return step.onSuccess;
      if (step.handler) return 'end';
      const after = list.steps.slice(list.steps.indexOf(step) + 1);
      return after.find((other) => !other.handler)?.name ?? 'end';
    },
  };
}
