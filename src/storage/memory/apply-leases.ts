/** Leases over tasks on a disk: a token, an end, and a count that grows with every delivery. */
import type { ExtendWrite, LeaseWrite, Outcome, ReleaseWrite } from '../store.ts';
import type { MemoryDisk } from './memory-disk.ts';

const leaseLost: Outcome = { ok: false, reason: 'LEASE_LOST' };

export function applyLeaseWrite(disk: MemoryDisk, write: LeaseWrite | ExtendWrite | ReleaseWrite): Outcome {
  const task = disk.tasks.get(write.taskId);
  if (!task) return leaseLost;
  if (write.kind === 'lease') {
    if (task.lease && task.lease.token !== write.token && task.lease.expiresAt > write.at) return leaseLost;
    const { token, worker, at, expiresAt } = write;
    const deliveries = task.deliveries + 1;
    disk.tasks.set(task.taskId, { ...task, deliveries, lease: { token, worker, since: at, expiresAt } });
    return { ok: true, deliveries };
  }
  if (task.lease?.token !== write.token) return leaseLost;
  const lease =
    write.kind === 'release'
      ? undefined
      : { ...task.lease, expiresAt: Math.max(task.lease.expiresAt, write.expiresAt) };
  disk.tasks.set(task.taskId, { ...task, lease });
  return { ok: true };
}
