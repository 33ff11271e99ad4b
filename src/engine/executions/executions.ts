/** Starting, reading and operating executions: the calls of users, turned into facts. */
import { createHash } from 'node:crypto';
import { admit, type Refusal } from '../../core/admit/admit.ts';
import { type ExecutionTurn, keyText } from '../../core/execution-turn.ts';
import type { Fact } from '../../core/facts.ts';
import type { Program } from '../../core/program.ts';
import { type Rerun, rootOf, varsSetIn } from '../../core/rerun.ts';
import { type Command, type ExecutionState, isEnded, statusOf } from '../../core/state.ts';
import type { Clock } from '../../kit/clock.ts';
import { Fault } from '../../kit/fault.ts';
import { makeId } from '../../kit/ids.ts';
import { canonicalJson, emptyObject, isObject, type Json, type JsonObject } from '../../kit/json.ts';
import type { Random } from '../../kit/random.ts';
import type { Journal, StoredRecord } from '../../storage/journal.ts';
import type { StartKey, Store } from '../../storage/store.ts';
import { type Admission, slotKey } from '../concurrency/admission.ts';
import { limitSight, wantedBy } from '../concurrency/limit-reasons.ts';
import { startInTurn, takeOf, turnedAway, turnOf } from '../concurrency/turns.ts';
import { checkInput } from '../definitions/input-check.ts';
import type { CompiledVersions } from '../definitions/versions.ts';
import type { Executions, NumberedEvent, Operation, RerunRequest, Started, StartRequest, TaskDesk } from '../engine.ts';
import { loadPage, priorityDefault, startKeyLifetimeMs } from '../limits.ts';
import { decodeEvents, largeHashes } from '../moves/codec.ts';
import type { Committer } from '../moves/committer.ts';
import type { Advanced, Claims, UntimedFact } from '../moves/live.ts';
import type { Mailboxes } from '../moves/mailbox.ts';
import { copyJson, findUnstorableText } from '../moves/storable.ts';
import type { Estimates } from './estimates.ts';
import { type ExplainDeps, explain } from './explain.ts';
import { prepareRerun, rerunFingerprint } from './rerun.ts';
import type { Watchers } from './watchers.ts';

export interface ExecutionsDeps {
  readonly store: Store;
  readonly committer: Committer;
  readonly mailboxes: Mailboxes;
  readonly versions: CompiledVersions;
  readonly watchers: Watchers;
  readonly admission: Admission;
  readonly estimates: Estimates;
  readonly clock: Clock;
  readonly random: Random;
  readonly isClosing: () => boolean;
  readonly desk: Pick<TaskDesk, 'holder' | 'lastAskedFor'>;
  readonly isLocal: (state: ExecutionState, command: Command) => boolean;
}

type Begun = { readonly ok: true; readonly started: Started } | Exclude<Advanced, { ok: true }>;

