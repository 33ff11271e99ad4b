/**
 * Executions that call each other, read from both journals: each call has one child at most, an end is taken once and as it
 * was, who is given up is told, nobody else is, and no parent compensates or ends as if its child were not there.
 *
 * What is open and who must be told is kept here from the events, apart from the engine's own bookkeeping.
 */
import type { ChildEvent, ChildTarget } from '../../../src/core/child-events.ts';
import type { ExecutionStarted } from '../../../src/core/events.ts';
import { type ExecutionState, inputOf, isEnded } from '../../../src/core/state.ts';
import { deepEqual, type Json } from '../../../src/kit/json.ts';
import { claim } from '../violation.ts';
import type { Book, Check } from './book.ts';

interface Call {
  readonly id: string;
  readonly parent: ExecutionState;
  readonly step: string;
  readonly target: ChildTarget;
  /** The parent's run that made it. */
  readonly run: number;
  child: ExecutionState | undefined;
  /** `asked`: to end, by a parent that waits for that. `given up`: by a step that ended without it. */
  phase: 'open' | 'asked' | 'given up' | 'let go' | 'over';
  isTold: boolean;
  /** The parent took the child's end as its own step's. */
  isTaken: boolean;
}

export interface ChildrenCheck {
  of(book: Book): Check;
  /** Nothing goes on any more. */
  rest(): void;
}

const isWaitedFor = ({ phase }: Call): boolean => phase === 'open' || phase === 'asked';

/** `removed`: executions that retention deleted. What one of them took from its child it cannot tell any more. */
export function openChildrenCheck(removed: ReadonlySet<string>): ChildrenCheck {
  const calls = new Map<string, Call>();
  return {
    of: (book) => checkFamily(book, calls, removed),
    rest() {
      for (const { id, phase, child, isTold } of calls.values()) {
        claim(phase !== 'open' && phase !== 'asked', 'I18', () => `${id} is still waited for`);
        claim(phase !== 'given up' || isTold, 'I18', () => `${id} was given up and ${child?.id} was never told`);
      }
    },
  };
}

