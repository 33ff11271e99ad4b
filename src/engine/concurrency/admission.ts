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
import type { Mailboxes } from '../moves/mailbox.ts';

export interface AdmissionLimits {
  readonly running: number;
  readonly queued: number;
}

export interface Admission {
  readonly limits: AdmissionLimits;
  readonly isLimited: boolean;
  /** Executions that wait for room in the workspace, as far as this node knows. */
  queued(workspace: string): number;
  /** One more waits for room: in the line of a key, or in the queue. */
  joined(workspace: string, key?: string): void;
  /** What a look at a line has found: how many it let in, and whether its next one waits for nothing but room. */
  looked(line: LimitKey, found: { letIn: number; isWaiting: boolean }): void;
  /** A slot may be free: lets waiting executions in until none is. */
  admitNext(workspace: string): void;
  /** Lets in whom nobody remembers: the end that would have done it was lost with its node, or its answer was. */
  sweep(): void;
  /** Counts what waited before this process. */
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
  queue: number;
  /** False where somebody may be in the queue whom nobody counted. */
  isQueueKnown: boolean;
  /** Of each line how many, and whose turn it is first. */
  readonly lines: Map<string, number>;
  inLines: number;
  isTurnOfLines: boolean;
}

/** Executions of the queue that are read at once. */
const admitBatch = 100;
export const slotKey = 'running';

export function openAdmission(deps: AdmissionDeps): Admission {
  const { limits } = deps;
  const known = new Map<string, Waits>();
  const looks = new Map<string, 'under way' | 'once more'>();

  function waitsOf(workspace: string): Waits {
    const found = known.get(workspace);
    if (found) return found;
    const waits = { queue: 0, isQueueKnown: false, lines: new Map<string, number>(), inLines: 0, isTurnOfLines: true };
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
    const isRead = waits.queue > 0 || !waits.isQueueKnown;
    const ids = (isRead ? await readQueue(workspace, waits) : []).values();
    let next = ids.next();
    for (;;) {
      const [key] = waits.lines.keys();
      const isOfLine = key !== undefined && (waits.isTurnOfLines || next.done === true);
      if (!isOfLine && next.done) return;
      const letIn = isOfLine
        ? await letInOfLine(waits, { workspace, key })
        : await admitOne(workspace, next.value ?? '');
      if (letIn === 'full') return;
      if (!isOfLine) next = ids.next();
      if (letIn === 'one') waits.isTurnOfLines = !isOfLine;
    }
  }

  /** The next in the queue, and with them how many there are where they are few. */
  async function readQueue(workspace: string, waits: Waits): Promise<readonly string[]> {
    const before = waits.queue;
    const ids = await deps.store.views.queued(workspace, admitBatch);
    const isAll = ids.length < admitBatch && waits.queue === before;
    waits.queue = isAll ? ids.length : Math.max(waits.queue, ids.length);
    waits.isQueueKnown = true;
    return ids;
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

  async function admitOne(workspace: string, executionId: string): Promise<LetIn> {
    const claims = { slot: { key: slotKey, limit: limits.running } };
    return new Promise((resolve) => {
      const settle = (advanced: { ok: boolean } & { noSlot?: true }): void => {
        const waits = waitsOf(workspace);
        if (advanced.ok) waits.queue = Math.max(0, waits.queue - 1);
        resolve(advanced.ok ? 'one' : advanced.noSlot ? 'full' : 'nobody');
      };
      deps.mailboxes().submitAll(executionId, [{ fact: { type: 'admitted' }, settle, claims }]);
    });
  }

  return {
    limits,
    isLimited: Number.isFinite(limits.running),
    queued,
    joined(workspace, key) {
      const waits = waitsOf(workspace);
      if (key === undefined) waits.queue += 1;
      else setLine(waits, key, (waits.lines.get(key) ?? 0) + 1);
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
      if (!this.isLimited) return;
      for (const [workspace, waits] of known) {
        waits.isQueueKnown = false;
        admit(workspace);
      }
    },
    async restore() {
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