export function openExecutions(deps: ExecutionsDeps): Executions {
  const { mailboxes, clock, random } = deps;

  async function start(request: StartRequest): Promise<Started> {
    refuseStart(deps, request);
    const program = await deps.versions.find(request.workspace, request.workflow, request.version);
    const input = checkInput(program, copyJson((request.input ?? null) as Json));
    const executionId = makeId('exec', clock, random);
    const fact = startFact(deps, request, { program, input });
    const fingerprint = request.idempotencyKey === undefined ? '' : fingerprintOf(program, request);
    return begun(request, { executionId, program, fact, fingerprint });
  }

  async function begun(request: StartRequest, beginning: Beginning): Promise<Started> {
    const advanced = await begin(request, beginning);
    if (advanced.ok) return advanced.started;
    if ('keyTaken' in advanced) return repeated(request, advanced.keyTaken, beginning.fingerprint);
    throw faultOf(advanced);
  }

  async function rerun(given: RerunRequest): Promise<Started> {
    const hash = await read(given.workspace, given.executionId, ({ definition }) => definition);
    const program = await deps.versions.programOf(hash);
    const prepared = await read(given.workspace, given.executionId, (state) => prepareRerun(program, state, given));
    refuseStart(deps, prepared.request);
    const input = checkInput(program, copyJson((prepared.request.input ?? null) as Json));
    const rerun = { ...prepared.rerun, vars: await varsTakenOver(prepared.rerun, given) };
    const fact = { ...startFact(deps, prepared.request, { program, input }), rerun };
    const fingerprint = fingerprintOf(program, prepared.request, rerunFingerprint(given));
    return begun(prepared.request, { executionId: makeId('exec', clock, random), program, fact, fingerprint });
  }

  async function varsTakenOver({ steps, vars }: Rerun, given: RerunRequest): Promise<JsonObject> {
    const { workspace, executionId } = given;
    const taken = new Set(steps.map(({ step }) => rootOf(step)));
    const set = emptyObject();
    if (Object.keys(vars).length === 0) return set;
    for (let after: number | undefined = 0; after !== undefined; ) {
      const page: readonly NumberedEvent[] = await journal(workspace, executionId, { after, limit: loadPage });
      for (const { event } of page) Object.assign(set, varsSetIn(event, taken));
      after = page.at(-1)?.position;
    }
    return set;
  }

  type Beginning = {
    executionId: string;
    program: Program;
    fact: UntimedFact & { type: 'start' };
    fingerprint: string;
  };

  async function begin(request: StartRequest, given: Beginning): Promise<Begun> {
    const { admission } = deps;
    const { workspace } = request;
    const startKey =
      request.idempotencyKey === undefined ? {} : { startKey: startKeyOf(clock, request, given.fingerprint) };
    const turn = turnOf(given.program, { workspace, input: given.fact.input, nowMs: clock.nowMs() });
    if (!admission.isLimited && !turn) return submitStart(given, startKey);
    const begun = await startInTurn<Begun>({
      admission,
      workspace,
      isAdmitted: admission.isLimited,
      turn,
      mayQueue: () => refuseFull(admission, workspace),
      send: (how, claims) =>
        submitStart({ ...given, fact: { ...given.fact, ...how, ...(turn && { turn }) } }, { ...startKey, ...claims }),
    });
    if ('turnedAway' in begun) throw turnedAway(begun.turnedAway);
    return begun;
  }

  function submitStart({ executionId, program, fact }: Beginning, claims: Claims): Promise<Begun> {
    // What is told of it is taken here: a moment later its state may hold a move that is not durable yet.
    return new Promise((resolve) =>
      mailboxes.start({ executionId, program, fact, claims }, (advanced) =>
        resolve(advanced.ok ? { ok: true, started: startedOf(deps, advanced.state, true) } : advanced),
      ),
    );
  }

  async function repeated(
    request: StartRequest,
    held: { executionId: string; fingerprint: string },
    fingerprint: string,
  ): Promise<Started> {
    if (held.fingerprint === fingerprint) {
      return read(request.workspace, held.executionId, (state) => startedOf(deps, state, false)).catch(
        (error: unknown) => {
          throw Fault.is(error, 'EXECUTION_NOT_FOUND') ? removed(request, held.executionId) : error;
        },
      );
    }
    const message = `the idempotency key ${request.idempotencyKey} was used for another body: use a new key`;
    throw new Fault('IDEMPOTENCY_KEY_REUSED', message, { detail: { execution_id: held.executionId } });
  }

  function read<T>(workspace: string, executionId: string, project: (state: ExecutionState) => T): Promise<T> {
    return new Promise((resolve, reject) =>
      mailboxes.read(executionId, {
        failed: reject,
        take(live) {
          if (live.state.position === 0 || live.state.workspace !== workspace) return reject(notFound(executionId));
          resolve(project(live.state));
        },
      }),
    );
  }

  async function waitForEnd(
    workspace: string,
    executionId: string,
    timeoutMs: number,
  ): Promise<ExecutionState | undefined> {
    // Judged where the state is shown: a moment later it may hold a move that is not durable yet.
    const lookForEnd = (): Promise<ExecutionState | undefined> =>
      read(workspace, executionId, (found) => (isEnded(found) ? found : undefined));
    const waited = Promise.withResolvers<ExecutionState | undefined>();
    const stop = deps.watchers.add(executionId, (_position, hasEnded) => {
      // At once: who asks later reads the journal, for what has ended leaves memory.
      if (hasEnded) waited.resolve(lookForEnd());
    });
    const timeout = (): void => waited.resolve(undefined);
    const cancel = Number.isFinite(timeoutMs) ? clock.schedule(timeoutMs, timeout) : (): void => undefined;
    try {
      const ended = await lookForEnd();
      if (ended || timeoutMs <= 0) return ended;
      return (await waited.promise) ?? (await lookForEnd());
    } finally {
      stop();
      cancel();
    }
  }

  async function journal(
    workspace: string,
    executionId: string,
    page: { after: number; limit: number },
  ): Promise<readonly NumberedEvent[]> {
    const records = await deps.store.journal.read(executionId, page.after, page.limit);
    if (records.length === 0 || records[0]?.workspace !== workspace) {
      await read(workspace, executionId, () => undefined);
      return [];
    }
    const numbered = await numberedEvents(deps.store.journal, records);
    return numbered.filter((entry) => entry.position > page.after).slice(0, page.limit);
  }

  async function operate(workspace: string, executionId: string, operation: Operation): Promise<ExecutionState> {
    const turn = await read(workspace, executionId, (state) => state.turn);
    const fact = factOf(deps, operation);
    const claims = operation.type === 'retry' ? claimsAgain(deps.admission, turn) : undefined;
    const advanced = await new Promise<Advanced>((settle) =>
      mailboxes.submitAll(executionId, [{ fact, settle, claims, ...proofFor(operation) }]),
    );
    if (advanced.ok) return advanced.state;
    if (!('refusal' in advanced) || advanced.refusal.code !== 'REPEATED') throw faultOf(advanced);
    // It was a repeat of what may be lost yet: only what is durable was done.
    const done = await read(workspace, executionId, (state) => (isRepeat(state, fact) ? state : undefined));
    return done ?? operate(workspace, executionId, operation);
  }

  return {
    start,
    rerun,
    read,
    waitForEnd,
    list: (query) => deps.store.views.list(query),
    statistics: (query) => deps.store.views.statistics(query),
    counts: (workspace, workflow) => deps.store.views.counts(workspace, workflow),
    journal,
    watch: (executionId, listener) => deps.watchers.add(executionId, listener),
    operate,
    async explain(workspace, executionId) {
      const permits = await read(workspace, executionId, wantedBy);
      const limits = await limitSight(deps.store.limits, { workspace, at: clock.nowMs(), permits });
      return read(workspace, executionId, (state) => explain(state, { ...reasonsOf(deps, state), limits }));
    },
  };
}