function checkFamily(book: Book, calls: Map<string, Call>, removed: ReadonlySet<string>): Check {
  const { shadow, id, tally } = book;
  const own: Call[] = [];
  const callOf = (parentId: string, call: string): Call | undefined => calls.get(`${parentId}/${call}`);
  const callAbove = (): Call | undefined => shadow.parent && callOf(shadow.parent.executionId, shadow.parent.call);

  const hasTaken = ({ isTaken, parent }: Call): boolean => isTaken && !removed.has(parent.id);

  function open(step: string, attempt: string, target: ChildTarget): void {
    const name = `${id}/${step}#${attempt}`;
    claim(!calls.has(name), 'I18', () => `${name} is called twice`);
    const fresh = { child: undefined, phase: 'open', isTold: false, isTaken: false } as const;
    const call: Call = { id: name, parent: shadow, step, target, run: shadow.run, ...fresh };
    calls.set(name, call);
    own.push(call);
  }

  function begin({ parent, priority, input }: ExecutionStarted): void {
    if (!parent) return;
    const call = callOf(parent.executionId, parent.call);
    claim(call, 'I18', () => `${id} was started for ${parent.executionId}/${parent.call}, which nobody called`);
    const { child } = call;
    claim(!child, 'I18', () => `${call.id} has two children: ${child?.id} and ${id}`);
    claim(call.phase !== 'over', 'I18', () => `${id} was started for ${call.id}, which is over`);
    call.child = shadow;
    const { isDetached = false } = call.target;
    const depth = isDetached ? 0 : (call.parent.parent?.depth ?? 0) + 1;
    const isAlike = parent.depth === depth && depth <= 32 && priority === call.parent.priority;
    claim(isAlike && isDetached === (parent.isDetached ?? false), 'I18', () => `${id} is no child of ${call.id}`);
    const step = call.parent.steps.get(call.step);
    if (call.phase !== 'open' || !step) return;
    claim(deepEqual(input, inputOf(call.parent, step)), 'I18', () => `${id} began with another input than its step`);
    tally.saw(isDetached ? 'child detached' : 'child started');
  }

  type Heard = Exclude<ChildEvent, { type: 'children.terminated' | 'execution.reported' }>;

  function hear(event: Heard): void {
    const call = callOf(id, event.call);
    claim(call && call.phase !== 'over', 'I18', () => `${id}: ${event.type} of ${event.call}, which is over`);
    const { child } = call;
    switch (event.type) {
      case 'child.started':
        claim(child?.id === event.execution, 'I18', () => `${call.id} started ${child?.id}, not ${event.execution}`);
        claim(child.version === event.version, 'I18', () => `${child.id} runs ${child.version}, not ${event.version}`);
        if (call.target.isDetached) call.phase = 'over';
        return;
      case 'child.refused':
        claim(!child, 'I18', () => `${call.id} was refused and has the child ${child?.id}`);
        call.phase = 'over';
        return tally.saw('child refused');
      case 'child.told': {
        // Of a workflow that is not there no child can be: only a parent that has ended is content with that.
        const knows = child ? isEnded(child) || child.closing || child.isReportTaken !== undefined : isEnded(shadow);
        const isTrue = knows && (call.phase === 'given up' || call.phase === 'asked');
        claim(isTrue, 'I18', () => `${call.id} is ${call.phase} and ${child?.id} counts as told`);
        call.isTold = true;
        if (!child) call.phase = 'over';
        return;
      }
      case 'child.ended':
        return takeEnd(call, event);
    }
  }

  function takeEnd(call: Call, { status }: Extract<Heard, { type: 'child.ended' }>): void {
    const { child } = call;
    const isTrue = child ? isEnded(child) && child.status === status : status === 'cancelled';
    claim(
      isTrue || child?.isReportTaken === false,
      'I18',
      () => `${call.id}: ${child?.id} is ${child?.status}, not ${status}`,
    );
    call.isTaken = isWaitedFor(call);
    tally.saw(call.isTaken ? 'child ended' : 'child ended after it was given up');
    call.phase = 'over';
  }

  /** A step that ends while it waits for its child gives it up, or lets it go its own way. */
  function stepEnds(step: string, type: string): void {
    for (const call of own) {
      if (call.step !== step || !isWaitedFor(call)) continue;
      const { isDetached, outlivesParent } = call.target;
      const isLetGo = isDetached || (outlivesParent && type === 'step.cancelled' && call.phase === 'open');
      call.phase = isLetGo ? 'let go' : 'given up';
      if (isLetGo && !isDetached) tally.saw('child outlives its parent');
    }
  }

  function complete(path: string, output: Json): void {
    const step = shadow.steps.get(path);
    const call = own.findLast((each) => each.step === path);
    if (!step?.child || !call || book.outline.steps.get(step.name)?.step.output !== undefined) return;
    const expected = call.target.isDetached ? { execution_id: call.child?.id ?? null } : (call.child?.output ?? null);
    claim(
      deepEqual(output, expected),
      'I18',
      () => `${id}: ${path} completes with what ${call.child?.id} did not give`,
    );
  }

  function close(isCompensating: boolean): void {
    for (const { child, phase, target, run, id: name } of own) {
      claim(phase !== 'open' && phase !== 'asked', 'I18', () => `${id} ends and ${name} is still waited for`);
      if (!isCompensating || phase === 'let go' || target.isDetached || run !== shadow.run) continue;
      claim(!child || isEnded(child), 'I18', () => `${id} compensates before ${child?.id} has ended`);
    }
  }

  /** Only a parent that does not want it any more speaks to it like this. */
  function cancelled(message: string): void {
    const call = callAbove();
    if (!call || !message.endsWith('does not wait for it any more')) return;
    const isUnwanted = call.phase === 'given up' || call.phase === 'asked';
    claim(isUnwanted, 'I18', () => `${id} was cancelled for ${call.id}, which is ${call.phase}`);
    tally.saw(shadow.frames.size === 0 ? 'child cancelled before it began' : 'child cancelled with its parent');
  }

  function retried(): void {
    const call = callAbove();
    if (!call || !isEnded(shadow)) return;
    claim(!hasTaken(call), 'I18', () => `${id} runs again and ${call.id} took what it gave`);
    tally.saw('child retried on its own');
  }

  function reported(isTaken: boolean): void {
    const call = callAbove();
    claim(call && !isWaitedFor(call), 'I18', () => `${id} counts as reported and its parent still waits`);
    claim(isTaken || !hasTaken(call), 'I18', () => `${id} does not know that its parent took its end`);
  }

  return {
    before(event) {
      switch (event.type) {
        case 'execution.started':
          return begin(event);
        case 'step.entered':
          if (event.child) open(event.step, `${event.visit}/1`, event.child);
          return;
        case 'step.attempted': {
          const step = shadow.steps.get(event.step);
          if (step?.child) open(event.step, `${step.visit}/${event.attempt}`, step.child.target);
          return;
        }
        case 'child.started':
        case 'child.refused':
        case 'child.told':
        case 'child.ended':
          return hear(event);
        case 'step.cancel_requested':
          for (const call of own) if (call.step === event.step && call.phase === 'open') call.phase = 'asked';
          return;
        case 'step.completed':
          if (!event.insteadOf) complete(event.step, event.output);
          return stepEnds(event.step, event.type);
        case 'step.failed':
        case 'step.retrying':
        case 'step.cancelled':
          return stepEnds(event.step, event.type);
        case 'compensation.started':
          return close(true);
        case 'execution.closing':
          return cancelled(event.closing.error?.message ?? '');
        case 'execution.closed':
          if (!shadow.closing) cancelled(event.error?.message ?? '');
          return close(false);
        case 'execution.retried':
          return retried();
        case 'execution.reported':
          return reported(event.isTaken);
        default:
      }
    },
  };
}
