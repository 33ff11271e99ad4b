import type { Diagnostic } from '../../model/diagnostic.ts';
import { type Coverage, type Share, shareOf, type WorkflowCoverage } from '../coverage.ts';
import { durationText } from '../duration-text.ts';
import type { CaseResult } from '../run-case.ts';
import type { SuiteResult } from '../suite.ts';

/** A run for people, as lines; colour where it is shown on a terminal. */
export interface Paint {
  readonly good: (text: string) => string;
  readonly bad: (text: string) => string;
  readonly faint: (text: string) => string;
}

export const plain: Paint = { good: (text) => text, bad: (text) => text, faint: (text) => text };

const painted = (code: number) => (text: string) => `\u001b[${code}m${text}\u001b[0m`;
export const coloured: Paint = { good: painted(32), bad: painted(31), faint: painted(2) };

/** The head of a test's cases, before the first of them. */
export const testLine = ({ test, file }: CaseResult, paint: Paint): string => `${test}  ${paint.faint(file)}`;

export function caseLines(result: CaseResult, paint: Paint): readonly string[] {
  const { name, failures, performance, file } = result;
  const lasted = performance.durationMs > 0 ? paint.faint(` (${durationText(performance.durationMs)})`) : '';
  if (failures.length === 0) return [`  ${paint.good('✓')} ${name}${lasted}`];
  return [
    `  ${paint.bad('✗')} ${name}${lasted}`,
    ...failures.flatMap(({ line, column, message, lines }) => [
      `      ${paint.faint(`${file}:${line}:${column}`)} ${message}`,
      ...lines.map((each) => `          ${each}`),
    ]),
  ];
}

export const problemLine = ({ file, line, column, code, message }: Diagnostic): string =>
  `${file}:${line}:${column}: error ${code} ${message}`;

export function summaryLines({ cases, problems, coverage, tookMs }: SuiteResult, paint: Paint): readonly string[] {
  const failed = cases.filter(({ failures }) => failures.length > 0).length;
  const passed = cases.length - failed;
  const counts = [
    `${passed} passed`,
    ...(failed > 0 ? [paint.bad(`${failed} failed`)] : []),
    ...(problems.length > 0
      ? [paint.bad(`${problems.length} ${problems.length === 1 ? 'error' : 'errors'} in documents`)]
      : []),
  ];
  return ['', `${counts.join(', ')} in ${(tookMs / 1_000).toFixed(1)} s`, ...coverageLines(coverage, paint)];
}

const percent = (share: Share): string => `${share.covered} of ${share.total} (${Math.floor(shareOf(share) * 100)} %)`;

function coverageLines({ workflows, steps, branches }: Coverage, paint: Paint): readonly string[] {
  if (workflows.length === 0) return [];
  return [
    `covered: steps ${percent(steps)}, branches ${percent(branches)}`,
    ...workflows.flatMap((each) => missedLines(each, paint)),
  ];
}

function missedLines(
  { workflow, version, file, stepsMissed, branchesMissed }: WorkflowCoverage,
  paint: Paint,
): string[] {
  if (stepsMissed.length + branchesMissed.length === 0) return [];
  return [
    `  never reached in ${workflow} ${version}  ${paint.faint(file)}`,
    ...stepsMissed.map((name) => `    step    ${name}`),
    ...branchesMissed.map((name) => `    branch  ${name}`),
  ];
}

export function textReport(result: SuiteResult, paint: Paint = plain): readonly string[] {
  const lines: string[] = [];
  for (const [index, each] of result.cases.entries()) {
    const before = result.cases[index - 1];
    if (before?.file !== each.file || before.test !== each.test)
      lines.push(...(index > 0 ? [''] : []), testLine(each, paint));
    lines.push(...caseLines(each, paint));
  }
  return [...lines, ...result.problems.map(problemLine), ...summaryLines(result, paint)];
}
