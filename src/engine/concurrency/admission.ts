/**
 * How many executions of a workspace run at once. Beyond `running` a start waits as `queued`, beyond `queued` it is
 * refused; an end lets the next one in. The slots are rows of the store, so the limit holds over all nodes and restarts.
 *
 * Who waits stands in one place and stays there: an execution whose workflow has a limit in the line of that (`permits.ts`),
 * any other in the queue of its workspace, the oldest first. The queue and the lines take turns at the slots that come free,
 * and so do the lines among each other: neither one long queue nor many lines keep the others out.
 */
import type { LimitKey } from '../../storage/limits.ts';
import type { Store } from '../../storage/store.ts';
import type { Advanced } from '../moves/live.ts';
import type { Mailboxes } from '../moves/mailbox.ts';

export interface AdmissionLimits {
  readonly running: number;
  readonly queued: number;
}

export interface Admission {
  readonly limits: AdmissionLimits;
  readonly isLimited: boolean;
  /** Whether executions hold slots that their ends give back: also those that a limit left which is there no more. */
  usesSlots(): boolean;
  /** Executions that wait for room in the workspace, as far as this node knows. */
  queued(workspace: string): number;
  /** One more waits for room, in the line of a key. */
  joinedLine(line: LimitKey): void;
  /** An execution stands in the queue. It may have been named before. */
  joinedQueue(workspace: string, executionId: string): void;
  /** What a look at a line has found: how many it let in, and whether its next one waits for nothing but room. */
  looked(line: LimitKey, found: { letIn: number; isWaiting: boolean }): void;
  /** A slot may be free: lets waiting executions in until none is. */
  admitNext(workspace: string): void;
  /** Lets in whom nobody remembers: the end that would have done it was lost with its node, or its answer was. */
  sweep(): void;
  /** Counts what waited before this process. Where no limit is left, all of it is let in. */
  restore(): Promise<void>;
}

/** `nobody`: who stood there waits no longer, or for something else. */
export type LetIn = 'one' | 'nobody' | 'full';

export interface AdmissionDeps {
  readonly store: Store;
  readonly limits: AdmissionLimits;
  readonly mailboxes: () => Mailboxes;
  /** Lets the next of a line in, where there is room. */
  readonly letIn: (line: LimitKey) => Promise<LetIn>;
}

/** Who of a workspace waits for room. */
interface Waits {
  /** How many are in its queue, and who is next: all of them where that is known. */
  queue: number;
  readonly next: Set<string>;
  isQueueKnown: boolean;
  /** Of each line how many, and whose turn it is first. */
  readonly lines: Map<string, number>;
  inLines: number;
  isTurnOfLines: boolean;
}

/** Executions of the queue that are read at once, and that are kept in memory. */
const admitBatch = 100;
const nextMax = 10_000;
/** Sweeps until the queue is read again: that passes over all that stand in lines. */
const sweepsPerRead = 20;
export const slotKey = 'running';

