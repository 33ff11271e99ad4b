/**
 * A definition compiled once per version: names become nodes, texts become functions.
 *
 * Holds no state of any execution and is shared by all of them. A definition reaches this point only after the model
 * found no error in it, so what does not compile here is a defect of the checks, not of the user's text.
 */

import { compileExpression, compileTemplate } from '../expression/compile.ts';
import type { Compiled, Expression, Scope, Template } from '../expression/expression.ts';
import { assert, Impossible } from '../kit/assert.ts';
import { parseDuration } from '../kit/duration.ts';
import type { Json } from '../kit/json.ts';
import type { Definition, ErrorAction, Step, StepList, Timing } from '../model/definition.ts';
import { compileSchema, type SchemaCheck } from '../model/json-schema.ts';
import type { TaskSpec } from './events.ts';
import { visitsDefault } from './limits.ts';
import { compileRetry, type Retry } from './retry.ts';

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
  readonly timeout: DurationOf | undefined;
  readonly retry: Retry;
  readonly fallback: Target | undefined;
  readonly fallbackResponse: Template | undefined;
  readonly output: Template | undefined;
  readonly inputCheck: SchemaCheck | undefined;
  readonly outputCheck: SchemaCheck | undefined;
  readonly env: (name: string) => string | undefined;
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
  | { readonly kind: 'transform'; readonly mapping: Template }
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
  | {
      readonly kind: 'wait';
      readonly duration: DurationOf | undefined;
      readonly until: Template | undefined;
      readonly signal: string | undefined;
      readonly condition: Expression | undefined;
    };

export interface Rule {
  readonly condition: Expression;
  readonly action: ErrorAction;
  readonly message: Template | undefined;
  readonly details: Template | undefined;
}

export interface ProgramOptions {
  readonly hash: string;
  /** The environment variables that definitions may read. */
  readonly env?: (name: string) => string | undefined;
}

export function compileProgram(definition: Definition, options: ProgramOptions): Program {
  const builder: Builder = { lists: new Map(), nodes: new Map(), definition };
  const root = compileList(builder, definition.steps, '', undefined);
  for (const link of builder.nodes.values()) linkNode(builder, link);
  const handling = definition.errorHandling;
  return {
    definition,
    hash: options.hash,
    root,
    lists: builder.lists,
    nodes: builder.nodes,
    rules: (handling?.rules ?? []).map((rule) => compileRule(rule.condition, rule.action)),
    compensation: handling?.compensation,
    timeout: durationOf(definition.timeout),
    retry: compileRetry(definition.retry ?? {}),
    fallback: targetOf(builder, definition.fallbackStep),
    fallbackResponse: templateOf(definition.fallbackResponse),
    output: templateOf(definition.output),
    inputCheck: definition.inputSchema === undefined ? undefined : compileSchema(definition.inputSchema),
    outputCheck: definition.outputSchema === undefined ? undefined : compileSchema(definition.outputSchema),
    env: options.env ?? (() => undefined),
  };
}

type Mutable<T> = { -readonly [Member in keyof T]: T[Member] };

interface Builder {
  readonly definition: Definition;
  readonly lists: Map<string, ProgramList>;
  readonly nodes: Map<string, Mutable<Node>>;
}

function compileList(builder: Builder, source: StepList, id: string, result: Json | undefined): ProgramList {
  const list: Mutable<ProgramList> = {
    id,
    isGraph: source.flow === 'graph',
    nodes: [],
    first: [],
    result: templateOf(result),
  };
  builder.lists.set(id, list);
  list.nodes = source.steps.map((step) => compileNode(builder, list, step));
  const flowing = list.nodes.filter((node) => !node.step.handler);
  list.first = list.isGraph ? flowing.filter((node) => node.dependsOn.length === 0) : flowing.slice(0, 1);
  return list;
}

function compileNode(builder: Builder, list: ProgramList, step: Step): Node {
  const node: Mutable<Node> = {
    name: step.name,
    step,
    list,
    next: { kind: 'end' },
    onFailure: undefined,
    fallback: undefined,
    fallbackResponse: templateOf(step.fallbackResponse),
    dependents: [],
    dependsOn: step.dependsOn ?? [],
    when: step.when === undefined ? undefined : expressionOf(step.when),
    input: templateOf(step.input),
    output: templateOf(step.output),
    set: Object.entries(step.set ?? {}).map(
      ([variable, value]) => [variable, required(compileTemplate(value))] as const,
    ),
    idempotencyKey: templateOf(step.idempotencyKey),
    retries: (step.retry ?? [{}]).map(compileRetry),
    timeout: durationOf(step.timeout),
    queueTimeout: durationOf(step.queueTimeout),
    heartbeatTimeout: durationOf(step.heartbeatTimeout),
    visitsMax: step.maxVisits ?? visitsDefault,
    work: compileWork(builder, list, step),
    task: undefined,
  };
  if (node.work.kind === 'function' && isConstant(step)) node.task = taskOf(node, node.work, noScope);
  builder.nodes.set(step.name, node);
  return node;
}

