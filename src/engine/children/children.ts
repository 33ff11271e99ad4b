/**
 * Deliveries between executions: starts and cancellations from a parent to its children, ends from a child to its parent.
 *
 * Each is a fact for the other's mailbox, sent while its command is outstanding, and settled by a fact for the sender once
 * the other's move is durable or the other refuses. What fails on the way is left: the command is outstanding still, its
 * wake row comes due, and the sweep sends it again. `core/child.ts` argues why that is harmless at every place.
 *
 * A child runs under the slot of its parent: it takes none and never waits for one, so that parents which hold all slots
 * cannot wait for ever for children that wait for a slot. A detached child is waited for by nobody and is admitted like
 * any start, only that it is never turned away: its parent was let in. The limit that a workflow sets for itself holds for
 * children as for others.
 */
import type { ChildCommand, ChildEndedFact, ChildFact, ParentLink, ReportCommand } from '../../core/child-events.ts';
import type { StepError } from '../../core/errors.ts';
import type { Outcome } from '../../core/events.ts';
import type { ExecutionTurn } from '../../core/execution-turn.ts';
import type { Program } from '../../core/program.ts';
import { type ExecutionState, inputOf, isEnded } from '../../core/state.ts';
import type { Clock } from '../../kit/clock.ts';
import { Fault } from '../../kit/fault.ts';
import type { Json } from '../../kit/json.ts';
import type { Random } from '../../kit/random.ts';
import type { Admission } from '../concurrency/admission.ts';
import { type How, reachedText, startInTurn, turnOf } from '../concurrency/turns.ts';
import { checkInput } from '../definitions/input-check.ts';
import type { CompiledVersions } from '../definitions/versions.ts';
import type { Advanced, Claims, Entry, Live, UntimedFact } from '../moves/live.ts';
import type { Mailboxes } from '../moves/mailbox.ts';
import { copyJson, findUnstorableText } from '../moves/storable.ts';
import { childIdOf } from './child-id.ts';

export interface ChildrenDeps {
  readonly mailboxes: () => Pick<Mailboxes, 'submit' | 'submitAll' | 'start' | 'peek' | 'read'>;
  readonly find: CompiledVersions['find'];
  readonly admission: Admission;
  readonly random: Random;
  readonly clock: Pick<Clock, 'nowMs'>;
}

export interface Children {
  /** Sends what the command wants sent, if anything. It may have been sent before. */
  deliver(live: Live, command: ChildCommand | ReportCommand): void;
}

/** One call, apart from the state that made it: that moves on meanwhile. */
interface Calling {
  readonly parentId: string;
  readonly childId: string;
  readonly command: ChildCommand;
  readonly workspace: string;
  readonly priority: number;
  readonly input: Json;
  readonly parent: ParentLink;
}