export function openAdmission(deps: AdmissionDeps): Admission {
  const { limits } = deps;
  const isLimited = Number.isFinite(limits.running);
  const known = new Map<string, Waits>();
  const looks = new Map<string, 'under way' | 'once more'>();
  let sweeps = 0;
  let hasSlots = true;

  function waitsOf(workspace: string): Waits {
    const found = known.get(workspace);
    if (found) return found;
    const lines = new Map<string, number>();
    const waits = { queue: 0, next: new Set<string>(), isQueueKnown: false, lines, inLines: 0, isTurnOfLines: true };
    known.set(workspace, waits);
    return waits;
  }

  const queued = (workspace: string): number => {
    const waits = known.get(workspace);
    return waits ? waits.queue + waits.inLines : 0;
  };

  function admit(workspace: string): void {
    if (looks.has(workspace)) {
      looks.set(workspace, 'once more');
      return;
    }
    looks.set(workspace, 'under way');
    const over = (): void => {
      const isWanted = looks.get(workspace) === 'once more';
      looks.delete(workspace);
      if (isWanted) admit(workspace);
    };
    admitSome(workspace, waitsOf(workspace)).then(over, over);
  }

  async function admitSome(workspace: string, waits: Waits): Promise<void> {
    if (waits.next.size === 0 && !waits.isQueueKnown) await readQueue(workspace, waits);
    for (;;) {
      const [key] = waits.lines.keys();
      const [next] = waits.next;
      const isOfLine = key !== undefined && (waits.isTurnOfLines || next === undefined);
      if (!isOfLine && next === undefined) return;
      const letIn = isOfLine ? await letInOfLine(waits, { workspace, key }) : await letInOfQueue(waits, next ?? '');
      if (letIn === 'full') return;
      if (letIn === 'one') waits.isTurnOfLines = !isOfLine;
    }
  }

  async function readQueue(workspace: string, waits: Waits): Promise<void> {
    waits.isQueueKnown = true;
    const ids = await deps.store.views.queued(workspace, admitBatch).catch((error: unknown) => {
      waits.isQueueKnown = false;
      throw error;
    });
    // Whoever joined meanwhile has come after them.
    const joined = [...waits.next];
    waits.next.clear();
    for (const id of [...ids, ...joined]) waits.next.add(id);
    if (ids.length === admitBatch) waits.isQueueKnown = false;
    waits.queue = waits.isQueueKnown ? waits.next.size : Math.max(waits.queue, waits.next.size);
  }

  async function letInOfQueue(waits: Waits, executionId: string): Promise<LetIn> {
    const letIn = await admitOne(executionId);
    if (letIn === 'full') return letIn;
    waits.next.delete(executionId);
    waits.queue = Math.max(waits.next.size, waits.queue - 1);
    return letIn;
  }

  /** Who had its turn is behind those that had none. */
  async function letInOfLine(waits: Waits, line: LimitKey): Promise<LetIn> {
    const letIn = await deps.letIn(line);
    const waiting = waits.lines.get(line.key) ?? 0;
    if (letIn === 'full') return letIn;
    setLine(waits, line.key, 0);
    if (letIn === 'one') setLine(waits, line.key, waiting);
    return letIn;
  }

  function admitOne(executionId: string): Promise<LetIn> {
    const claims = isLimited ? { slot: { key: slotKey, limit: limits.running } } : {};
    return new Promise((resolve) => {
      const settle = (advanced: Advanced): void =>
        // Where the store failed, nobody else would fare better.
        resolve(advanced.ok ? 'one' : 'refusal' in advanced ? 'nobody' : 'full');
      deps.mailboxes().submitAll(executionId, [{ fact: { type: 'admitted' }, settle, claims }]);
    });
  }

  return {
    limits,
    isLimited,
    usesSlots: () => hasSlots,
    queued,
    joinedLine({ workspace, key }) {
      const waits = waitsOf(workspace);
      setLine(waits, key, (waits.lines.get(key) ?? 0) + 1);
      admit(workspace);
    },
    joinedQueue(workspace, executionId) {
      const waits = waitsOf(workspace);
      if (!waits.next.has(executionId)) waits.queue += 1;
      if (waits.next.size >= nextMax) waits.isQueueKnown = false;
      if (waits.isQueueKnown) waits.next.add(executionId);
      admit(workspace);
    },
    looked({ workspace, key }, { letIn, isWaiting }) {
      const waits = waitsOf(workspace);
      const before = waits.lines.get(key);
      setLine(waits, key, isWaiting ? Math.max(1, (before ?? 0) - letIn) : 0);
      // A slot that came free meanwhile did not know of it.
      if (isWaiting && before === undefined) admit(workspace);
    },
    admitNext(workspace) {
      // Of a workspace that this process has not met, nobody knows who waits.
      if (queued(workspace) > 0 || !known.get(workspace)?.isQueueKnown) admit(workspace);
    },
    sweep() {
      sweeps += 1;
      for (const [workspace, waits] of known) {
        if (sweeps % sweepsPerRead === 0) {
          waits.isQueueKnown = false;
          waits.next.clear();
        }
        admit(workspace);
      }
    },
    async restore() {
      hasSlots = isLimited || (await deps.store.views.hasSlots());
      // Nobody waits who had a free slot, so where none is held nobody does.
      if (!hasSlots) return;
      for (const workspace of await deps.store.views.queuedWorkspaces()) {
        const waits = waitsOf(workspace);
        waits.queue = (await deps.store.views.counts(workspace))['queued'] ?? 0;
        this.admitNext(workspace);
      }
    },
  };
}

function setLine(waits: Waits, key: string, waiting: number): void {
  waits.inLines += waiting - (waits.lines.get(key) ?? 0);
  if (waiting === 0) waits.lines.delete(key);
  else waits.lines.set(key, waiting);
}