function compileWork(builder: Builder, list: ProgramList, step: Step): Work {
  const prefix = list.id === '' ? step.name : `${list.id}.${step.name}`;
  switch (step.type) {
    case 'function':
      return { kind: 'function', executor: step.executor, function: step.function };
    case 'transform':
      return { kind: 'transform', mapping: required(compileTemplate(step.mapping)) };
    case 'fail':
      return { kind: 'fail', code: step.code, message: templateOf(step.message), details: templateOf(step.details) };
    case 'condition':
      return {
        kind: 'condition',
        cases: step.cases.map((branch, index) => ({
          when: expressionOf(branch.when),
          list: compileList(builder, branch.list, `${prefix}.${index}`, undefined),
        })),
        otherwise: step.otherwise && compileList(builder, step.otherwise, `${prefix}.otherwise`, undefined),
      };
    case 'parallel':
      return {
        kind: 'parallel',
        branches: step.branches.map((branch) => ({
          name: branch.name,
          list: compileList(builder, branch.list, `${prefix}.${branch.name}`, branch.output),
        })),
        failFast: step.failFast,
        waitFor: step.waitFor === 'any' ? 1 : step.waitFor,
      };
    case 'wait':
      return {
        kind: 'wait',
        duration: durationOf(step.duration),
        until: templateOf(step.until),
        signal: step.signal,
        condition: step.condition === undefined ? undefined : expressionOf(step.condition),
      };
    case 'unavailable':
      throw new Impossible(`a step of type ${step.declaredType} was deployed`);
  }
}

function linkNode(builder: Builder, node: Mutable<Node>): void {
  const { step, list } = node;
  node.onFailure = targetOf(builder, step.onFailure);
  node.fallback = targetOf(builder, step.fallbackStep);
  if (list.isGraph) {
    node.dependents = list.nodes.filter((other) => !other.step.handler && other.dependsOn.includes(step.name));
    return;
  }
  const following = list.nodes.slice(list.nodes.indexOf(node) + 1).find((other) => !other.step.handler);
  const listed: Target = step.handler || !following ? { kind: 'end' } : { kind: 'node', node: following };
  node.next = targetOf(builder, step.onSuccess) ?? listed;
}

function targetOf(builder: Builder, name: string | undefined): Target | undefined {
  if (name === undefined) return undefined;
  if (name === 'end') return { kind: 'end' };
  const node = builder.nodes.get(name);
  return node ? { kind: 'node', node } : { kind: 'undefined', name };
}

function compileRule(condition: string, action: ErrorAction): Rule {
  const answers = action.type === 'return_error' || action.type === 'fail' ? action : undefined;
  return {
    condition: expressionOf(condition),
    action,
    message: templateOf(answers?.message),
    details: templateOf(answers?.details),
  };
}

function durationOf(timing: Timing | undefined): DurationOf | undefined {
  if (timing === undefined) return undefined;
  if (typeof timing === 'number') return () => timing;
  const template = required(compileTemplate(timing));
  return (scope) => {
    const value = template.fill(scope);
    return typeof value === 'string'
      ? parseDuration(value)
      : typeof value === 'number' && value >= 0
        ? value
        : undefined;
  };
}

function templateOf(value: Json | undefined): Template | undefined {
  return value === undefined ? undefined : required(compileTemplate(value));
}

function expressionOf(text: string): Expression {
  return required(compileExpression(text));
}

function required<T>(compiled: Compiled<T>): T {
  assert(
    compiled.ok,
    `a deployed definition holds a bad expression: ${compiled.ok ? '' : compiled.problems[0]?.message}`,
  );
  return compiled.value;
}

/** What an executor is told of a function step. */
export function taskOf(node: Node, work: Extract<Work, { kind: 'function' }>, scope: Scope): TaskSpec {
  const timeoutMs = node.timeout?.(scope);
  const heartbeatMs = node.heartbeatTimeout?.(scope);
  const queueTimeoutMs = node.queueTimeout?.(scope);
  const key = node.idempotencyKey?.fill(scope);
  return {
    executor: work.executor,
    function: work.function,
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    ...(heartbeatMs === undefined ? {} : { heartbeatMs }),
    ...(queueTimeoutMs === undefined ? {} : { queueTimeoutMs }),
    ...(key === undefined ? {} : { idempotencyKey: String(key) }),
  };
}

function isConstant(step: Step): boolean {
  const timings = [step.timeout, step.queueTimeout, step.heartbeatTimeout];
  return step.idempotencyKey === undefined && timings.every((timing) => typeof timing !== 'string');
}

/** What has no expression in it needs no scope. */
const noScope: Scope = { nowMs: 0, root: () => undefined, random: () => 0, env: () => undefined };
