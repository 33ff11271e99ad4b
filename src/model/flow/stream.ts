import type { Sink } from '../sink.ts';
import type { DraftStep } from '../steps/draft.ts';
import type { PlacedList } from './outline.ts';

/** A loop with `stream` stands in a graph, behind a loop of the same list whose results are what its rounds gave. */
export function checkStreams(list: PlacedList, sink: Sink): void {
  const byName = new Map(list.steps.map(({ step }) => [step.name, step]));
  for (const { step } of list.steps) {
    const fault = step.stream && faultOf(step, byName.get(step.stream.source));
    if (step.stream && fault !== undefined) sink.report('FIELD_CONFLICT', step.stream.spot, fault);
  }
}

function faultOf({ stream, dependsOn }: DraftStep, source: DraftStep | undefined): string | undefined {
  const name = stream?.source ?? '';
  if (source === undefined) return `"stream" needs "${name}" to be a loop of this list`;
  if (source.unstreamable !== undefined) return `"stream" cannot take from "${name}", which ${source.unstreamable}`;
  return dependsOn.includes(name) ? undefined : `"stream" needs "depends_on: [${name}]"`;
}
