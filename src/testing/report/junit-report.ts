import type { Drill } from '../fail-each-step.ts';
import type { CaseResult } from '../run-case.ts';
import type { SuiteResult } from '../suite.ts';
import { problemLine } from './text-report.ts';

/** A run as JUnit XML: a suite a test document, a failure a case with every expectation that did not hold. */
export function junitReport({ cases, problems, drills, tookMs }: SuiteResult): string {
  const suites = Map.groupBy(cases, ({ file, test }) => `${test} (${file})`);
  const failed = cases.filter(({ failures }) => failures.length > 0).length;
  const lines = [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites tests="${cases.length + drills.length}" failures="${failed + drills.filter(({ flaw }) => flaw).length}" errors="${problems.length}" time="${seconds(tookMs)}">`,
    ...[...suites].flatMap(([name, own]) => suiteLines(name, own)),
    ...(drills.length === 0 ? [] : drillLines(drills)),
    ...(problems.length === 0 ? [] : errorLines(problems.map(problemLine))),
    '</testsuites>',
  ];
  return `${lines.join('\n')}\n`;
}

function suiteLines(name: string, cases: readonly CaseResult[]): string[] {
  const failed = cases.filter(({ failures }) => failures.length > 0).length;
  const tookMs = cases.reduce((total, each) => total + each.tookMs, 0);
  return [
    `  <testsuite name="${escaped(name)}" tests="${cases.length}" failures="${failed}" time="${seconds(tookMs)}">`,
    ...cases.flatMap(caseLines),
    '  </testsuite>',
  ];
}

function caseLines({ name, workflow, file, line, tookMs, failures }: CaseResult): string[] {
  const head = `    <testcase name="${escaped(name)}" classname="${escaped(workflow)}" file="${escaped(file)}" line="${line}" time="${seconds(tookMs)}"`;
  const [first] = failures;
  if (first === undefined) return [`${head}/>`];
  const told = failures.flatMap((each) => [
    `${file}:${each.line}:${each.column} ${each.message}`,
    ...each.lines.map((one) => `  ${one}`),
  ]);
  return [
    `${head}>`,
    `      <failure message="${escaped(first.message)}">${escaped(told.join('\n'))}</failure>`,
    '    </testcase>',
  ];
}

/** Each failure that was tried is a case: it fails where it ends as nobody can have meant. */
function drillLines(drills: readonly Drill[]): string[] {
  const flawed = drills.filter(({ flaw }) => flaw !== undefined).length;
  return [
    `  <testsuite name="fail each step" tests="${drills.length}" failures="${flawed}" time="0">`,
    ...drills.map(({ name, workflow, step, failure, flaw }) => {
      const head = `    <testcase name="${escaped(`${name}: ${step} fails by ${failure}`)}" classname="${escaped(workflow)}" time="0"`;
      return flaw === undefined ? `${head}/>` : `${head}><failure message="${escaped(flaw)}"/></testcase>`;
    }),
    '  </testsuite>',
  ];
}

/** Documents that could not be run are errors of a case that bears their name. */
function errorLines(problems: readonly string[]): string[] {
  return [
    `  <testsuite name="documents" tests="${problems.length}" failures="0" errors="${problems.length}" time="0">`,
    ...problems.map(
      (each) =>
        `    <testcase name="${escaped(each)}" classname="documents"><error message="${escaped(each)}"/></testcase>`,
    ),
    '  </testsuite>',
  ];
}

const seconds = (ms: number): string => (ms / 1_000).toFixed(3);

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\n': '&#10;',
  '\t': '&#9;',
};

/** XML 1.0 has no other control characters at all, not even escaped. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out
const unwritable = /[\u0000-\u001f\u007f\ufffe\uffff]/g;

const escaped = (text: string): string =>
  text
    .replace(/[&<>"\n\t]/g, (each) => entities[each] ?? '')
    .replace(unwritable, '?')
    .toWellFormed();
