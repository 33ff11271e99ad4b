/** What is played on a stage, and what comes of it. */
import type { ExecutionEvent } from '../core/events.ts';
import type { Program } from '../core/program.ts';
import type { ExecutionState } from '../core/state.ts';
import type { Fault } from '../kit/fault.ts';
import type { Json } from '../kit/json.ts';
import type { Definition } from '../model/definition.ts';
import type { CaseSetting } from '../model/workflow-test.ts';
import type { Connector } from '../steps/connector.ts';
import type { Call } from './call.ts';

/** Everything is played in one workspace. */
export const workspace = 'default';

/** What is played: the workflow under test and those that its steps call, contexts in place. */
export interface Play {
  readonly workflow: string;
  readonly version: string;
  /** Ascending by version, so that the highest of each name is the active one. */
  readonly definitions: readonly Definition[];
  /** Compiled programs, shared by the cases of one run: by what they see of the environment, then by content hash. */
  readonly programs: Map<string, Map<string, Program>>;
  /** Runs scripts of `transform` steps: the one connector that reaches nothing outside. */
  readonly scripts: Connector;
}

export interface Performance {
  /** Undefined where the start was refused. */
  readonly state: Readonly<ExecutionState> | undefined;
  readonly status: string;
  readonly refusal: Fault | undefined;
  /** Of every execution, the one under test first. */
  readonly executions: readonly PlayedExecution[];
  readonly calls: readonly Call[];
  /** Why the case fails whatever it expects: a call that nothing answers, a signal that came too late. */
  readonly problems: readonly StageProblem[];
  /** Why it does not go on; undefined where it ended. */
  readonly stuck: string | undefined;
  /** Virtual milliseconds from the start to the end. */
  readonly durationMs: number;
}

export interface PlayedExecution {
  readonly executionId: string;
  readonly workflow: string;
  readonly version: string;
  readonly events: readonly ExecutionEvent[];
}

export interface StageProblem {
  readonly code: 'STEP_NOT_MOCKED' | 'MOCK_FAILED' | 'NOT_SENT' | 'ENDLESS';
  readonly message: string;
  /** Below the case, where it is about a line of it. */
  readonly pointer?: string;
  readonly step?: string;
}

export type Setting = Required<Omit<CaseSetting, 'clock' | 'seed'>> & Pick<CaseSetting, 'clock' | 'seed'>;

export interface PerformOptions {
  /** Answers calls that no mock answers; undefined: they are a problem. */
  readonly stranger?: (call: Call) => Json;
}
