/**
 * The decision core: what an execution does next.
 *
 * Nothing here waits, reads a clock, makes an id or touches a store: time arrives inside facts, wishes leave as
 * events. `decide` reads the definition and writes its decisions down as events; `evolve` only records them. Replaying
 * a journal therefore needs no definition, cannot be changed by tomorrow's rules, and can never hand out a task twice.
 *
 * The caller has asked `admit` first. The state moves along with the events; it is what the journal will say once the
 * move is durable, and nothing before.
 */
import { present, unreachable } from '../kit/assert.ts';
import { beginAttempt, enter } from './arrival.ts';
import { takeChild, terminateChildren } from './child.ts';
import { closeExecution, failExecution, isStopping, settleInFlight } from './closing.ts';
import type { StepError } from './errors.ts';
import type { ExecutionEvent, ExecutionStarted } from './events.ts';
import type { AttemptFact, Fact, StartFact } from './facts.ts';
import { failAttempt } from './failure.ts';
import { cancelSteps, go, openFrame, succeed } from './flow.ts';
import { escalate, takeHuman } from './human-task.ts';
import { deliveriesMax, eventsMax } from './limits.ts';
import { continueLoop } from './loop.ts';
import type { Program } from './program.ts';
import { beginAt, hasBegun, takeOver, takeOverAgain } from './rerun.ts';
import { resumeFailed } from './resume.ts';
import { retryDelayMs } from './retry.ts';
import { type ExecutionState, isEnded } from './state.ts';
import { emit, evaluated, openTurn, runAgenda, scopeOf, stepAt, type Turn } from './turn.ts';
import { endWait, receiveSignal } from './waiting.ts';

export function decide(program: Program, state: ExecutionState, fact: Fact): readonly ExecutionEvent[] {
  const turn = openTurn(program, state, { at: fact.at, seed: fact.type === 'start' ? fact.seed : state.seed });
  if ('asked' in fact && fact.asked) emit(turn, { type: 'execution.operated', ...fact.asked, operation: fact.type });
  take(turn, fact);
  runAgenda(turn);
  if (state.position - state.eventsFolded > eventsMax && !isEnded(state)) {
    failExecution(turn, { code: 'EVENT_LIMIT_EXCEEDED', message: `the journal holds more than ${eventsMax} events` });
  }
  return turn.events;
}

function take(turn: Turn, fact: Fact): void {
  switch (fact.type) {
    case 'start':
      return start(turn, fact);
    case 'admitted':
      emit(turn, { type: 'execution.admitted' });
      return begin(turn);
    case 'task.completed':
    case 'task.failed':
    case 'task.timed_out':
    case 'task.lost':
    case 'task.withdrawn':
      takeAttempt(turn, fact);
      return settleInFlight(turn);
    case 'timer':
      return fire(turn, fact);
    case 'continue':
      return goOn(turn, fact.id);
    case 'permitted':
      return takePermit(turn, fact);
    case 'signal':
      return receiveSignal(turn, fact);
    case 'human.claimed':
    case 'human.unclaimed':
    case 'human.answered':
      return takeHuman(turn, fact);
    case 'cancel':
      return closeExecution(turn, { outcome: 'cancelled', error: cancelled(fact.reason) });
    case 'terminate':
      terminateChildren(turn);
      return closeExecution(turn, { outcome: 'cancelled', error: cancelled(fact.reason), steps: [] });
    case 'pause':
      return emit(turn, { type: 'execution.paused' });
    case 'resume':
      return emit(turn, { type: 'execution.resumed' });
    case 'retry':
      emit(turn, { type: 'execution.retried', run: turn.state.run + 1, ...deadlineOf(turn, undefined) });
      return hasBegun(turn.state) ? resumeFailed(turn) : begin(turn);
    case 'discard':
      return emit(turn, { type: 'execution.dead_letter_discarded', by: fact.by });
    case 'child.started':
    case 'child.refused':
    case 'child.told':
    case 'child.ended':
      return takeChild(turn, fact);
    case 'reported':
      return emit(turn, { type: 'execution.reported', isTaken: fact.isTaken });
    default:
      return unreachable(fact);
  }
}

const cancelled = (reason: string | undefined): StepError => ({
  code: 'CANCELLED',
  message: reason ?? 'the execution was cancelled',
});

