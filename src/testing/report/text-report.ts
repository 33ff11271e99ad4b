import type { Diagnostic } from '../../model/diagnostic.ts';
import { type Coverage, type Share, shareOf, type WorkflowCoverage } from '../coverage.ts';
import { durationText } from '../duration-text.ts';
import type { Drill } from '../fail-each-step.ts';
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

/** A table a case: the step, how it fails, how the workflow ends, and what took the failure up. */
export function drillLines(drills: readonly Drill[], paint: Paint): readonly string[] {
  if (drills.length === 0) return [];
  const flawed = drills.filter(({ flaw }) => flaw !== undefined).length;
  const lines = [...Map.groupBy(newOnly(drills), ({ file, name }) => `${name}  ${paint.faint(file)}`)].flatMap(
    ([head, own]) => ['', `every failure of: ${head}`, ...tableOf(own, paint)],
  );
  const told = `${drills.length} failures tried; ends that nobody can have meant: ${flawed}`;
  return [...lines, '', flawed > 0 ? paint.bad(told) : told];
}

/** Cases of one workflow have most of their failures in common: what came of one before is not shown again. */
function newOnly(drills: readonly Drill[]): readonly Drill[] {
  const seen = new Set<string>();
  return drills.filter(({ name: _name, calls: _calls, unmocked: _unmocked, ...outcome }) => {
    const key = JSON.stringify(outcome);
    const isNew = !seen.has(key);
    seen.add(key);
    return isNew;
  });
}

function tableOf(drills: readonly Drill[], paint: Paint): readonly string[] {
  const rows = drills.map(({ step, failure, calls, status, error, handledBy, leaves, unmocked, flaw }) => ({
    cells: [step, `${failure} ×${calls}`, status, error ?? '-'],
    how: [
      handledBy.join(', ') || 'nothing takes it up',
      ...(leaves.length > 0 ? [`(not undone: ${leaves.join(', ')})`] : []),
      ...(unmocked.length > 0 ? [paint.faint(`(answered with {}: ${unmocked.join(', ')})`)] : []),
      ...(flaw === undefined ? [] : [paint.bad(`✗ ${flaw}`)]),
    ].join(' '),
  }));
  const headings = ['STEP', 'FAILS BY', 'ENDS', 'ERROR'];
  const widths = headings.map((heading, column) =>
    Math.max(heading.length, ...rows.map(({ cells }) => cells[column]?.length ?? 0)),
  );
  const line = (cells: readonly string[], how: string): string =>
    `  ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')}  ${how}`;
  return [line(headings, 'TAKEN UP BY'), ...rows.map(({ cells, how }) => line(cells, how))];
}

export function textReport(result: SuiteResult, paint: Paint = plain): readonly string[] {
  const lines: string[] = [];
  for (const [index, each] of result.cases.entries()) {
    const before = result.cases[index - 1];
    if (before?.file !== each.file || before.test !== each.test)
      lines.push(...(index > 0 ? [''] : []), testLine(each, paint));
    lines.push(...caseLines(each, paint));
  }
  return [
    ...lines,
    ...result.problems.map(problemLine),
    ...drillLines(result.drills, paint),
    ...summaryLines(result, paint),
  ];
}
