/**
 * What follows when an attempt fails: its timeout's action, another attempt, the rules, a fallback, `on_failure`, and
 * only then the failure of the list it stands in.
 */
import { unreachable } from '../kit/assert.ts';
import type { Json } from '../kit/json.ts';
import type { TimeoutAction } from '../model/definition.ts';
import { enter, isTrue, sightOf } from './arrival.ts';
import { closeExecution, compensationAdvanced, isStopping } from './closing.ts';
import { isRetryable, type StepError } from './errors.ts';
import type { Quality } from './events.ts';
import { advance, cancelInner, cancelSteps, failFrame, go, succeed } from './flow.ts';
import type { Node, Rule } from './program.ts';
import { askedDelayMs, chooseRetry, retryDelayMs } from './retry.ts';
import type { StepState } from './state.ts';
import { cutStream, wakeStream } from './stream.ts';
import { emit, evaluated, frameAt, later, nodeOf, pathIn, type Sight, scopeOf, stepAt, type Turn } from './turn.ts';

export interface AttemptFailure {
  readonly error: StepError;
  readonly isTimeout?: boolean;
  readonly startedAt?: number | undefined;
  readonly quality?: Quality;
}

export function failAttempt(turn: Turn, path: string, failure: AttemptFailure): void {
  const step = stepAt(turn.state, path);
  const node = nodeOf(turn, step);
  const error: StepError = { ...failure.error, step: failure.error.step ?? path, attempt: step.attempt };
  cancelInner(turn, path);
  wakeStream(turn, path);
  const action = failure.isTimeout ? node.step.timeoutAction : undefined;
  if (action === undefined || action === 'retry') {
    if (retryAttempt(turn, step, { ...failure, error })) return;
  }
  const startedAt = failure.startedAt === undefined ? {} : { startedAt: failure.startedAt };
  emit(turn, {
    type: 'step.failed',
    step: path,
    status: failure.isTimeout ? 'timed_out' : 'failed',
    error,
    ...startedAt,
    ...(failure.quality === undefined ? {} : { quality: failure.quality }),
    ...outcomeOf(step, { ...failure, error }),
  });
  turn.endedSteps += 1;
  if (node.work.kind === 'loop') cutStream(turn, path);
  if (step.origin === 'compensation') return afterUndoFailure(turn, step, action);
  if (isStopping(turn.state, step.frame)) return;
  switch (action) {
    case 'ignore':
      emit(turn, { type: 'step.replaced', step: path });
      return advance(turn, step);
    case 'cancel_and_cleanup':
      // Within a container that compensates: the execution is ending already, and its other undo steps are still to run.
      if (turn.state.closing) return afterFailure(turn, step, node);
      return closeExecution(turn, { outcome: 'timed_out', error });
    case 'fallback':
      if (fallBack(turn, step, node)) return;
      return afterFailure(turn, step, node);
    default:
      return afterFailure(turn, step, node);
  }
}

/** An attempt that ran out of time or answers in an executor's hands may have done its work all the same. */
function outcomeOf(step: StepState, { error, isTimeout }: AttemptFailure): { outcome?: 'unknown' } {
  const isUnknown = (isTimeout && error.code !== 'QUEUE_TIMEOUT') || error.code === 'DELIVERIES_EXHAUSTED';
  return step.task && isUnknown ? { outcome: 'unknown' } : {};
}

/** A step of compensation counts as failed unless its definition says how to do without it. */
function afterUndoFailure(turn: Turn, step: StepState, action: TimeoutAction | undefined): void {
  if (action === 'ignore') {
    emit(turn, { type: 'step.replaced', step: step.path });
    return compensationAdvanced(turn, false);
  }
  const node = nodeOf(turn, step);
  if (node.fallbackResponse && fallBack(turn, step, node)) return;
  compensationAdvanced(turn, true);
}

/** True where a policy gives the step another attempt. */
function retryAttempt(turn: Turn, step: StepState, failure: AttemptFailure): boolean {
  const { error } = failure;
  if (!isRetryable(error) || isStopping(turn.state, step.frame)) return false;
  const node = nodeOf(turn, step);
  const scope = scopeOf(turn, { ...sightOf(turn, step), error });
  const retry = evaluated(step.path, () => chooseRetry(node.retries, error, scope));
  const failures = step.attempt - step.attemptsBefore;
  if (!retry.ok || !retry.value || failures >= retry.value.maxAttempts) return false;
  const delayMs = retryDelayMs(retry.value, failures, turn.random.next());
  const dueAt = turn.at + Math.max(delayMs, askedDelayMs(error));
  const { path, attempt } = step;
  emit(turn, { type: 'step.retrying', step: path, attempt, dueAt, error, ...outcomeOf(step, failure) });
  return true;
}

function afterFailure(turn: Turn, step: StepState, node: Node): void {
  if (firedRule(turn, step)) return;
  if (fallBack(turn, step, node)) return;
  const original = step.after === undefined ? undefined : turn.state.steps.get(step.after);
  const isStandIn = step.origin === 'fallback' && original !== undefined;
  const onTimeout = step.status === 'timed_out' ? node.onTimeout : undefined;
  const target = onTimeout ?? node.onFailure ?? (isStandIn ? nodeOf(turn, original).onFailure : undefined);
  if (target) {
    const isHandler = target.kind === 'node' && target.node.step.handler;
    go(turn, target, {
      frame: step.frame,
      origin: isHandler ? 'handler' : 'flow',
      after: step.path,
      previous: step.path,
    });
    return;
  }
  const cause = step.origin === 'handler' ? original?.error : undefined;
  const error = step.error ?? { code: 'FAILED', message: `step ${step.path} failed`, step: step.path };
  failFrame(turn, step.frame, cause && !error.cause ? { ...error, cause } : error);
}