export function openChildren(deps: ChildrenDeps): Children {
  const { admission } = deps;

  const tell = (executionId: string, fact: ChildFact, settle?: (advanced: Advanced) => void): void =>
    deps.mailboxes().submit(executionId, fact, settle);

  const cross = (executionId: string, entry: Entry): void =>
    deps.mailboxes().submitAll(executionId, [{ ...entry, needsProof: true }]);

  /** The version that is called; undefined where there is none, which the refusal says. */
  async function programOf({ workspace, command }: Calling): Promise<{ program: Program } | { refusal: StepError }> {
    const { workflow, version } = command.target;
    try {
      return { program: await deps.find(workspace, workflow, version) };
    } catch (fault) {
      if (!Fault.is(fault, 'WORKFLOW_NOT_FOUND') && !Fault.is(fault, 'VERSION_NOT_FOUND')) throw fault;
      return { refusal: { code: fault.code, message: fault.message } };
    }
  }

  async function begin(calling: Calling): Promise<void> {
    const { childId } = calling;
    const found = await programOf(calling);
    const checked = 'program' in found ? inputFor(found.program, calling.input) : found;
    if ('refusal' in checked) return refuse(calling, checked.refusal);
    if (!('program' in found)) return;
    const { program } = found;
    submitStart({ calling, program, input: checked.input }, (advanced) => {
      if (advanced.ok) return started(calling, program.definition.version);
      if ('refusal' in advanced) void readOf(childId).then((state) => started(calling, state.version), ignore);
    });
  }

  function started({ parentId, childId, command }: Calling, version: string): void {
    tell(parentId, { type: 'child.started', call: command.call, execution: childId, version });
  }

  interface Starting {
    readonly calling: Calling;
    readonly program: Program;
    readonly input: Json;
    readonly stillborn?: string;
  }

  function submitStart(starting: Starting, settle: (advanced: Advanced) => void): void {
    const { workspace, command } = starting.calling;
    const { stillborn, program, input } = starting;
    if (stillborn !== undefined) return send(starting, { how: { queued: false, stillborn }, claims: {} }, settle);
    const isAdmitted = command.target.isDetached === true && admission.isLimited;
    const checked = turnFor(program, { workspace, input, nowMs: deps.clock.nowMs() });
    if ('refusal' in checked) return refuse(starting.calling, checked.refusal);
    const { turn } = checked;
    if (!isAdmitted && !turn) return send(starting, { how: { queued: false }, claims: {} }, settle);
    const own = turn === undefined ? {} : { turn };
    startInTurn<Advanced>({
      admission,
      workspace,
      isAdmitted,
      turn,
      mayQueue: () => undefined,
      send: (how, claims) => new Promise((resolve) => send(starting, { how: { ...how, ...own }, claims }, resolve)),
    }).then((begun) => {
      if (!('turnedAway' in begun)) return settle(begun);
      refuse(starting.calling, { code: 'CONCURRENCY_LIMIT', message: reachedText(begun.turnedAway) });
    }, ignore);
  }

  function send(
    { calling, program, input }: Starting,
    { how, claims }: { how: How; claims: Claims },
    settle: (advanced: Advanced) => void,
  ): void {
    const { childId: executionId, workspace, priority, parent } = calling;
    const fact: UntimedFact = {
      type: 'start',
      workspace,
      input,
      metadata: { parent: { execution_id: parent.executionId, step: parent.step } },
      tags: [],
      labels: {},
      seed: Math.floor(deps.random.next() * 2 ** 32),
      priority,
      parent,
      ...how,
    };
    const mailboxes = deps.mailboxes();
    // Most calls are made once: the fence finds out where this one was made before.
    if (!mailboxes.peek(executionId)) return mailboxes.start({ executionId, program, fact, claims }, settle);
    cross(executionId, { fact, settle, claims, program });
  }

  function stop(calling: Calling): void {
    const { parentId, childId, command } = calling;
    const type = command.phase === 'terminating' ? 'terminate' : 'cancel';
    const reason = `the execution ${parentId}, which called it, does not wait for it any more`;
    const heard = (advanced: Advanced): void => {
      // It knows already where it is ending.
      if (advanced.ok || ('refusal' in advanced && advanced.refusal.code === 'STATE_CONFLICT')) return told(calling);
      if (!('refusal' in advanced)) return;
      const isAbsent = advanced.refusal.code === 'EXECUTION_GONE';
      (isAbsent ? prevent(calling, reason) : tellEnd(calling)).catch(ignore);
    };
    cross(childId, { fact: { type, reason, isFromParent: true }, settle: heard, claims: undefined });
  }

  const refuse = ({ parentId, command }: Calling, error: StepError): void =>
    tell(parentId, { type: 'child.refused', call: command.call, error });

  const told = ({ parentId, command }: Calling): void => tell(parentId, { type: 'child.told', call: command.call });

  /** There is no child yet, but its start may be on its way: one takes its place that has ended. */
  async function prevent(calling: Calling, stillborn: string): Promise<void> {
    const found = await programOf(calling);
    if ('refusal' in found) return settle(calling, { status: 'cancelled', output: null });
    submitStart({ calling, program: found.program, input: null, stillborn }, (advanced) => {
      if (advanced.ok) return told(calling);
      if ('refusal' in advanced) stop(calling);
    });
  }

  /** It had ended before it was told: what came of it, where the parent did not take that from its report. */
  async function tellEnd(calling: Calling): Promise<void> {
    const state = await readOf(calling.childId);
    settle(calling, isEnded(state) ? endOf(state) : { status: 'cancelled', output: null });
  }

  function settle(calling: Calling, end: End): void {
    const { parentId, childId, command } = calling;
    tell(parentId, { type: 'child.ended', call: command.call, execution: childId, ...end }, (advanced) => {
      // A parent that has ended takes no result; it need only know that it owes nothing any more.
      if (!advanced.ok && 'refusal' in advanced) told(calling);
    });
  }

  function report({ id, state }: Live): void {
    const { parent } = state;
    if (!parent) return;
    const fact: ChildFact = { type: 'child.ended', call: parent.call, execution: id, ...endOf(state) };
    const heard = (advanced: Advanced): void => {
      const isRefused = !advanced.ok && 'refusal' in advanced;
      if (!advanced.ok && !isRefused) return;
      tell(id, { type: 'reported', isTaken: advanced.ok || (isRefused && advanced.refusal.code === 'REPEATED') });
    };
    cross(parent.executionId, { fact, settle: heard, claims: undefined });
  }

  function readOf(executionId: string): Promise<ExecutionState> {
    return new Promise((resolve, reject) =>
      deps.mailboxes().read(executionId, { take: ({ state }) => resolve(state), failed: reject }),
    );
  }

  return {
    deliver(live, command) {
      if (command.type === 'report') return report(live);
      if (command.phase === 'starting') begin(callingOf(live, command)).catch(ignore);
      if (command.phase === 'cancelling' || command.phase === 'terminating') stop(callingOf(live, command));
    },
  };
}