function startKeyOf(clock: Clock, request: StartRequest, fingerprint: string): StartKey {
  const { workflow, idempotencyKey: key = '', keyLifetimeMs = startKeyLifetimeMs } = request;
  return { workflow, key, fingerprint, expiresAt: clock.nowMs() + keyLifetimeMs };
}

/** Whoever does it to many executions counts what it is told: a repeat must be refused by what is durable. */
function proofFor(operation: Operation): { needsProof?: true } {
  return 'asked' in operation && operation.asked ? { needsProof: true } : {};
}

/** Whether what the fact would bring about is there: asked of a durable state, for a move may still be lost. */
const isRepeat = (state: ExecutionState, fact: UntimedFact): boolean =>
  admit(state, { ...fact, at: 0 } as Fact)?.code === 'REPEATED';

function reasonsOf(deps: ExecutionsDeps, state: ExecutionState): Omit<ExplainDeps, 'limits'> {
  const { desk, clock } = deps;
  return {
    nowMs: clock.nowMs(),
    holder: (step) => desk.holder(state.id, step),
    lastAskedFor: (executor, called) => desk.lastAskedFor(state.workspace, executor, called),
    isLocal: (command) => deps.isLocal(state, command),
    runningMax: deps.admission.limits.running,
    isCrowded: deps.admission.queued(state.workspace) > 0,
  };
}

function refuseStart(deps: ExecutionsDeps, request: StartRequest): void {
  if (deps.isClosing()) throw new Fault('SHUTTING_DOWN', 'the server is shutting down: start it again in a moment');
  if (deps.committer.isFull(request.workspace)) {
    throw new Fault('QUEUE_FULL', 'too many writes wait for the store', { detail: { retryAfterSeconds: 1 } });
  }
  const found = findUnstorableText({ input: request.input ?? null, metadata: request.metadata ?? null });
  if (found) throw new Fault('INPUT_INVALID', `the start cannot be kept: ${found}`);
}

function startFact(
  deps: ExecutionsDeps,
  request: StartRequest,
  { program, input }: { program: Program; input: Json },
): UntimedFact & { type: 'start' } {
  const metadata = copyJson(request.metadata ?? {}) as JsonObject;
  return {
    type: 'start',
    workspace: request.workspace,
    input,
    metadata,
    tags: request.tags ?? [],
    labels: { ...textsOf(program.definition.labels), ...textsOf(metadata['labels']) },
    seed: Math.floor(deps.random.next() * 2 ** 32),
    priority: request.priority ?? program.definition.priority ?? priorityDefault,
    queued: false,
    ...(request.timeoutMs === undefined ? {} : { timeoutMs: request.timeoutMs }),
  };
}

