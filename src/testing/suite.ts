/** A run of tests: every case of every test among the files, one after the other, and what they covered. */
import { brokerOnDemand } from '../broker/drivers.ts';
import { systemClock } from '../kit/clock.ts';
import { seededRandom } from '../kit/random.ts';
import type { Diagnostic } from '../model/diagnostic.ts';
import { openConnectors } from '../steps/connectors.ts';
import { type BoundTest, bindTest } from './bind.ts';
import { type Coverage, openCoverage } from './coverage.ts';
import { type Drill, failEachStep } from './fail-each-step.ts';
import { openLibrary, type TestFile } from './library.ts';
import type { Play } from './play.ts';
import { type CaseResult, playOf, runCase } from './run-case.ts';

export interface SuiteResult {
  readonly cases: readonly CaseResult[];
  /** Errors in documents, and tests that do not fit their workflow: of these no case was run. */
  readonly problems: readonly Diagnostic[];
  readonly coverage: Coverage;
  /** What came of the failures that were tried, where that was asked for. */
  readonly drills: readonly Drill[];
  /** Real milliseconds. */
  readonly tookMs: number;
}

export interface SuiteOptions {
  /** Cases whose name, or whose test's name, holds this text, whatever the case of its letters. */
  readonly filter?: string;
  /** The files whose tests are meant. Default: all. */
  readonly meant?: ReadonlySet<string>;
  /** Tries every failure of every mocked step of the cases that pass. */
  readonly failEachStep?: boolean;
  readonly onCase?: (result: CaseResult) => void;
}

/** Tests that fit their workflows, and what is wrong with the others. */
function bindTests(
  files: readonly TestFile[],
  meant?: ReadonlySet<string>,
): {
  bound: readonly BoundTest[];
  problems: readonly Diagnostic[];
} {
  const library = openLibrary(files);
  const bound: BoundTest[] = [];
  const isMeant = (file: string | undefined): boolean => meant === undefined || meant.has(file ?? '');
  const problems = library.diagnostics.filter(({ file }) => isMeant(file));
  for (const found of library.tests.filter(({ file }) => isMeant(file))) {
    const outcome = bindTest(library, found);
    if (outcome.ok) bound.push(outcome.bound);
    else problems.push(...outcome.problems);
  }
  return { bound, problems: problems.filter(({ severity }) => severity === 'error') };
}

/** Of one test: the places of the cases that are meant, in its list. */
function chosenCases({ test }: BoundTest, filter = ''): readonly number[] {
  const wanted = filter.toLowerCase();
  const isMeant = (name: string): boolean => `${test.name} › ${name}`.toLowerCase().includes(wanted);
  return test.cases.flatMap(({ name }, index) => (isMeant(name) ? [index] : []));
}

export async function runSuite(files: readonly TestFile[], options: SuiteOptions = {}): Promise<SuiteResult> {
  const { filter, onCase, meant } = options;
  const beganAt = systemClock.monotonicMs();
  const { bound, problems } = bindTests(files, meant);
  const coverage = openCoverage();
  const cases: CaseResult[] = [];
  const drills: Drill[] = [];
  for (const each of bound) if (chosenCases(each, filter).length > 0) coverage.expect(each.workflow);
  await withScripts(async (scripts) => {
    for (const each of bound) {
      const chosen = chosenCases(each, filter);
      const play = playOf(each, scripts);
      for (const index of chosen) {
        const result = await runCase(each, index, play);
        coverage.observe(each.workflow, result.performance);
        cases.push(result);
        onCase?.(result);
        if (!options.failEachStep || result.failures.length > 0) continue;
        drills.push(...(await failEachStep(each, index, { play, passed: result.performance })));
      }
    }
  });
  return { cases, problems, drills, coverage: coverage.summary(), tookMs: systemClock.monotonicMs() - beganAt };
}

/** Scripts run in threads that all cases share; they start with the first script. */
async function withScripts<T>(use: (scripts: Play['scripts']) => Promise<T>): Promise<T> {
  const warn = (): void => undefined;
  // Nothing opens it: of all connectors only the one for scripts is called.
  const broker = brokerOnDemand({ type: 'embedded' }, { clock: systemClock, warn });
  const { script: scripts } = openConnectors({ clock: systemClock, random: seededRandom(1), broker, warn });
  if (scripts === undefined) throw new Error('there is no connector for scripts');
  try {
    return await use({ run: (call) => scripts.run(call) });
  } finally {
    await scripts.close?.();
  }
}
