/** Looks at every write that reached the disk, at the moment it did, and at every answer the engine gave. */
import { type ExecutionEvent, serverExecutor } from '../../../src/core/events.ts';
import { evolve } from '../../../src/core/evolve/evolve.ts';
import { readSnapshot, writeSnapshot } from '../../../src/core/snapshot.ts';
import { emptyState, inputOf, isEnded } from '../../../src/core/state.ts';
import type { HandedTask } from '../../../src/engine/engine.ts';
import { decodeEvents } from '../../../src/engine/moves/codec.ts';
import { canonicalJson, deepEqual } from '../../../src/kit/json.ts';
import type { Definition } from '../../../src/model/definition.ts';
import type { StoredRecord } from '../../../src/storage/journal.ts';
import type { MemoryDisk } from '../../../src/storage/memory/memory-disk.ts';
import type { LeaseWrite, SnapshotWrite, Write } from '../../../src/storage/store.ts';
import type { Tally } from '../tally.ts';
import type { Target } from '../target.ts';
import type { Trace } from '../trace.ts';
import { claim } from '../violation.ts';
import type { VirtualTime } from '../virtual-time.ts';
import type { Book, Check } from './book.ts';
import { checkAttempts } from './check-attempts.ts';
import { checkBreaker } from './check-breaker.ts';
import { type BulkCheck, openBulkCheck } from './check-bulk.ts';
import { openCacheCheck } from './check-cache.ts';
import { openChildrenCheck } from './check-children.ts';
import { checkCompensation } from './check-compensation.ts';
import { checkDeadLetter } from './check-dead-letter.ts';
import { checkFlow } from './check-flow.ts';
import { checkLifecycle } from './check-lifecycle.ts';
import { openLimitsCheck } from './check-limits.ts';
import { checkLoop } from './check-loop.ts';
import { openNewestCheck } from './check-newest.ts';
import { checkPeople } from './check-people.ts';
import { openRandomCheck } from './check-random.ts';
import { openRerunCheck } from './check-rerun.ts';
import { openRetentionCheck, type RetentionCheck } from './check-retention.ts';
import { checkRows, checkWrittenView } from './check-rows.ts';
import { checkStream } from './check-stream.ts';
import { checkWaits } from './check-waits.ts';
import { type Outline, outlineOf } from './outline.ts';

export interface AuditorDeps {
  readonly disk: MemoryDisk;
  readonly target: Target;
  readonly tally: Tally;
  readonly trace: Trace;
  readonly isFair: boolean;
  /** Executions of the workspace that may run at once. */
  readonly runningMax: number;
  /** How old an ended execution must be before it may be removed, in milliseconds. */
  readonly ageOf: (status: string) => number;
  /** Whether there was never more than one node at a time. */
  readonly isAlone: () => boolean;
  readonly isCalm: () => boolean;
  readonly time: Pick<VirtualTime, 'now'>;
}

export interface Auditor {
  readonly books: ReadonlyMap<string, Book>;
  /** Engine events recorded so far. */
  events(): number;
  applied(writes: readonly Write[]): void;
  /** A task left for an executor. */
  handed(task: HandedTask): void;
  /** The engine answered that it took a result. */
  accepted(taskId: string, token: string): void;
  /** The engine showed a state as durable. */
  shown(executionId: string, position: number, snapshot: string): void;
  /** Nothing goes on any more: what executions owe each other is settled. */
  checkChildren(): void;
  readonly bulk: BulkCheck;
  /** And no limit is held or waited for. */
  checkLimits(): void;
  readonly retention: RetentionCheck;
}

const worldly = (book: Book): readonly Check[] => [checkWaits(book), checkPeople(book)];

interface Audited {
  readonly book: Book;
  readonly checks: readonly Check[];
  /** Steps that were given up while an executor held them, in the move that is looked at. */
  readonly inHand: Set<string>;
}

const outlines = new Map<string, Outline>();

