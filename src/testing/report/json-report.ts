import { shareOf } from '../coverage.ts';
import type { CaseResult } from '../run-case.ts';
import type { SuiteResult } from '../suite.ts';

/** A run for programs. */
export function jsonReport({ cases, problems, drills, coverage, tookMs }: SuiteResult): string {
  const failed = cases.filter(({ failures }) => failures.length > 0).length;
  const report = {
    passed: cases.length - failed,
    failed,
    took_ms: Math.round(tookMs),
    cases: cases.map(caseOf),
    problems,
    ...(drills.length > 0
      ? { failures_tried: drills.map(({ handledBy, ...rest }) => ({ ...rest, handled_by: handledBy })) }
      : {}),
    coverage: {
      steps: { ...coverage.steps, share: shareOf(coverage.steps) },
      branches: { ...coverage.branches, share: shareOf(coverage.branches) },
      workflows: coverage.workflows.map(({ stepsMissed, branchesMissed, ...rest }) => ({
        ...rest,
        steps_missed: stepsMissed,
        branches_missed: branchesMissed,
      })),
    },
  };
  return `${JSON.stringify(report, null, 2)}\n`;
}

function caseOf({ performance, tookMs, failures, ...rest }: CaseResult) {
  return {
    ...rest,
    passed: failures.length === 0,
    status: performance.status,
    took_ms: Math.round(tookMs),
    duration_ms: performance.durationMs,
    failures,
  };
}
