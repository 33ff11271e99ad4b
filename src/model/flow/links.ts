import type { Link, LinkKind, Sink } from '../sink.ts';
import { didYouMean } from '../suggest.ts';
import type { Outline, PlacedList } from './outline.ts';

/** Names that lead to steps: those that lead nowhere, those that lead to another list, and what they make of a step. */
export const endName = 'end';

export function checkLinks(outline: Outline, sink: Sink): void {
  for (const link of sink.links) checkLink(link, outline.root, { outline, sink });
  for (const placed of outline.steps) {
    for (const link of placed.step.links) checkLink(link, placed.list, { outline, sink });
  }
}

/** Only the plain way on may be `end`: there is nothing to run under that name. */
const mayEnd: ReadonlySet<LinkKind> = new Set(['on_success', 'on_failure', 'goto']);

function checkLink(
  { kind, target, spot }: Link,
  from: PlacedList,
  { outline, sink }: { outline: Outline; sink: Sink },
): void {
  if (target === endName && mayEnd.has(kind)) return;
  const found = outline.byName.get(target);
  if (found?.list === from) return;
  if (found !== undefined) {
    const place = from.owner === undefined ? "the workflow's own list" : `its list in "${from.owner.step.name}"`;
    sink.report('STEP_ELSEWHERE', spot, `the step "${target}" stands in another list: name a step of ${place}`);
    return;
  }
  const hint = didYouMean(target, outline.byName.keys());
  if (kind === 'depends_on')
    sink.report(
      'DEPENDENCY_UNDEFINED',
      spot,
      `the step "${target}" is not defined, so this one could never start${hint}`,
    );
  else
    sink.report(
      'STEP_UNDEFINED',
      spot,
      `the step "${target}" is not defined: reaching it fails with UNDEFINED_STEP${hint}`,
    );
}

/**
 * Handlers: steps written inside an action or a `compensate` block, and those that are only ever named by `on_failure`,
 * `fallback_step` or a compensation. The first listed step is the entry, whoever names it; a `goto` says neither.
 */
export function findHandlers(outline: Outline, sink: Sink): ReadonlySet<string> {
  const namedBy = new Map<string, Set<LinkKind>>();
  const links = [sink.links, ...outline.steps.map((placed) => placed.step.links)].flat();
  for (const { kind, target } of links) {
    const kinds = namedBy.get(target) ?? new Set();
    namedBy.set(target, kinds.add(kind));
  }
  const isHandler = (kinds: ReadonlySet<LinkKind>): boolean =>
    !kinds.has('on_success') &&
    !kinds.has('depends_on') &&
    (kinds.has('on_failure') || kinds.has('fallback_step') || kinds.has('compensate'));
  const handlers = outline.steps.filter(
    ({ step, index }) => step.isHoisted || (index > 0 && isHandler(namedBy.get(step.name) ?? new Set())),
  );
  return new Set(handlers.map(({ step }) => step.name));
}
