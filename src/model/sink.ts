import type { Reference } from '../expression/expression.ts';
import { type DiagnosticCode, diagnostics } from './diagnostic.ts';
import { problemsMax } from './limits.ts';
import type { DraftStep } from './steps/draft.ts';
import type { ScalarNode, Spot } from './yaml/tree.ts';

/**
 * Where the checks of one document leave what they find: problems, names that lead to steps, and expressions.
 *
 * A check never throws and never stops the others. A step forks the sink for its links and uses, so that the flow analysis
 * knows whose they are; problems go to one list, which is bounded.
 */
export interface Problem {
  readonly code: DiagnosticCode;
  readonly message: string;
  readonly spot: Spot;
  /** Place in the document's text where it is not the spot's own start. */
  readonly offset?: number;
}

export interface Sink {
  readonly text: string;
  readonly links: Link[];
  readonly uses: Use[];
  /** Of the whole document. */
  readonly calls: Call[];
  report(code: DiagnosticCode, spot: Spot, message: string, offset?: number): void;
  /** A sink for one step: the same problems, links and uses of its own. */
  fork(): Sink;
  /** Reads a step wherever one may be written; given here because tables of steps hold lists of steps. */
  readonly readStep: ReadStep;
}

export type ReadStep = (spot: Spot, sink: Sink, manner?: StepManner) => DraftStep;

/** How a step written inside an action or a `compensate` block differs from one in a list. */
export interface StepManner {
  readonly isHoisted: boolean;
  readonly defaultType: string;
  readonly defaultName?: string;
}

export type LinkKind = 'on_success' | 'on_failure' | 'fallback_step' | 'depends_on' | 'compensate' | 'goto';

/** A place where a step is named. */
export interface Link {
  readonly kind: LinkKind;
  readonly target: string;
  readonly spot: Spot;
}

/** A place where an expression reads. */
export interface Use {
  readonly purpose: Purpose;
  readonly references: readonly Reference[];
  readonly spot: Spot<ScalarNode>;
}

/** A place where another workflow is named, to be run by a step. */
export interface Call {
  /** As written: a workflow's name, or an alias. */
  readonly workflow: string;
  readonly version: string | undefined;
  readonly isDetached: boolean;
  readonly spot: Spot;
}

/** What an expression is for: which roots it may read beside those that are always there, and whether secrets are. */
export interface Purpose {
  readonly roots: readonly string[];
  readonly secrets: boolean;
  /** Reads its own roots alone: whoever evaluates it knows nothing of the execution. */
  readonly isClosed?: boolean;
  /** For messages: "a condition", "an output". */
  readonly label: string;
}

export const purposes = {
  condition: { roots: [], secrets: false, label: 'a condition' },
  signal: { roots: ['signal'], secrets: false, label: 'a condition' },
  value: { roots: [], secrets: false, label: 'a recorded value' },
  /** Resolved at hand-over and never recorded, hence the one place for secrets. */
  input: { roots: [], secrets: true, label: 'an input' },
  /** The input of a step that hands it to nobody. */
  recorded: { roots: [], secrets: false, label: 'the input of a step that calls nothing outside' },
  output: { roots: ['response', 'result'], secrets: false, label: 'an output' },
  containerOutput: { roots: ['response', 'result', 'branches', 'iterations'], secrets: false, label: 'an output' },
  /** What the server that made a call takes of its answer. */
  response: { roots: ['response', 'result'], secrets: false, isClosed: true, label: 'a test of a response' },
  /** What a test answers in the place of whoever is called. */
  mock: { roots: ['input', 'call', 'attempt'], secrets: false, isClosed: true, label: 'a mock' },
  /** What a test expects of an execution that has ended. */
  expectation: {
    roots: ['input', 'output', 'status', 'error', 'steps', 'vars', 'calls', 'duration'],
    secrets: false,
    isClosed: true,
    label: 'an expectation',
  },
  metric: { roots: ['output'], secrets: false, label: 'a metric' },
} as const satisfies Record<string, Purpose>;

/** Problems are bounded by severity, so that many warnings cannot hide an error. */
export function openSink({ text, readStep }: { text: string; readStep: ReadStep }): {
  sink: Sink;
  problems: Problem[];
} {
  const problems: Problem[] = [];
  const calls: Call[] = [];
  const counts = { error: 0, warning: 0 };
  const sinkWith = (links: Link[], uses: Use[]): Sink => ({
    text,
    links,
    uses,
    calls,
    readStep,
    report(code, spot, message, offset) {
      const severity = diagnostics[code];
      counts[severity] += 1;
      if (counts[severity] <= problemsMax)
        problems.push({ code, message, spot, ...(offset === undefined ? {} : { offset }) });
    },
    fork: () => sinkWith([], []),
  });
  return { sink: sinkWith([], []), problems };
}
