import { hrtime } from 'node:process';
import type { TestCase } from '../model/workflow-test.ts';
import type { BoundTest } from './bind.ts';
import { checkExpectations, type Failure } from './expect.ts';
import type { Performance, Play, Setting } from './play.ts';
import { perform } from './stage.ts';

/** One case, played and judged. */
export interface CaseResult {
  readonly file: string;
  readonly test: string;
  readonly workflow: string;
  readonly name: string;
  /** Of the case in its file. */
  readonly line: number;
  readonly failures: readonly PlacedFailure[];
  /** Real milliseconds. */
  readonly tookMs: number;
  readonly performance: Performance;
}

export interface PlacedFailure extends Omit<Failure, 'pointer'> {
  readonly pointer: string;
  readonly line: number;
  readonly column: number;
}

export async function runCase(bound: BoundTest, index: number, play: Play): Promise<CaseResult> {
  const { test, file, place } = bound;
  const given = test.cases[index] as TestCase;
  const at = `/spec/cases/${index}`;
  const began = hrtime.bigint();
  const performance = await perform(play, given, settingOf(bound, given));
  const problems = performance.problems.map(({ message, pointer }): Failure => {
    const [first = '', ...lines] = message.split('\n');
    return { pointer: pointer ?? '', message: first, lines };
  });
  // What a case expects means nothing where the run was broken off.
  const failures = problems.length > 0 ? problems : checkExpectations(given, performance, play);
  return {
    file,
    test: test.name,
    workflow: play.workflow,
    name: given.name,
    line: place(at).line,
    failures: failures.map((each) => ({ ...each, pointer: `${at}${each.pointer}`, ...place(`${at}${each.pointer}`) })),
    tookMs: Number(hrtime.bigint() - began) / 1e6,
    performance,
  };
}

/** A case's own words come before those of its document. */
export function settingOf({ test: { defaults } }: Pick<BoundTest, 'test'>, given: TestCase): Setting {
  const clock = given.clock ?? defaults.clock;
  const seed = given.seed ?? defaults.seed;
  return {
    ...(clock === undefined ? {} : { clock }),
    ...(seed === undefined ? {} : { seed }),
    env: { ...defaults.env, ...given.env },
    secrets: { ...defaults.secrets, ...given.secrets },
    mocks: { ...defaults.mocks, ...given.mocks },
  };
}

export function playOf({ definitions, workflow }: BoundTest, scripts: Play['scripts']): Play {
  const { name, version } = workflow.definition;
  return { workflow: name, version, definitions, programs: new Map(), scripts };
}
