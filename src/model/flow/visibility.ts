import type { Reference } from '../../expression/expression.ts';
import { rootNames } from '../fields/name.ts';
import type { Purpose, Sink, Use } from '../sink.ts';
import { didYouMean } from '../suggest.ts';
import { placeInside } from '../yaml/place.ts';
import type { Outline, PlacedList, PlacedStep } from './outline.ts';

/**
 * What expressions may read from where they stand: roots by purpose, steps by place, loop items by their loop.
 *
 * Steps of the same list and of the lists around it are seen, and those inside containers of these lists; not steps of a
 * neighbouring branch or case, nor steps inside a loop from outside.
 */
const everywhere: readonly string[] = [
  'input',
  'steps',
  'execution',
  'workflow',
  'workspace',
  'error',
  'vars',
  'previous',
  'env',
];

interface View {
  readonly steps: ReadonlySet<string>;
  readonly loopNames: readonly string[];
}

interface Context {
  readonly outline: Outline;
  readonly variables: ReadonlySet<string>;
  readonly sink: Sink;
}

export function checkReferences(outline: Outline, sink: Sink): void {
  const variables = new Set(outline.steps.flatMap(({ step }) => step.variables));
  const context: Context = { outline, variables, sink };
  const whole: View = { steps: new Set(namesInside(outline.root)), loopNames: [] };
  for (const use of sink.uses) checkUse(use, whole, context);
  const views = new Map<PlacedList, View>();
  for (const list of outline.lists) views.set(list, viewFrom(list, views));
  for (const placed of outline.steps) {
    if (placed.step.uses.length === 0) continue;
    const around = views.get(placed.list) ?? whole;
    const view = placed.lists.length === 0 ? around : withOwnSteps(placed, around);
    for (const use of placed.step.uses) checkUse(use, view, context);
  }
}

/** Outer lists come first, so the view of the list around is there. */
function viewFrom(list: PlacedList, views: ReadonlyMap<PlacedList, View>): View {
  const around = list.owner && views.get(list.owner.list);
  const hidden = new Set(list.owner?.lists.flatMap((each) => [...namesInside(each)]));
  const outer = [...(around?.steps ?? [])].filter((name) => !hidden.has(name));
  return {
    steps: new Set([...outer, ...namesInside(list)]),
    loopNames: [...(around?.loopNames ?? []), ...(list.owner?.step.loopNames ?? [])],
  };
}

/** A container's own fields see the steps it runs; a loop's also its item. */
function withOwnSteps(placed: PlacedStep, around: View): View {
  const own = placed.lists.flatMap((list) => [...namesInside(list)]);
  return { steps: new Set([...around.steps, ...own]), loopNames: [...around.loopNames, ...placed.step.loopNames] };
}

/** Steps of a list and of the containers in it; a loop keeps its own. */
function* namesInside(list: PlacedList): Generator<string> {
  for (const placed of list.steps) {
    yield placed.step.name;
    if (placed.step.isLoop) continue;
    for (const inner of placed.lists) yield* namesInside(inner);
  }
}

function checkUse(use: Use, view: View, context: Context): void {
  for (const reference of use.references) {
    const fault = secretFault(use, reference) ?? referenceFault(use, reference, { view, context });
    if (fault === undefined) continue;
    const { sink } = context;
    sink.report(fault.code, use.spot, fault.message, placeInside(sink.text, use.spot.node, reference.offset));
  }
}

interface ReferenceFault {
  readonly code: 'EXPRESSION_INVALID' | 'SECRET_MISPLACED';
  readonly message: string;
}

const invalid = (message: string): ReferenceFault => ({ code: 'EXPRESSION_INVALID', message });

function secretFault({ purpose }: Use, { path: [root] }: Reference): ReferenceFault | undefined {
  if (root !== 'secrets' || purpose.secrets) return undefined;
  return {
    code: 'SECRET_MISPLACED',
    message: `a secret may not stand in ${purpose.label}: give it by "input" to the step that needs it`,
  };
}

function referenceFault(
  { purpose }: Use,
  { path }: Reference,
  { view, context }: { view: View; context: Context },
): ReferenceFault | undefined {
  const [root, name] = path;
  if (typeof root !== 'string' || root === 'secrets') return undefined;
  if (purpose.isClosed) return purpose.roots.includes(root) ? undefined : closedFault(root, purpose);
  if (view.loopNames.includes(root)) return undefined;
  if (root === 'steps' && typeof name === 'string') return stepFault(name, view, context);
  if (root === 'vars' && typeof name === 'string' && !context.variables.has(name)) {
    return invalid(`no step sets the variable "${name}"${didYouMean(name, context.variables)}`);
  }
  if (everywhere.includes(root) || purpose.roots.includes(root)) return undefined;
  if (rootNames.has(root)) return invalid(`"$.${root}" cannot be read in ${purpose.label}${placeOf(root)}`);
  return stepFault(root, view, context, [...everywhere, ...purpose.roots, ...view.loopNames]);
}

function closedFault(root: string, { label, roots }: Purpose): ReferenceFault {
  return invalid(
    `"$.${root}" cannot be read in ${label}: only $.${roots[0]} can, the rest goes into a condition after it`,
  );
}

function stepFault(
  name: string,
  view: View,
  { outline }: Context,
  roots: readonly string[] = [],
): ReferenceFault | undefined {
  if (view.steps.has(name)) return undefined;
  if (outline.byName.has(name)) {
    return invalid(`the step "${name}" cannot be seen from here: it runs in another branch, case or loop`);
  }
  return invalid(`there is no step, root or variable "${name}"${didYouMean(name, [...roots, ...view.steps])}`);
}

const places: Readonly<Record<string, string>> = {
  response: ": only a step's output mapping has it",
  result: ": only a step's output mapping has it",
  branches: ': only the output mapping of a container has it',
  iterations: ': only the output mapping of a container has it',
  index: ': only steps inside a loop have it',
  signal: ': only the condition of a wait for a signal has it',
  output: ': only metrics have it; read a step by its name',
};

const placeOf = (root: string): string => places[root] ?? '';