/** A response or a step that stands in for a step that failed. */
function fallBack(turn: Turn, step: StepState, node: Node): boolean {
  const sight: Sight = { ...sightOf(turn, step), error: step.error };
  if (node.fallbackResponse) {
    const { fallbackResponse } = node;
    const response = evaluated(step.path, () => fallbackResponse.fill(scopeOf(turn, sight)) as Json);
    if (!response.ok) return false;
    succeed(turn, step.path, { response: response.value, ...(step.error ? { insteadOf: step.error } : {}) });
    return true;
  }
  if (!node.fallback) return false;
  go(turn, node.fallback, { frame: step.frame, origin: 'fallback', after: step.path, previous: step.path });
  return true;
}

/** Looks at the rules after a step that ended; true where one decided how it goes on. */
export function firedRule(turn: Turn, step: StepState): boolean {
  if ((step.origin !== 'flow' && step.origin !== 'fallback') || turn.state.compensation) return false;
  const sight: Sight = { frame: step.frame, error: step.status === 'completed' ? undefined : step.error };
  for (const [index, rule] of turn.program.rules.entries()) {
    if (turn.state.rulesFired.includes(index)) continue;
    const holds = evaluated(step.path, () => isTrue(rule.condition.evaluate(scopeOf(turn, sight))));
    if (!holds.ok) {
      failFrame(turn, step.frame, holds.error);
      return true;
    }
    if (!holds.value) continue;
    emit(turn, { type: 'rule.fired', rule: index, step: step.path });
    act(turn, step, rule);
    return true;
  }
  return false;
}

function act(turn: Turn, step: StepState, rule: Rule): void {
  const { action } = rule;
  const original = step.error ?? {
    code: 'RULE_FIRED',
    message: `the rule «${rule.condition.text}» fired`,
    step: step.path,
  };
  switch (action.type) {
    case 'return_error':
    case 'fail':
      return closeExecution(turn, { outcome: 'failed', error: ruleError(turn, step, rule), steps: [] });
    case 'compensate': {
      const steps = action.steps ?? turn.program.compensation;
      return closeExecution(turn, { outcome: 'compensated', error: original, ...(steps ? { steps } : {}) });
    }
    case 'retry':
      if (step.status === 'completed') return again(turn, step);
      emit(turn, {
        type: 'step.retrying',
        step: step.path,
        attempt: step.attempt,
        dueAt: turn.at + retryDelayMs(turn.program.retry, 1, turn.random.next()),
        error: original,
      });
      return;
    case 'goto':
      return jump(turn, step, action.step);
    case 'ignore':
      if (step.status !== 'completed') emit(turn, { type: 'step.replaced', step: step.path });
      return advance(turn, step);
    case 'dead_letter':
      return closeExecution(turn, { outcome: 'failed', error: original, steps: [] }, { deadLetter: true });
    default:
      return unreachable(action);
  }
}

/** A rule asks for a completed step to run once more: a new visit. */
function again(turn: Turn, step: StepState): void {
  const node = nodeOf(turn, step);
  later(turn, () => enter(turn, node, { frame: step.frame, origin: 'rule', previous: step.previous }));
}

/** `goto` of a rule leads to a step of the same list, or into the execution's own list, ending what runs in between. */
function jump(turn: Turn, step: StepState, name: string): void {
  const node = turn.program.nodes.get(name);
  const frame = node && turn.state.frames.get(step.frame)?.list === node.list.id ? step.frame : '';
  if (frame !== step.frame) cancelSteps(turn, frameAt(turn.state, frame));
  const arrival = { frame, origin: 'rule', after: step.path, previous: step.path } as const;
  if (!node) return go(turn, name === 'end' ? { kind: 'end' } : { kind: 'undefined', name }, arrival);
  later(turn, () => {
    // In a graph it may be running, or a retry of the execution have begun it by now: then it is where the rule wants to go.
    if (!turn.state.frames.get(frame)?.active.has(pathIn(frame, name))) enter(turn, node, arrival);
  });
}

function ruleError(turn: Turn, step: StepState, rule: Rule): StepError {
  const scope = scopeOf(turn, { frame: step.frame, error: step.error });
  const filled = evaluated(step.path, () => ({
    message:
      rule.message?.fill(scope) ?? step.error?.message ?? `the rule «${rule.condition.text}» ended the execution`,
    details: rule.details?.fill(scope) as Json | undefined,
  }));
  if (!filled.ok) return filled.error;
  const code =
    'code' in rule.action && rule.action.code !== undefined ? rule.action.code : (step.error?.code ?? 'RETURNED_ERROR');
  const { message, details } = filled.value;
  const text = typeof message === 'string' ? message : JSON.stringify(message);
  return { code, message: text, step: step.path, ...(details === undefined ? {} : { details }) };
}
