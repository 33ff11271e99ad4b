import type { LinkKind, Sink } from '../sink.ts';
import { endName } from './links.ts';
import type { Outline, PlacedList, PlacedStep } from './outline.ts';

/** The ways of one sequence: what is reached, what leads back, what is listed before what names it. */
export function checkSequence(list: PlacedList, { outline, handlers, sink }: FlowContext): void {
  const ways = waysOf(list, { outline, handlers, sink });
  reportUnreachable(list, ways, { outline, handlers, sink });
  for (const placed of list.steps) {
    reportRepeats(placed, ways, sink);
    reportHandlerBeforeUse(placed, { outline, handlers, sink });
  }
}

export interface FlowContext {
  readonly outline: Outline;
  readonly handlers: ReadonlySet<string>;
  readonly sink: Sink;
}

type Ways = ReadonlyMap<PlacedStep, readonly PlacedStep[]>;

/** From each step of the list to those it may lead to. A fallback goes on where the step it replaces would. */
function waysOf(list: PlacedList, context: FlowContext): Ways {
  const ways = new Map<PlacedStep, PlacedStep[]>();
  for (const placed of list.steps) {
    const next = successorOf(placed, context);
    const named = targetsOf(placed, context.outline);
    ways.set(placed, [...(ways.get(placed) ?? []), ...(next ? [next] : []), ...named]);
    for (const fallback of targetsOf(placed, context.outline, ['fallback_step'])) {
      if (next && fallback.step.onSuccess === undefined) ways.set(fallback, [...(ways.get(fallback) ?? []), next]);
    }
  }
  return ways;
}

const named: readonly LinkKind[] = ['on_failure', 'fallback_step', 'compensate'];

function targetsOf(
  { step, list }: PlacedStep,
  outline: Outline,
  kinds: readonly LinkKind[] = named,
): readonly PlacedStep[] {
  return step.links.flatMap(({ kind, target }) => {
    const found = kinds.includes(kind) ? outline.byName.get(target) : undefined;
    return found?.list === list ? [found] : [];
  });
}

/** Where a step leads after success; a handler without `on_success` leads nowhere. */
function successorOf({ step, list, index }: PlacedStep, { outline, handlers }: FlowContext): PlacedStep | undefined {
  if (step.onSuccess !== undefined) {
    const found = step.onSuccess === endName ? undefined : outline.byName.get(step.onSuccess);
    return found?.list === list ? found : undefined;
  }
  if (handlers.has(step.name)) return undefined;
  return list.steps.slice(index + 1).find((next) => !handlers.has(next.step.name));
}

function reportUnreachable(list: PlacedList, ways: Ways, { outline, handlers, sink }: FlowContext): void {
  const entry = list.steps[0];
  const reached = new Set(entry === undefined ? [] : reachedFrom(entry, ways));
  const fromRules = list === outline.root ? sink.links.flatMap((link) => outline.byName.get(link.target) ?? []) : [];
  for (const start of [...fromRules, ...list.steps.filter(({ step }) => step.isHoisted)]) {
    for (const placed of reachedFrom(start, ways)) reached.add(placed);
  }
  for (const placed of list.steps) {
    // A handler is named by somebody; where that one is unreachable, it is the one to tell.
    if (reached.has(placed) || handlers.has(placed.step.name)) continue;
    sink.report(
      'STEP_UNREACHABLE',
      placed.step.nameSpot,
      `no step leads to "${placed.step.name}": name it by on_success, or remove it`,
    );
  }
}

function reachedFrom(start: PlacedStep, ways: Ways): ReadonlySet<PlacedStep> {
  const reached = new Set([start]);
  for (const placed of reached) {
    for (const next of ways.get(placed) ?? []) reached.add(next);
  }
  return reached;
}

/** A jump to an earlier step that comes round again, without a bound that the writer chose. */
function reportRepeats(placed: PlacedStep, ways: Ways, sink: Sink): void {
  for (const { kind, target, spot } of placed.step.links) {
    if (kind !== 'on_success' && kind !== 'on_failure') continue;
    const back = placed.list.steps.find(({ step, index }) => step.name === target && index <= placed.index);
    if (back === undefined || placed.step.maxVisits !== undefined || back.step.maxVisits !== undefined) continue;
    if (!reachedFrom(back, ways).has(placed)) continue;
    sink.report(
      'STEP_REPEATS',
      spot,
      `"${placed.step.name}" leads back to "${target}", which may run 100 times: give "${target}" a "max_visits"`,
    );
  }
}

/** Only a later failure names it, so it is a handler: the sequence passes over it, which may surprise. */
function reportHandlerBeforeUse({ step, list, index }: PlacedStep, { handlers, sink }: FlowContext): void {
  if (!handlers.has(step.name) || step.isHoisted) return;
  const users = list.steps.filter(({ step: user }) => user.links.some((link) => link.target === step.name));
  if (users.length === 0 || users.some((user) => user.index < index)) return;
  const before = list.steps[index - 1]?.step.name ?? '';
  sink.report(
    'HANDLER_BEFORE_USE',
    step.nameSpot,
    `"${step.name}" is only named by failures of later steps, so the sequence passes over it: if it should run, write on_success: ${step.name} at "${before}"; else list it last`,
  );
}