type End = Pick<ChildEndedFact, 'status' | 'output' | 'error'>;

function endOf({ status, output, error }: ExecutionState): End {
  return { status: status as Outcome, output: output ?? null, ...(error === undefined ? {} : { error }) };
}

function callingOf({ id, state }: Live, command: ChildCommand): Calling {
  const { step: path, call, target } = command;
  const step = state.steps.get(path);
  const { root = id, depth = 0 } = state.parent ?? {};
  return {
    parentId: id,
    childId: childIdOf(id, command),
    command,
    workspace: state.workspace,
    priority: state.priority,
    input: step ? inputOf(state, step) : null,
    parent: {
      executionId: id,
      step: path,
      call,
      root,
      depth: target.isDetached ? 0 : depth + 1,
      ...(target.isDetached ? { isDetached: true } : {}),
    },
  };
}

function inputFor(program: Program, given: Json): { input: Json } | { refusal: StepError } {
  const found = findUnstorableText(given);
  if (found !== undefined) return { refusal: invalid(`the input cannot be kept: ${found}`) };
  try {
    return { input: checkInput(program, copyJson(given)) };
  } catch (fault) {
    if (!Fault.is(fault, 'INPUT_INVALID')) throw fault;
    return { refusal: invalid(fault.message, fault.detail['errors'] as Json) };
  }
}

function turnFor(...given: Parameters<typeof turnOf>): { turn: ExecutionTurn | undefined } | { refusal: StepError } {
  try {
    return { turn: turnOf(...given) };
  } catch (fault) {
    if (!Fault.is(fault, 'INPUT_INVALID')) throw fault;
    return { refusal: invalid(fault.message) };
  }
}

function invalid(message: string, details?: Json): StepError {
  return { code: 'INPUT_INVALID', message, retryable: false, ...(details === undefined ? {} : { details }) };
}

/** What failed on its way is sent again when the wake row of its sender comes due. */
const ignore = (): void => undefined;
