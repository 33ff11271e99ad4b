/**
 * What a definition is once it is compiled: names are nodes, texts are functions.
 *
 * Only the shapes; `compile-program.ts` makes them, once per version. A program holds no state of any execution and is
 * shared by all of them.
 */

import type { Expression, Scope, Template } from '../expression/expression.ts';
import type { Definition, ErrorAction, Step, WorkflowConcurrency } from '../model/definition.ts';
import type { SchemaCheck } from '../model/json-schema.ts';
import type { AggregateWork } from './aggregate.ts';
import type { ChildTarget } from './child-events.ts';
import type { TaskSpec } from './events.ts';
import type { Retry } from './retry.ts';
import type { LimitsOf } from './task-limits.ts';
import type { ValidateWork } from './validate.ts';

export interface Program {
  readonly definition: Definition;
  /** Content hash of the definition and its context. */
  readonly hash: string;
  readonly root: ProgramList;
  readonly lists: ReadonlyMap<string, ProgramList>;
  /** By step name: names are unique in a document. */
  readonly nodes: ReadonlyMap<string, Node>;
  readonly rules: readonly Rule[];
  /** Names of the steps that the object form of `error_handling` gives for a `compensate` without steps. */
  readonly compensation: readonly string[] | undefined;
  readonly concurrency: ProgramConcurrency | undefined;
  readonly timeout: DurationOf | undefined;
  readonly retry: Retry;
  readonly fallback: Target | undefined;
  readonly fallbackResponse: Template | undefined;
  readonly output: Template | undefined;
  readonly inputCheck: SchemaCheck | undefined;
  readonly outputCheck: SchemaCheck | undefined;
  readonly env: (name: string) => string | undefined;
}

export interface ProgramConcurrency extends Pick<WorkflowConcurrency, 'limit' | 'onLimit'> {
  readonly key: Template | undefined;
}

/** Milliseconds, taken when it is needed; undefined where the expression gives no duration. */
export type DurationOf = (scope: Scope) => number | undefined;

export interface ProgramList {
  readonly id: string;
  readonly isGraph: boolean;
  readonly nodes: readonly Node[];
  /** What runs first: one node of a sequence, every node of a graph that waits for none. */
  readonly first: readonly Node[];
  readonly result: Template | undefined;
}

export interface Node {
  readonly name: string;
  readonly step: Step;
  readonly list: ProgramList;
  /** After success, in a sequence. */
  readonly next: Target;
  readonly onFailure: Target | undefined;
  /** After a timeout, before `onFailure`. */
  readonly onTimeout: Target | undefined;
  readonly fallback: Target | undefined;
  readonly fallbackResponse: Template | undefined;
  /** In a graph: the nodes that wait for this one. */
  readonly dependents: readonly Node[];
  readonly dependsOn: readonly string[];
  readonly when: Expression | undefined;
  readonly input: Template | undefined;
  readonly output: Template | undefined;
  readonly set: readonly (readonly [variable: string, value: Template])[];
  readonly idempotencyKey: Template | undefined;
  readonly cacheKey: Template | undefined;
  readonly limits: LimitsOf | undefined;
  readonly retries: readonly Retry[];
  readonly timeout: DurationOf | undefined;
  readonly queueTimeout: DurationOf | undefined;
  readonly heartbeatTimeout: DurationOf | undefined;
  readonly visitsMax: number;
  readonly work: Work;
  /** Of a function step that is the same each time: one object for all executions. */
  readonly task: TaskSpec | undefined;
}

/** Where the flow goes: a node, out of the list, or to a name that the workflow does not define. */
export type Target =
  | { readonly kind: 'node'; readonly node: Node }
  | { readonly kind: 'end' }
  | { readonly kind: 'undefined'; readonly name: string };

/** What a step does, compiled. */
export type Work =
  | { readonly kind: 'function'; readonly executor: string; readonly function: string }
  | {
      readonly kind: 'connector';
      readonly connector: string;
      readonly request: Template;
      readonly target: Template | undefined;
    }
  | { readonly kind: 'transform'; readonly mapping: Template }
  | ValidateWork
  | AggregateWork
  | {
      readonly kind: 'fail';
      readonly code: string;
      readonly message: Template | undefined;
      readonly details: Template | undefined;
    }
  | {
      readonly kind: 'condition';
      readonly cases: readonly { readonly when: Expression; readonly list: ProgramList }[];
      readonly otherwise: ProgramList | undefined;
    }
  | {
      readonly kind: 'parallel';
      readonly branches: readonly { readonly name: string; readonly list: ProgramList }[];
      readonly failFast: boolean;
      readonly waitFor: 'all' | number;
    }
  | LoopWork
  | WaitWork
  | HumanWork
  | { readonly kind: 'workflow'; readonly target: ChildTarget };

export interface WaitWork {
  readonly kind: 'wait';
  /** Whichever comes first; a wait for one thing has one, without a name. */
  readonly alternatives: readonly Alternative[];
}

export interface Alternative {
  readonly name: string | undefined;
  readonly duration: DurationOf | undefined;
  readonly until: Template | undefined;
  readonly signal: string | undefined;
  readonly key: Template | undefined;
  /** How many signals, or a text that says so; undefined: the first. */
  readonly take: Template | undefined;
  readonly condition: Expression | undefined;
}

export interface HumanWork {
  readonly kind: 'human_task';
  readonly title: (scope: Scope) => unknown;
  readonly assignees: readonly Template[];
  /** What an answer must be; undefined: anything. Made when it is first asked for. */
  readonly check: (() => SchemaCheck) | undefined;
  /** What the fields of the form hold at first, by their names. */
  readonly defaults: Template | undefined;
  readonly outcomes: readonly string[] | undefined;
  readonly due: DurationOf | undefined;
  readonly escalations: readonly { readonly after: DurationOf; readonly assignees: readonly Template[] }[];
}

export interface LoopWork {
  readonly kind: 'loop';
  readonly list: ProgramList;
  readonly iterateOver: Expression | undefined;
  /** The loop whose results it takes as they come. */
  readonly source: string | undefined;
  readonly while: Expression | undefined;
  readonly until: Expression | undefined;
  readonly itemVariable: string;
  readonly indexVariable: string;
  readonly variables: readonly (readonly [variable: string, value: Template])[];
  readonly parallel: boolean;
  readonly batchSize: AmountOf | undefined;
  readonly maxIterations: AmountOf | undefined;
  readonly isTolerant: boolean;
  /** Of so many rounds, how many may fail. */
  readonly tolerated: (total: number) => number;
  /** False where rounds hold steps that compensation may have to undo: they stay. */
  readonly isFoldable: boolean;
}

/** A whole number, taken when it is needed; undefined where the expression gives none. */
export type AmountOf = (scope: Scope) => number | undefined;

export interface Rule {
  readonly condition: Expression;
  readonly action: ErrorAction;
  readonly message: Template | undefined;
  readonly details: Template | undefined;
}
