import { keySpot } from '../fields/kind.ts';
import type { Sink } from '../sink.ts';
import type { PlacedList, PlacedStep } from './outline.ts';

/** The rules of a list whose steps wait for each other: no `on_success`, no cycle. */
export function checkGraph(list: PlacedList, sink: Sink): void {
  for (const { step } of list.steps) {
    const { node } = step.spot;
    const entry = node.kind === 'map' ? node.entries.find((each) => each.key === 'on_success') : undefined;
    if (entry)
      sink.report(
        'MIXED_FLOW',
        keySpot(step.spot, entry),
        `a list with "depends_on" has no "on_success": let the next step depend on "${step.name}"`,
      );
  }
  for (const cycle of findCycles(list)) {
    const [first] = cycle;
    if (first === undefined) continue;
    const path = [...cycle, first].map(({ step }) => step.name).join(' → ');
    sink.report('STEP_CYCLE', first.step.nameSpot, `the steps wait for each other: ${path}; take one depends_on out`);
  }
}

/** One cycle for each knot of steps, found by walking against `depends_on`; each step is walked once. */
function findCycles(list: PlacedList): PlacedStep[][] {
  const byName = new Map(list.steps.map((placed) => [placed.step.name, placed]));
  const done = new Set<PlacedStep>();
  const path: PlacedStep[] = [];
  const cycles: PlacedStep[][] = [];
  const walk = (placed: PlacedStep): void => {
    const start = path.indexOf(placed);
    if (start !== -1) {
      cycles.push(path.slice(start).reverse());
      return;
    }
    if (done.has(placed)) return;
    done.add(placed);
    path.push(placed);
    for (const name of placed.step.dependsOn) {
      const next = byName.get(name);
      if (next) walk(next);
    }
    path.pop();
  };
  for (const placed of list.steps) walk(placed);
  return cycles.map(fromFirstListed);
}

function fromFirstListed(cycle: PlacedStep[]): PlacedStep[] {
  const start = cycle.indexOf(cycle.reduce((first, placed) => (placed.index < first.index ? placed : first)));
  return [...cycle.slice(start), ...cycle.slice(0, start)];
}
