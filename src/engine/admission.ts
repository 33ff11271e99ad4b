/**
 * How many executions of a workspace run at once. Beyond `running` a start waits as `queued`, beyond `queued` it is
 * refused; an end lets the oldest in. The slots are rows of the store, so the limit holds over all nodes and restarts.
 */
import type { Store } from '../storage/store.ts';
import type { Mailboxes } from './mailbox.ts';

export interface AdmissionLimits {
  readonly running: number;
  readonly queued: number;
}

export interface Admission {
  readonly limits: AdmissionLimits;
  readonly isLimited: boolean;
  /** Executions of the workspace that wait, as far as this node knows. */
  queued(workspace: string): number;
  joined(workspace: string): void;
  /** A slot may be free: lets waiting executions in until none is. */
  admitNext(workspace: string): void;
  /** Lets in whom nobody remembers: the end that would have done it was lost with its node, or its answer was. */
  sweep(): void;
  /** Counts what waited before this process. */
  restore(): Promise<void>;
}

/** Executions let in at once. */
const admitBatch = 100;
export const slotKey = 'running';

export function openAdmission(deps: { store: Store; limits: AdmissionLimits; mailboxes: () => Mailboxes }): Admission {
  const { limits } = deps;
  const waiting = new Map<string, number>();
  const busy = new Set<string>();
  const queued = (workspace: string): number => waiting.get(workspace) ?? 0;

  async function admitSome(workspace: string): Promise<void> {
    const ids = await deps.store.views.queued(workspace, admitBatch);
    waiting.set(workspace, Math.max(queued(workspace), ids.length));
    for (const id of ids) if (!(await admitOne(workspace, id))) return;
    if (ids.length === 0) waiting.set(workspace, 0);
  }

  function admit(workspace: string): void {
    if (busy.has(workspace)) return;
    busy.add(workspace);
    admitSome(workspace).then(
      () => busy.delete(workspace),
      () => busy.delete(workspace),
    );
  }

  function admitOne(workspace: string, executionId: string): Promise<boolean> {
    const claims = { slot: { key: slotKey, limit: limits.running } };
    return new Promise((resolve) => {
      const settle = (advanced: { ok: boolean } & { noSlot?: true }): void => {
        if (advanced.ok) waiting.set(workspace, Math.max(0, queued(workspace) - 1));
        resolve(advanced.ok || advanced.noSlot === undefined);
      };
      deps.mailboxes().submitAll(executionId, [{ fact: { type: 'admitted' }, settle, claims }]);
    });
  }

  return {
    limits,
    isLimited: Number.isFinite(limits.running),
    queued,
    joined: (workspace) => waiting.set(workspace, queued(workspace) + 1),
    admitNext(workspace) {
      // Of a workspace that this process has not met, nobody knows who waits.
      if (queued(workspace) > 0 || !waiting.has(workspace)) admit(workspace);
    },
    sweep() {
      if (this.isLimited) for (const workspace of waiting.keys()) admit(workspace);
    },
    async restore() {
      for (const workspace of await deps.store.views.queuedWorkspaces()) {
        waiting.set(workspace, queued(workspace));
        waiting.set(workspace, (await deps.store.views.counts(workspace))['queued'] ?? 0);
        this.admitNext(workspace);
      }
    },
  };
}
