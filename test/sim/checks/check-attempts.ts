/** Attempts, retries, results and timers of single steps, against the policies as the definition has them. */
import type { StepError } from '../../../src/core/errors.ts';
import type { ExecutionEvent, StepCompleted, StepFailed, StepRetrying } from '../../../src/core/events.ts';
import type { ExecutionState, StepState } from '../../../src/core/state.ts';
import { deepEqual } from '../../../src/kit/json.ts';
import type { Step } from '../../../src/model/definition.ts';
import { claim } from '../violation.ts';
import { type Book, type Check, latenessMaxMs } from './book.ts';
import { allowsRetry, delayRange, policyFor, rulePolicy } from './retry-oracle.ts';

type Arriving = Extract<ExecutionEvent, { visit: number }>;

export function checkAttempts(book: Book): Check {
  const { shadow, id, tally } = book;

  const stepOf = (path: string): StepState => {
    const step = shadow.steps.get(path);
    claim(step, 'I6', () => `${id}: an event about ${path}, which never began`);
    return step;
  };
  const definedAs = (step: StepState): Step => {
    const found = book.outline.steps.get(step.name);
    claim(found, 'I6', () => `${id}: the step ${step.name} is not defined`);
    return found.step;
  };

  function checkTime(what: string, dueAt: number, at: number): void {
    claim(at >= dueAt, 'I8', () => `${id}: ${what} ${dueAt - at} ms early`);
    const since = Math.max(dueAt, book.heldUntil);
    if (book.isFair) claim(at - since <= latenessMaxMs, 'I8', () => `${id}: ${what} ${at - since} ms late`);
  }

  function checkArrival(event: Arriving): void {
    // Which ones is the question of `check-rerun.ts`.
    if (event.type === 'step.reused') return;
    const earlier = shadow.steps.get(event.step);
    // Earlier visits of a round that was folded are known by their number alone.
    const visit = (earlier?.visit ?? shadow.frames.get(event.frame)?.visitsBefore ?? 0) + 1;
    claim(event.visit === visit, 'I3', () => `${id}: ${event.step} is visited as ${event.visit}, not ${visit}`);
    // A step without anything to hold in hand begins its next attempt as a new pass.
    const isFree = !earlier || earlier.endedAt !== undefined || earlier.status === 'retrying';
    claim(isFree, 'I3', () => `${id}: ${event.step} begins again while it is ${earlier?.status}`);
    const max = book.outline.steps.get(event.name)?.step.maxVisits ?? 100;
    // What a rule or a user runs again needs no visit left, and another attempt of a list has all of them.
    const isBack = shadow.frames.get(event.frame)?.begun.has(event.step) ?? false;
    const isBounded = shadow.run === 1 && event.origin === 'flow' && isBack;
    const passes = visit - (earlier?.visitsBefore ?? 0);
    claim(!isBounded || passes <= max, 'I16', () => `${id}: visit ${visit} of ${event.step}, which allows ${max}`);
    if (event.type === 'step.skipped') tally.saw('step skipped');
    if (visit > 1 && event.origin === 'flow') tally.saw('jump back');
  }

  function checkRetrying(event: StepRetrying, at: number): void {
    const step = stepOf(event.step);
    const isByRule = step.endedAt !== undefined;
    const failures = isByRule ? 1 : step.attempt - step.attemptsBefore;
    const policy = isByRule ? rulePolicy(book.outline.definition) : policyFor(definedAs(step), event.error);
    claim(policy, 'I16', () => `${id}: ${event.step} is tried again after ${event.error.code}, which no policy does`);
    if (!isByRule) {
      claim(
        allowsRetry(event.error),
        'I16',
        () => `${id}: ${event.step} is tried again after what no attempt can mend`,
      );
      const max = policy.maxAttempts ?? 1;
      claim(failures < max, 'I16', () => `${id}: ${event.step} failed ${failures} of ${max} times and is tried again`);
    }
    const { minMs, maxMs } = delayRange(policy, failures);
    const delayMs = event.dueAt - at;
    const isInside = delayMs >= minMs && delayMs <= maxMs;
    claim(isInside, 'I16', () => `${id}: ${event.step} waits ${delayMs} ms, not ${minMs} to ${maxMs}`);
    tally.saw('step retried');
  }

  function checkFailed(event: StepFailed, at: number): void {
    const step = stepOf(event.step);
    claim(step.endedAt === undefined, 'I3', () => `${id}: ${event.step} is ${step.status} and fails`);
    const defined = definedAs(step);
    countFailure(event.error);
    if (event.status === 'timed_out') checkTimeout(step, event, at);
    const isFinalByAction = event.status === 'timed_out' && !['retry', undefined].includes(defined.timeoutAction);
    const isEnding = shadow.closing !== undefined && step.origin !== 'compensation';
    if (isFinalByAction || isEnding) return;
    const policy = policyFor(defined, event.error);
    const failures = step.attempt - step.attemptsBefore;
    const mayRetry = policy !== undefined && allowsRetry(event.error) && failures < (policy.maxAttempts ?? 1);
    claim(!mayRetry, 'I16', () => `${id}: ${event.step} failed for good after ${failures} of ${policy?.maxAttempts}`);
    if (failures > 1) tally.saw('retries exhausted');
  }

  function countFailure(error: StepError): void {
    if (error.code === 'CIRCUIT_OPEN') tally.saw('circuit open fails a step');
    if (error.code === 'DELIVERIES_EXHAUSTED') tally.saw('deliveries exhausted');
    if (error.code === 'QUEUE_TIMEOUT') tally.saw('queue timeout');
    if (error.code === 'TIMEOUT') tally.saw('step timed out');
    if (error.code === 'EXPRESSION_FAILED') tally.saw('expression failed');
  }

  function checkTimeout(step: StepState, event: StepFailed, at: number): void {
    const { startedAt, error } = event;
    const timeoutMs = step.task?.timeoutMs;
    if (error.code === 'QUEUE_TIMEOUT') {
      const timer = shadow.outstanding.get(`queue:${step.path}#${step.visit}/${step.attempt}`);
      if (timer?.type === 'timer') checkTime(`the queue timeout of ${step.path} fired`, timer.dueAt, at);
    } else if (step.task && timeoutMs !== undefined && startedAt !== undefined) {
      claim(at >= startedAt + timeoutMs, 'I8', () => `${id}: ${step.path} timed out early`);
    } else if (!step.task && step.deadlineAt !== undefined && error.step === step.path) {
      checkTime(`the timeout of ${step.path} fired`, step.deadlineAt, at);
    }
  }

  function checkCompleted(event: StepCompleted, at: number): void {
    const step = stepOf(event.step);
    if (event.insteadOf) {
      const hasFailed = step.status === 'failed' || step.status === 'timed_out';
      claim(hasFailed, 'I3', () => `${id}: ${event.step} is ${step.status} and gets its fallback`);
      tally.saw('fallback response');
      return;
    }
    claim(step.endedAt === undefined, 'I3', () => `${id}: ${event.step} is ${step.status} and completes`);
    if (event.vars) tally.saw('variable set');
    if (step.kind === 'wait') return checkWaited(step, event, at);
    // What a cache gave is the question of `check-cache.ts`.
    if (!step.task || event.cached || definedAs(step).output !== undefined) return;
    const attempts = [`${step.path}#${step.visit}/${step.attempt}`, `${step.path}#*/${step.attempt}`];
    const answers = attempts.flatMap((attempt) => book.target.answers(id, attempt));
    const isKnown = answers.some((answer) => deepEqual(answer, event.output));
    claim(isKnown, 'I4', () => `${id}: ${event.step} completes with what nobody answered`);
  }

  function checkWaited(step: StepState, event: StepCompleted, at: number): void {
    // Which ones is the question of `check-waits.ts`.
    if (event.signal !== undefined || event.signals) return tally.saw('signal taken');
    claim(step.dueAt !== undefined, 'I8', () => `${id}: ${step.path} waits for a signal and ends without one`);
    checkTime(`the wait ${step.path} ended`, step.dueAt, at);
    tally.saw('wait over');
  }

  return {
    before(event, at) {
      if ('visit' in event) checkArrival(event);
      switch (event.type) {
        case 'step.attempted': {
          const step = stepOf(event.step);
          claim(
            event.attempt === step.attempt + 1,
            'I3',
            () => `${id}: attempt ${event.attempt} after ${step.attempt}`,
          );
          if (step.status === 'retrying') checkTime(`the retry of ${step.path} began`, step.dueAt ?? 0, at);
          else claim(step.endedAt !== undefined, 'I3', () => `${id}: ${step.path} is ${step.status} and begins again`);
          return;
        }
        case 'step.retrying':
          return checkRetrying(event, at);
        case 'step.failed':
          return checkFailed(event, at);
        case 'step.completed':
          return checkCompleted(event, at);
        case 'step.redelivered': {
          const step = stepOf(event.step);
          const isNext = event.delivery === step.deliveries + 1 && event.delivery <= 5;
          claim(isNext, 'I16', () => `${id}: delivery ${event.delivery} of ${event.step} after ${step.deliveries}`);
          tally.saw('attempt redelivered');
          return;
        }
        case 'signal.received':
          claim(!shadow.signalIds.includes(event.id), 'I3', () => `${id}: the signal ${event.id} came twice`);
          if (!isAwaited(shadow, event.name)) tally.saw('signal kept before it was asked for');
          return;
        default:
      }
    },
    /** Whether somebody takes what was asked back counts for nothing any more. */
    moved() {
      for (const command of shadow.outstanding.values()) {
        if (command.type !== 'withdraw') continue;
        const isTimed = shadow.outstanding.has(`queue:${command.dispatch}`);
        claim(!isTimed, 'I8', () => `${id}: ${command.dispatch} is asked back, and its queue_timeout runs on`);
      }
    },
  };
}

function isAwaited(shadow: ExecutionState, signal: string): boolean {
  return [...shadow.steps.values()].some(
    (step) =>
      step.status === 'waiting' && (step.signal === signal || step.awaits?.some((each) => each.signal === signal)),
  );
}