function start(turn: Turn, fact: StartFact): void {
  const { definition, hash } = turn.program;
  const { type: _, timeoutMs, rerun, stillborn, ...given } = fact;
  turn.state.input = fact.input;
  const started: ExecutionStarted = {
    type: 'execution.started',
    workspace: given.workspace,
    workflow: definition.name,
    version: definition.version,
    definition: hash,
    input: given.input,
    metadata: given.metadata,
    tags: given.tags,
    labels: given.labels,
    seed: given.seed,
    priority: given.priority,
    queued: given.queued,
    ...(given.turn === undefined ? {} : { turn: given.turn }),
    ...(given.inLine === undefined ? {} : { inLine: given.inLine }),
    ...(given.parent === undefined ? {} : { parent: given.parent }),
    ...deadlineOf(turn, timeoutMs),
    ...(rerun === undefined ? {} : { rerun: { of: rerun.of, from: rerun.from, vars: rerun.vars } }),
  };
  emit(turn, started);
  if (rerun) takeOver(turn, rerun);
  if (stillborn !== undefined) {
    return closeExecution(turn, { outcome: 'cancelled', error: cancelled(stillborn), steps: [] });
  }
  if (!fact.queued) begin(turn);
}

function begin(turn: Turn): void {
  const { rerun, deadlineAt } = turn.state;
  const limit = deadlineAt === undefined ? ownLimitOf(turn) : undefined;
  if (limit?.ok === false) return failExecution(turn, limit.error);
  if (rerun) return beginAt(turn, rerun.from);
  openFrame(turn, { path: '', list: '' });
}

function deadlineOf(turn: Turn, timeoutMs: number | undefined): { deadlineAt?: number } {
  const own = ownLimitOf(turn);
  const chosenMs = timeoutMs ?? (own.ok ? own.value : undefined);
  return chosenMs === undefined ? {} : { deadlineAt: turn.at + chosenMs };
}

const ownLimitOf = (turn: Turn) => evaluated(undefined, () => turn.program.timeout?.(scopeOf(turn, { frame: '' })));

function takeAttempt(turn: Turn, fact: AttemptFact): void {
  const { step: path } = fact;
  const step = stepAt(turn.state, path);
  const seconds = (step.task?.timeoutMs ?? 0) / 1_000;
  switch (fact.type) {
    case 'task.completed':
      return succeed(turn, path, { response: fact.output, startedAt: fact.startedAt, cached: fact.cached });
    case 'task.failed': {
      // An executor that watches the attempt's time itself may tell of its end before the desk finds it.
      const isTimeout = fact.error.code === 'TIMEOUT' && step.task?.timeoutMs !== undefined;
      return failAttempt(turn, path, { error: fact.error, isTimeout, startedAt: fact.startedAt });
    }
    case 'task.timed_out': {
      const error = { code: 'TIMEOUT', message: `the attempt took longer than ${seconds} s`, step: path };
      return failAttempt(turn, path, { error, isTimeout: true, startedAt: fact.startedAt });
    }
    case 'task.lost':
      return redeliver(turn, path);
    case 'task.withdrawn':
      return emit(turn, {
        type: 'step.cancelled',
        step: path,
        ...(fact.outcome === 'unknown' ? { outcome: 'unknown' } : {}),
      });
    default:
      return unreachable(fact);
  }
}

function takePermit(turn: Turn, { id }: Extract<Fact, { type: 'permitted' }>): void {
  const command = turn.state.outstanding.get(id);
  if (command?.type !== 'permit') return;
  if (command.holder !== '') return emit(turn, { type: 'step.permitted', step: command.step });
  emit(turn, { type: 'execution.permitted' });
  begin(turn);
}

/** Nobody answered for an attempt: it goes out again, counted first, until it counts as poison. */
function redeliver(turn: Turn, path: string): void {
  const step = stepAt(turn.state, path);
  if (isStopping(turn.state, step.frame)) {
    return emit(turn, { type: 'step.cancelled', step: path, outcome: 'unknown' });
  }
  if (step.deliveries < deliveriesMax) {
    return emit(turn, { type: 'step.redelivered', step: path, delivery: step.deliveries + 1 });
  }
  const message = `the attempt was handed out ${deliveriesMax} times and nobody answered for it`;
  failAttempt(turn, path, { error: { code: 'DELIVERIES_EXHAUSTED', message, step: path } });
}

