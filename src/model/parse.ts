import type { Definition } from './definition.ts';
import { type Diagnostic, type DiagnosticCode, diagnostics as severities } from './diagnostic.ts';
import { type Context, readContext } from './documents/context.ts';
import { readWorkflow } from './documents/workflow.ts';
import { readWorkflowTest } from './documents/workflow-test.ts';
import { openSink, type Problem, type Sink } from './sink.ts';
import { readStep } from './steps/step.ts';
import { didYouMean } from './suggest.ts';
import type { WorkflowTest } from './workflow-test.ts';
import { indexLines } from './yaml/place.ts';
import { readSource, type SourceDocument } from './yaml/source.ts';
import { describe, findEntry, isMap, pointerOf, rootSpot, type Spot, textOf } from './yaml/tree.ts';

/**
 * YAML text to definitions: every problem found, with its place, and the normal form where none stands in the way.
 *
 * Never throws for a text, whatever it holds, and works within the bounds of `limits.ts`. Comments are kept by keeping
 * the text itself.
 */
export interface Parsed {
  readonly workflows: readonly ParsedWorkflow[];
  readonly contexts: readonly ParsedContext[];
  readonly tests: readonly ParsedTest[];
  /** In the order of the text. */
  readonly diagnostics: readonly Diagnostic[];
}

export interface ParsedWorkflow {
  readonly name: string | undefined;
  readonly version: string | undefined;
  /** Undefined where an error stands in the way. */
  readonly definition: Definition | undefined;
  readonly hasErrors: boolean;
  /** The workflows that its steps run, aliases resolved. */
  readonly calls: readonly PlacedCall[];
  /** Its part of the text, comments included. */
  readonly text: string;
}

/** Whether the workflow is there, and where its own calls lead, can be said only beside what is deployed. */
export interface PlacedCall {
  readonly workflow: string;
  readonly version: string | undefined;
  readonly isDetached: boolean;
  readonly at: Place;
}

export type Place = Pick<Diagnostic, 'pointer' | 'file' | 'line' | 'column'>;

export interface ParsedContext {
  readonly context: Context;
  readonly hasErrors: boolean;
  readonly text: string;
}

export interface ParsedTest {
  /** Which of the documents of the text, from 0. */
  readonly document: number;
  readonly workflow: string | undefined;
  /** Undefined where an error stands in the way. */
  readonly test: WorkflowTest | undefined;
}

export function parseDocuments(text: string, options: { readonly file?: string } = {}): Parsed {
  const source = readSource(text);
  const report = openReport(text, options.file);
  const workflows: ParsedWorkflow[] = [];
  const contexts: ParsedContext[] = [];
  const tests: ParsedTest[] = [];
  for (const { code, message, offset } of source.problems) report.add(code, { pointer: '', offset }, message);
  if (source.documents.length === 0 && source.problems.length === 0) {
    report.add(
      'YAML_INVALID',
      { pointer: '', offset: 0 },
      'the text holds no document: write apiVersion, kind, metadata and spec',
    );
  }
  source.documents.forEach((document, index) => {
    const isSound = source.problems.every((problem) => problem.document !== index);
    const read = readDocument(document, text);
    for (const { code, message, spot, offset } of read.problems) {
      report.add(code, { pointer: pointerOf(spot), offset: offset ?? spot.node.start }, message);
    }
    const errors = read.problems.filter((problem) => severities[problem.code] === 'error');
    const hasErrors = !isSound || errors.length > 0;
    if (read.workflow) {
      const { name, version, build } = read.workflow;
      const calls = read.workflow.calls.map(({ spot, ...call }) => ({ ...call, at: report.placeOf(spot) }));
      const definition = hasErrors ? undefined : build();
      workflows.push({ name, version, definition, hasErrors, calls, text: document.text });
    }
    if (read.context) contexts.push({ context: read.context, hasErrors, text: document.text });
    if (read.test) {
      const { workflow, build } = read.test;
      tests.push({ document: index, workflow, test: hasErrors ? undefined : build() });
    }
  });
  return { workflows, contexts, tests, diagnostics: report.inOrder() };
}

interface Report {
  add(code: DiagnosticCode, at: { readonly pointer: string; readonly offset: number }, message: string): void;
  placeOf(spot: Spot): Place;
  inOrder(): readonly Diagnostic[];
}

function openReport(text: string, file: string | undefined): Report {
  const placeAt = indexLines(text);
  const diagnostics: Diagnostic[] = [];
  const place = (pointer: string, offset: number): Place => ({
    pointer,
    ...(file === undefined ? {} : { file }),
    ...placeAt(offset),
  });
  return {
    add(code, { pointer, offset }, message) {
      diagnostics.push({ code, severity: severities[code], message, ...place(pointer, offset) });
    },
    placeOf: (spot) => place(pointerOf(spot), spot.node.start),
    inOrder: () => diagnostics.sort((a, b) => a.line - b.line || a.column - b.column),
  };
}

interface ReadDocument {
  readonly problems: readonly Problem[];
  readonly workflow?: ReturnType<typeof readWorkflow>;
  readonly context?: Context;
  readonly test?: ReturnType<typeof readWorkflowTest>;
}

function readDocument({ root }: SourceDocument, text: string): ReadDocument {
  if (root === undefined) return { problems: [] };
  const { sink, problems } = openSink({ text, readStep });
  const spot = rootSpot(root);
  switch (kindOf(spot, sink)) {
    case 'Workflow':
      return { workflow: readWorkflow(spot, sink), problems };
    case 'WorkflowContext': {
      const context = readContext(spot, sink);
      return context === undefined ? { problems } : { context, problems };
    }
    case 'WorkflowTest':
      return { test: readWorkflowTest(spot, sink), problems };
    default:
      return { problems };
  }
}

const kinds = ['Workflow', 'WorkflowContext', 'WorkflowTest'];

function kindOf(spot: Spot, sink: Sink): string | undefined {
  if (!isMap(spot)) {
    sink.report(
      'TYPE_WRONG',
      spot,
      `a document must be an object with apiVersion, kind, metadata and spec, it is ${describe(spot.node)}`,
    );
    return undefined;
  }
  const entry = findEntry(spot, 'kind');
  const kind = entry && textOf(entry);
  if (entry === undefined) sink.report('FIELD_MISSING', spot, `the document needs "kind": ${kinds.join(', ')}`);
  else if (kind === undefined || !kinds.includes(kind)) {
    sink.report(
      'KIND_UNKNOWN',
      entry,
      `there is no kind "${kind ?? describe(entry.node)}": ${kinds.join(', ')}${didYouMean(kind ?? '', kinds)}`,
    );
  }
  return kind;
}
