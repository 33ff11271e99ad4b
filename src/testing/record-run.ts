/**
 * A recorded test, tried against the workflow that it was recorded from before anybody gets it.
 *
 * Ids, random numbers and times of day are those of the test and not those of that day. Where an expectation holds
 * different ones it is narrowed to what is the same, and told; what still fails then is told too.
 */
import { stringify } from 'yaml';
import { isObject, type Json, type JsonObject } from '../kit/json.ts';
import { type RecordedExecution, recordTest } from './record.ts';
import type { CaseResult } from './run-case.ts';
import { runSuite } from './suite.ts';

export interface Recording {
  /** YAML, ready for a file beside the workflow. */
  readonly text: string;
  readonly notes: readonly string[];
}

/** `texts`: the workflow, its context where that came apart, and workflows that it calls. */
export async function recordAndTry(execution: RecordedExecution, texts: readonly string[]): Promise<Recording> {
  const { document, notes } = recordTest(execution);
  const first = await tryOut(document, texts);
  if ('problem' in first)
    return { text: textOf(document, execution), notes: [...notes, `it could not be tried: ${first.problem}`] };
  if (first.failures.length === 0) return { text: textOf(document, execution), notes };
  const narrowed = narrow(document, first);
  const second = await tryOut(narrowed.document, texts);
  const rest = 'problem' in second ? [second.problem] : second.failures.map(({ message }) => message);
  return {
    text: textOf(narrowed.document, execution),
    notes: [...notes, ...narrowed.notes, ...rest.map((told) => `it does not pass as it is: ${told}`)],
  };
}

async function tryOut(
  document: JsonObject,
  texts: readonly string[],
): Promise<CaseResult | { readonly problem: string }> {
  const files = texts.map((text, index) => ({ path: `${index}.yaml`, text }));
  const { cases, problems } = await runSuite([
    ...files,
    { path: 'recorded.test.yaml', text: stringify(document, written) },
  ]);
  return cases[0] ?? { problem: problems[0]?.message ?? 'it has no case' };
}

const written = { aliasDuplicateObjects: false, lineWidth: 120 } as const;

const textOf = (document: JsonObject, { executionId }: RecordedExecution): string =>
  `# Recorded from execution ${executionId}. Rename the case to what it shows.\n${stringify(document, written)}`;

/** The expectations that hold, and what is the same of those that do not. */
function narrow(
  document: JsonObject,
  { failures, performance }: CaseResult,
): { document: JsonObject; notes: string[] } {
  const spec = document['spec'] as JsonObject;
  const [recorded] = spec['cases'] as readonly JsonObject[];
  const failed = new Set(
    failures.map(({ pointer }) => pointer.replace('/spec/cases/0/expect/', '').replace(/\/.*$/, '')),
  );
  const expect: Record<string, Json> = { ...((recorded?.['expect'] ?? {}) as JsonObject) };
  const notes: string[] = [];
  if (failed.has('output') && expect['output'] !== undefined) {
    const same = sameParts(expect['output'], performance.state?.output ?? null);
    if (same !== undefined) expect['output_includes'] = same;
    delete expect['output'];
    notes.push('the output is expected in part: the rest holds ids, random numbers or times that are new each time');
  }
  if (failed.has('steps')) {
    delete expect['steps'];
    notes.push('the order of the steps is not expected: it was another one when it was played again');
  }
  if (failed.has('error')) {
    expect['error'] = { code: (expect['error'] as JsonObject | undefined)?.['code'] ?? null };
    notes.push('of the error the code alone is expected');
  }
  return { document: { ...document, spec: { ...spec, cases: [{ ...recorded, expect }] } }, notes };
}

/** What is equal in both; lists are taken whole or not at all. Undefined where nothing is. */
function sameParts(expected: Json, actual: Json): Json | undefined {
  if (isObject(expected) && isObject(actual)) {
    const members = Object.entries(expected as JsonObject).flatMap(([name, each]) => {
      const other = Object.hasOwn(actual, name) ? (actual as JsonObject)[name] : undefined;
      const same = other === undefined ? undefined : sameParts(each, other);
      return same === undefined ? [] : [[name, same] as const];
    });
    return members.length === 0 ? undefined : Object.fromEntries(members);
  }
  return JSON.stringify(expected) === JSON.stringify(actual) ? expected : undefined;
}
