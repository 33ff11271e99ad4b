/**
 * A definition compiled once per version: its lists become nodes that know where the flow goes on.
 *
 * In two passes, for a step may name one that is written after it: first every node, then what they point at.
 */

import type { Scope } from '../../expression/expression.ts';
import type { Json } from '../../kit/json.ts';
import type { Definition, ErrorAction, Step, StepList } from '../../model/definition.ts';
import { compileSchema } from '../../model/json-schema.ts';
import { visitsDefault } from '../limits.ts';
import type { Node, Program, ProgramList, Rule, Target } from '../program.ts';
import { taskOf } from '../task-spec.ts';
import { compileLimits } from './compile-limits.ts';
import { compileRetry } from './compile-retry.ts';
import { expressionOf, templateOf, timeLimitOf } from './compile-text.ts';
import { type CompileInner, compileWork } from './compile-work.ts';

export interface ProgramOptions {
  readonly hash: string;
  /** The environment variables that definitions may read. */
  readonly env?: (name: string) => string | undefined;
}

export function compileProgram(definition: Definition, options: ProgramOptions): Program {
  const builder: Builder = { definition, lists: new Map(), nodes: new Map() };
  const root = compileList(builder, definition.steps, { id: '' });
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
    concurrency: definition.concurrency && { ...definition.concurrency, key: templateOf(definition.concurrency.key) },
    timeout: timeLimitOf('timeout', definition.timeout),
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

interface ListIs {
  readonly id: string;
  readonly result?: Json | undefined;
}

function compileList(builder: Builder, source: StepList, as: ListIs): ProgramList {
  const list: Mutable<ProgramList> = {
    id: as.id,
    isGraph: source.flow === 'graph',
    nodes: [],
    first: [],
    result: templateOf(as.result),
  };
  builder.lists.set(as.id, list);
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
    onTimeout: undefined,
    fallback: undefined,
    fallbackResponse: templateOf(step.fallbackResponse),
    dependents: [],
    dependsOn: step.dependsOn ?? [],
    when: step.when === undefined ? undefined : expressionOf(step.when),
    input: templateOf(step.input),
    output: templateOf(step.output),
    set: Object.entries(step.set ?? {}).map(([variable, value]) => [variable, templateOf(value)] as const),
    idempotencyKey: templateOf(step.idempotencyKey),
    cacheKey: templateOf(step.cache?.key),
    limits: compileLimits(step, builder.definition.name),
    retries: (step.retry ?? [{}]).map(compileRetry),
    timeout: timeLimitOf('timeout', step.timeout),
    queueTimeout: timeLimitOf('queue_timeout', step.queueTimeout),
    heartbeatTimeout: timeLimitOf('heartbeat_timeout', step.heartbeatTimeout),
    visitsMax: step.maxVisits ?? visitsDefault,
    work: compileWork(step, innerLists(builder, list, step), builder.definition),
    task: undefined,
  };
  if (node.work.kind === 'function' && isConstant(step)) node.task = taskOf(node, node.work, noScope);
  builder.nodes.set(step.name, node);
  return node;
}

/** A list inside a step is named by its way from the root: two branches of one name are two lists. */
function innerLists(builder: Builder, outer: ProgramList, step: Step): CompileInner {
  const prefix = outer.id === '' ? step.name : `${outer.id}.${step.name}`;
  return (list, name, result) => compileList(builder, list, { id: `${prefix}.${name}`, result });
}

function linkNode(builder: Builder, node: Mutable<Node>): void {
  const { step, list } = node;
  node.onFailure = targetOf(builder, step.onFailure);
  // By its member and not by its type: a test that answers for a human task puts a function in its place.
  if ('onTimeout' in step) node.onTimeout = targetOf(builder, step.onTimeout);
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

function isConstant(step: Step): boolean {
  const timings = [step.timeout, step.queueTimeout, step.heartbeatTimeout];
  const keys = [step.idempotencyKey, step.cache?.key, step.concurrency?.key, step.rateLimit?.key];
  const hasKeys = keys.some((key) => key !== undefined);
  return !hasKeys && timings.every((timing) => typeof timing !== 'string');
}

/** What has no expression in it needs no scope. */
const noScope: Scope = { nowMs: 0, root: () => undefined, random: () => 0, env: () => undefined };
