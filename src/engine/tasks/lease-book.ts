/**
 * Who holds which task, as far as this node handed it out or heard from its holder. The task row is the truth; this saves
 * reading it.
 */
import type { Json } from '../../kit/json.ts';
import { SlotMap } from '../../kit/slot-map.ts';
import type { Tasks } from '../../storage/tasks.ts';

export interface HeldLease {
  readonly token: string;
  readonly workspace: string;
  readonly worker: string;
  readonly since: number;
  expiresAt: number;
  /** What its holder told last of how far it is. */
  progress?: Json;
}

export interface LeaseBook {
  set(taskId: string, lease: HeldLease): void;
  delete(taskId: string): void;
  /** What this node knows of it. */
  peek(taskId: string): HeldLease | undefined;
  /** Read from its row where this node knows nothing of it. */
  find(taskId: string): Promise<HeldLease | undefined>;
}

export function openLeaseBook(tasks: Tasks): LeaseBook {
  const leases = new SlotMap<string, HeldLease>();
  return {
    set: (taskId, lease) => leases.set(taskId, lease),
    delete: (taskId) => void leases.delete(taskId),
    peek: (taskId) => leases.get(taskId),
    async find(taskId) {
      const known = leases.get(taskId);
      if (known) return known;
      const row = await tasks.find(taskId);
      if (!row?.lease) return undefined;
      return { workspace: row.workspace, ...row.lease };
    },
  };
}