function fire(turn: Turn, fact: Extract<Fact, { type: 'timer' }>): void {
  const timer = turn.state.outstanding.get(fact.id);
  if (timer?.type !== 'timer') return;
  switch (timer.timer) {
    case 'deadline':
      return passDeadline(turn);
    case 'rerun':
      emit(turn, { type: 'execution.retried', run: turn.state.run + 1, ...deadlineOf(turn, undefined) });
      if (turn.state.rerun) takeOverAgain(turn, turn.state.rerun.from);
      return begin(turn);
    case 'retry':
      return beginAttempt(turn, timer.step);
    case 'wait':
      return endWait(turn, timer.step);
    case 'escalation':
      return escalate(turn, timer.step);
    case 'timeout': {
      const error = { code: 'TIMEOUT', message: `step ${timer.step} took longer than its timeout`, step: timer.step };
      return failAttempt(turn, timer.step, { error, isTimeout: true });
    }
    case 'queue': {
      if (fact.isClaimed) return emit(turn, { type: 'step.claimed', step: timer.step });
      const error = { code: 'QUEUE_TIMEOUT', message: 'no executor took the task in time', step: timer.step };
      return failAttempt(turn, timer.step, { error, isTimeout: true });
    }
    default:
      return unreachable(timer.timer);
  }
}

/** The workflow's own timeout. */
function passDeadline(turn: Turn): void {
  const { program, state } = turn;
  const message = `the execution took longer than its timeout`;
  const error: StepError = { code: 'WORKFLOW_TIMEOUT', message };
  const { timeoutAction } = program.definition;
  // One that waits for a slot has nothing to try again or to replace.
  if (state.status === 'queued' && timeoutAction !== 'ignore') {
    return closeExecution(turn, { outcome: 'timed_out', error });
  }
  switch (timeoutAction) {
    case 'ignore':
      return emit(turn, { type: 'execution.deadline_ignored' });
    case 'retry':
      if (state.run >= program.retry.maxAttempts) return closeExecution(turn, { outcome: 'timed_out', error });
      endRun(turn);
      // The policy of the workflow counts runs as a step's counts attempts.
      return emit(turn, {
        type: 'execution.retrying',
        dueAt: turn.at + retryDelayMs(program.retry, state.run, turn.random.next()),
      });
    case 'fallback':
      return fallBackWorkflow(turn, error);
    default:
      return closeExecution(turn, { outcome: 'timed_out', error });
  }
}

function fallBackWorkflow(turn: Turn, error: StepError): void {
  const { program } = turn;
  if (!program.fallback && !program.fallbackResponse) return closeExecution(turn, { outcome: 'timed_out', error });
  endRun(turn);
  emit(turn, { type: 'execution.deadline_ignored' });
  if (program.fallbackResponse) {
    const { fallbackResponse } = program;
    const output = evaluated(undefined, () => fallbackResponse.fill(scopeOf(turn, { frame: '', error })));
    if (!output.ok) return failExecution(turn, output.error);
    return emit(turn, { type: 'execution.closed', status: 'completed', output: output.value as never });
  }
  emit(turn, { type: 'frame.reopened', frame: '' });
  if (program.fallback) go(turn, program.fallback, { frame: '', origin: 'rule' });
}

/** Ends what runs without ending the execution. */
function endRun(turn: Turn): void {
  for (const frame of turn.state.frames.values()) {
    if (frame.status !== 'open') continue;
    cancelSteps(turn, frame);
    emit(turn, { type: 'frame.closed', frame: frame.path, status: 'cancelled' });
  }
}

function goOn(turn: Turn, id: string): void {
  const command = turn.state.outstanding.get(id);
  if (command?.type !== 'continue') return;
  if (command.next === '') return continueLoop(turn, command.frame);
  emit(turn, { type: 'frame.reopened', frame: command.frame });
  const node = present(turn.program.nodes.get(command.next), `step ${command.next}`);
  const previous = turn.state.frames.get(command.frame)?.last;
  enter(turn, node, { frame: command.frame, origin: 'flow', ...(previous === undefined ? {} : { previous }) });
}