/** Labels are search attributes: those of the workflow, and over them those of the start. */
function textsOf(labels: Json | undefined): Record<string, string> {
  if (!isObject(labels)) return {};
  const texts = Object.entries(labels).filter(([, value]) => typeof value !== 'object');
  return Object.fromEntries(texts.map(([name, value]) => [name, String(value)]));
}

function fingerprintOf(program: Program, request: StartRequest, more?: JsonObject): string {
  const { version = null, input = null, metadata = null } = request;
  const body = [program.definition.name, version, input, metadata, ...(more ? [more] : [])];
  return createHash('sha256').update(canonicalJson(body)).digest('base64url');
}

function startedOf(deps: ExecutionsDeps, state: ExecutionState, isNew: boolean): Started {
  const typicalMs = deps.estimates.typicalMs(state.workspace, state.workflow);
  return {
    executionId: state.id,
    isNew,
    status: statusOf(state),
    workflow: state.workflow,
    version: state.version,
    createdAt: state.createdAt,
    estimatedEndAt: typicalMs === undefined ? undefined : state.createdAt + typicalMs,
  };
}

async function numberedEvents(journal: Journal, records: readonly StoredRecord[]): Promise<readonly NumberedEvent[]> {
  const hashes = records.flatMap((record) => largeHashes(record.events));
  const [executionId = ''] = records.map((record) => record.executionId);
  const values = hashes.length === 0 ? new Map<string, string>() : await journal.values(executionId, hashes);
  return records.flatMap(({ events, first, at }) => {
    let position = first - 1;
    return decodeEvents(events, values).map((event) => {
      position += event.type === 'journal.elided' ? event.count : 1;
      return { position, at, event };
    });
  });
}

/** What an execution that begins to run again takes where admission or its workflow is limited. */
function claimsAgain({ isLimited, limits }: Admission, turn: ExecutionTurn | undefined): Claims | undefined {
  if (!isLimited && !turn) return undefined;
  return {
    ...(isLimited ? { slot: { key: slotKey, limit: limits.running } } : {}),
    ...(turn ? { takes: [takeOf(turn)] } : {}),
  };
}

function refuseFull({ queued, limits }: Admission, workspace: string): void {
  if (queued(workspace) < limits.queued) return;
  const message = `${limits.queued} executions wait already: start it again later`;
  throw new Fault('QUEUE_FULL', message, { detail: { retryAfterSeconds: 5 } });
}

function factOf(deps: ExecutionsDeps, operation: Operation): UntimedFact {
  if (operation.type !== 'signal') return operation;
  const found = findUnstorableText(operation.payload);
  if (found) throw new Fault('INPUT_INVALID', `the payload cannot be kept: ${found}`);
  return {
    ...operation,
    payload: copyJson(operation.payload),
    id: operation.id ?? makeId('sig', deps.clock, deps.random),
  };
}

const removed = ({ idempotencyKey }: StartRequest, executionId: string): Fault =>
  new Fault(
    'EXECUTION_GONE',
    `the execution ${executionId} that the key ${idempotencyKey} started has been removed: use a new key`,
  );

const notFound = (executionId: string): Fault =>
  new Fault('EXECUTION_NOT_FOUND', `there is no execution ${executionId}`);

function faultOf(advanced: Advanced & { ok: false }): Fault {
  if ('fault' in advanced) return advanced.fault;
  if ('refusal' in advanced) return refused(advanced.refusal);
  if ('limited' in advanced) {
    const message = `the limit ${keyText(advanced.limited)} is reached: try it again later`;
    return new Fault('CONCURRENCY_LIMIT', message, { detail: { retryAfterSeconds: 5 } });
  }
  return new Fault('QUEUE_FULL', 'no admission slot is free', { detail: { retryAfterSeconds: 1 } });
}

function refused(refusal: Refusal): Fault {
  if (refusal.code === 'EXECUTION_GONE') return new Fault('EXECUTION_NOT_FOUND', refusal.message);
  if (refusal.code === 'LIMIT_EXCEEDED') return new Fault('LIMIT_EXCEEDED', refusal.message);
  return new Fault('STATE_CONFLICT', refusal.message, { detail: { reason: refusal.code } });
}