export function openAuditor(deps: AuditorDeps): Auditor {
  const { disk, tally, trace } = deps;
  const audited = new Map<string, Audited>();
  const books = new Map<string, Book>();
  /** Tokens of leases that are on the disk, with their task. */
  const tokens = new Map<string, string>();
  const leaseEnds = new Map<string, { token: string; expiresAt: number }>();
  /** Tasks that were leased since they went out. */
  const leased = new Set<string>();
  const acceptedTokens = new Map<string, string>();
  let events = 0;
  const breaker = deps.isFair ? checkBreaker(tally) : undefined;
  const retention = openRetentionCheck({ ...deps, books });
  const children = openChildrenCheck(retention.removed);
  const bulk = openBulkCheck();
  const limits = openLimitsCheck(deps);
  const newest = openNewestCheck(deps);
  const random = openRandomCheck();
  const cache = openCacheCheck();
  const reruns = openRerunCheck(books);

  function open(executionId: string): Audited {
    const found = audited.get(executionId);
    if (found) return found;
    const shadow = emptyState(executionId);
    const outline = outlineOf({ name: '', version: '', steps: { flow: 'sequence', steps: [] } });
    const { target, isFair } = deps;
    const book: Book = { id: executionId, shadow, outline, target, tally, isFair, heldUntil: 0, counts: new Map() };
    const checks = [
      checkLifecycle(book),
      checkAttempts(book),
      checkFlow(book),
      checkLoop(book),
      checkStream(book),
      checkCompensation(book),
      ...worldly(book),
      children.of(book),
      checkDeadLetter(book),
      bulk.of(book),
      random.of(book),
      cache.of(book),
      reruns(book),
    ];
    books.set(executionId, book);
    const opened = { book, checks, inHand: new Set<string>() };
    audited.set(executionId, opened);
    return opened;
  }

  function record(found: Audited, stored: StoredRecord): void {
    const { book, checks } = found;
    const { shadow } = book;
    claim(stored.first === shadow.position + 1, 'I6', () => `${book.id}: a record begins at ${stored.first}`);
    const values = disk.values.get(book.id) ?? new Map<string, string>();
    let facts = 0;
    for (const event of decodeEvents(stored.events, values)) {
      if (event.type === 'execution.started') book.outline = outlineByHash(disk, event.definition);
      for (const check of checks) check.before?.(event, stored.at);
      checkWithdrawal(found, event, stored.at);
      checkRedelivery(book, event);
      limits.before(shadow, event, stored.at);
      newest.before(shadow, event);
      const hadEnded = 'step' in event && shadow.steps.get(event.step)?.endedAt !== undefined;
      evolve(shadow, event, stored.at);
      // What a rule lets try again has ended before: its attempt counted then.
      if ('step' in event && !hadEnded) breaker?.ended(shadow.steps.get(event.step), event, stored.at);
      book.counts.set(event.type, (book.counts.get(event.type) ?? 0) + 1);
      events += 1;
      if (event.type === 'step.completed' || event.type === 'signal.received') facts += 1;
    }
    found.inHand.clear();
    shadow.opened = [];
    shadow.settled = [];
    shadow.humanTasks = [];
    shadow.limitsLeft = undefined;
    if (facts > 1) tally.saw('move of several facts');
    claim(stored.last === shadow.position, 'I6', () => `${book.id}: a record does not end at ${stored.last}`);
    for (const check of checks) check.moved?.(stored.at);
  }

  function applyMove(write: Write & { kind: 'move' }): void {
    const records = disk.records.get(write.executionId) ?? [];
    const known = audited.get(write.executionId)?.book.shadow.position ?? 0;
    const fresh = records.filter((stored) => stored.first > known);
    if (fresh.length === 0) {
      const rival = records.find((stored) => stored.first <= write.first && stored.last >= write.first);
      if (rival && rival.moveId !== write.moveId) tally.saw('move refused by the fence');
      return;
    }
    const found = open(write.executionId);
    for (const stored of fresh) {
      trace.note(`${write.executionId} ${stored.first}-${stored.last} ${stored.moveId} ${stored.events}`);
      record(found, stored);
    }
    checkWrittenView(found.book, write);
    limits.moved(found.book.shadow, write.at);
    checkRows(found.book, disk, { at: write.at, isAlone: deps.isAlone() });
    if (!fresh.some((stored) => stored.moveId === write.moveId)) return;
    for (const { taskId, lease } of write.tasksAdded ?? []) {
      if (lease) applyLease({ kind: 'lease', taskId, at: lease.since, ...lease });
      if (lease) tally.saw('task lent by its move');
    }
  }

  function applyLease(write: LeaseWrite): void {
    // A task that is settled in the same batch has no row any more.
    const row = disk.tasks.get(write.taskId);
    if (row && row.lease?.token !== write.token) return;
    if (tokens.has(write.token)) return;
    tokens.set(write.token, write.taskId);
    leased.add(write.taskId);
    if (!row) return;
    const shadow = audited.get(row.executionId)?.book.shadow;
    const isHeld = deps.isFair && shadow?.paused === true;
    claim(!isHeld, 'I5', () => `${write.taskId} leaves while its execution is paused`);
    const step = shadow?.steps.get(stepOf(write.taskId));
    breaker?.leased(step, write.at);
    limits.leased(write.taskId, step?.task?.limits?.slot?.key, write);
    const earlier = leaseEnds.get(write.taskId);
    const isFree = !earlier || earlier.expiresAt <= write.at;
    claim(isFree, 'I9', () => `${write.taskId} is leased to ${write.worker} while another lease runs`);
    if (write.worker === 'in-process') tally.saw('row adopted by this process');
    trace.note(`lease ${write.taskId} ${write.worker} ${write.token}`);
    leaseEnds.set(write.taskId, { token: write.token, expiresAt: write.expiresAt });
  }

  function applySnapshot(write: SnapshotWrite): void {
    tally.saw('snapshot written');
    const shadow = audited.get(write.executionId)?.book.shadow;
    const restored = shadow?.position === write.position ? readSnapshot(write.text) : undefined;
    if (!shadow || !restored) return;
    for (const part of ['outstanding', 'steps', 'frames', 'pathsByName'] as const) {
      const isWhole = deepEqual([...restored[part].keys()], [...shadow[part].keys()]);
      claim(isWhole, 'I6', () => `the snapshot of ${shadow.id} at ${shadow.position} has lost some ${part}`);
    }
  }

  /** A journal that was made shorter gives the state that the longer one gave. */
  function checkCompacted(executionId: string): void {
    const shadow = audited.get(executionId)?.book.shadow;
    const records = disk.records.get(executionId) ?? [];
    if (!shadow || records.at(-1)?.last !== shadow.position) return;
    const values = disk.values.get(executionId) ?? new Map<string, string>();
    const replayed = emptyState(executionId);
    for (const { events, at } of records) for (const event of decodeEvents(events, values)) evolve(replayed, event, at);
    const isSame = writeSnapshot(replayed) === writeSnapshot(shadow);
    claim(isSame, 'I6', () => `the compacted journal of ${executionId} gives another state at ${shadow.position}`);
    tally.saw('journal compacted');
  }

  /** Before compensation begins, what an executor holds is left to it until it answers or its lease is over. */
  function checkWithdrawal({ book, inHand }: Audited, event: ExecutionEvent, at: number): void {
    const { shadow } = book;
    if (event.type === 'compensation.started') {
      const [first] = inHand;
      claim(first === undefined, 'I10', () => `${book.id}: compensation begins while ${first} is in somebody's hands`);
    }
    if (event.type !== 'step.cancelled' && event.type !== 'step.cancel_requested') return;
    const step = shadow.steps.get(event.step);
    const lease = step?.task && leaseEnds.get(`${book.id}/${step.path}#${step.visit}/${step.attempt}`);
    if (!lease || lease.expiresAt <= at || step?.status !== 'running') return;
    if (event.type === 'step.cancel_requested') tally.saw('withdrawal of a held task');
    else if (shadow.closing && !shadow.compensation && deps.isFair) inHand.add(event.step);
  }

  /** Nobody loses what nobody had; functions of a node are lost with it. */
  function checkRedelivery({ id, shadow }: Book, event: ExecutionEvent): void {
    if (event.type !== 'step.redelivered') return;
    const step = shadow.steps.get(event.step);
    if (!step?.task || isOfNode(step.task.executor)) return;
    const taskId = `${id}/${step.path}#${step.visit}/${step.attempt}`;
    claim(leased.delete(taskId), 'I9', () => `${taskId} goes out again, and nobody had it`);
  }

  return {
    books,
    events: () => events,
    checkChildren: children.rest,
    bulk,
    checkLimits: limits.atRest,
    retention,
    applied(writes) {
      for (const write of writes) {
        if ('executionId' in write) retention.applied(write.executionId);
        if (write.kind === 'move') applyMove(write);
        if (write.kind === 'lease') applyLease(write);
        if (write.kind === 'release') leaseEnds.delete(write.taskId);
        if (write.kind === 'release') limits.released(write.taskId);
        if (write.kind === 'snapshot') applySnapshot(write);
        if (write.kind === 'compact') checkCompacted(write.executionId);
        const lease = write.kind === 'extend' ? leaseEnds.get(write.taskId) : undefined;
        if (write.kind === 'extend' && lease?.token === write.token) {
          lease.expiresAt = Math.max(lease.expiresAt, write.expiresAt);
          const isThere = disk.tasks.get(write.taskId)?.lease?.token === write.token;
          if (isThere) limits.extended(write.taskId, write.expiresAt);
        }
      }
      const at = Math.max(0, ...writes.map((write) => ('at' in write ? write.at : 0)));
      if (at > 0) limits.settled(at);
      if (at > 0) newest.settled(at);
    },
    handed(task) {
      claim(tokens.get(task.leaseToken) === task.taskId, 'I9', () => `${task.taskId} left without a durable lease`);
      const { shadow } = audited.get(task.executionId)?.book ?? open(task.executionId).book;
      const step = shadow.steps.get(task.step);
      const isSame = step?.attempt === task.attempt && !isEnded(shadow);
      if (step && isSame) {
        claim(deepEqual(inputOf(shadow, step), task.input), 'I6', () => `${task.taskId} left with another input`);
      }
    },
    accepted(taskId, token) {
      claim(tokens.get(token) === taskId, 'I9', () => `a result of ${taskId} was taken under a token never given`);
      const attempt = taskId.slice(taskId.indexOf('/') + 1);
      const { shadow } = audited.get(taskId.slice(0, taskId.indexOf('/')))?.book ?? { shadow: emptyState('') };
      const isSettled = !shadow.outstanding.has(attempt) && !shadow.outstanding.has(`withdraw:${attempt}`);
      claim(
        shadow.position > 0 && isSettled,
        'I3',
        () => `the result of ${taskId} was taken and is not in the journal`,
      );
      const earlier = acceptedTokens.get(taskId);
      claim(earlier === undefined || earlier === token, 'I3', () => `${taskId} was taken twice`);
      acceptedTokens.set(taskId, token);
    },
    shown(executionId, position, snapshot) {
      const shadow = audited.get(executionId)?.book.shadow;
      claim(
        shadow && position <= shadow.position,
        'I1',
        () => `${executionId} was shown at ${position}, before it was durable`,
      );
      if (position !== shadow.position) return;
      const expected = writeSnapshot(shadow);
      const isSame =
        snapshot === expected || canonicalJson(JSON.parse(snapshot)) === canonicalJson(JSON.parse(expected));
      claim(isSame, 'I6', () => `${executionId} at ${position} is ${snapshot}\nnot ${expected}`);
    },
  };
}

const isOfNode = (executor: string): boolean => executor === 'inside' || executor === serverExecutor;

/** `exec_…/path#visit/attempt` */
const stepOf = (taskId: string): string => taskId.slice(taskId.indexOf('/') + 1, taskId.lastIndexOf('#'));

function outlineByHash(disk: MemoryDisk, hash: string): Outline {
  const known = outlines.get(hash);
  if (known) return known;
  for (const workflow of disk.workflows.values()) {
    for (const version of workflow.versions.values()) {
      if (version.hash === hash) outlines.set(hash, outlineOf(JSON.parse(version.definition) as Definition));
    }
  }
  const found = outlines.get(hash);
  claim(found, 'I6', () => `no definition has the hash ${hash}`);
  return found;
}
