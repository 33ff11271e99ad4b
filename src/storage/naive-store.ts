/**
 * What the interfaces promise, written as plainly as it can be: one list per kind of row, searched from end to end.
 * For tests only; the model suite compares every driver with it.
 */
import { emptyObject } from '../kit/json.ts';
import type {
  CompactWrite,
  ExtendWrite,
  ForgetWrite,
  HumanTaskRow,
  LeaseWrite,
  MoveWrite,
  Outcome,
  ReleaseWrite,
  SnapshotWrite,
  ViewRow,
  WakeWrite,
  Write,
} from './store.ts';

interface NaiveTask {
  readonly taskId: string;
  readonly executionId: string;
  readonly executor: string;
  readonly rank: number;
  readonly order: number;
  deliveries: number;
  token: string | undefined;
  expiresAt: number;
}

export class NaiveStore {
  records: MoveWrite[] = [];
  wakes: { executionId: string; dueAt: number }[] = [];
  tasks: NaiveTask[] = [];
  views: { executionId: string; row: ViewRow }[] = [];
  humanTasks: { executionId: string; row: HumanTaskRow }[] = [];
  values: { executionId: string; hash: string; text: string }[] = [];
  keys: { name: string; executionId: string; fingerprint: string; expiresAt: number }[] = [];
  slots: { key: string; slot: number; executionId: string }[] = [];
  snapshots: Record<string, SnapshotWrite> = emptyObject<SnapshotWrite>();
  #written = 0;

  commit(writes: readonly Write[]): Outcome[] {
    const lost: string[] = [];
    return writes.map((write) => {
      if (write.kind === 'move') {
        const outcome = this.#move(write, lost.includes(write.executionId));
        if (!outcome.ok) lost.push(write.executionId);
        return outcome;
      }
      if (write.kind === 'free') return { ok: false, reason: 'CONFLICT' };
      if (write.kind === 'compact') return this.#compact(write, lost.includes(write.executionId));
      if (write.kind === 'snapshot') return this.#snapshot(write, lost.includes(write.executionId));
      return write.kind === 'wake' ? this.#wake(write, lost.includes(write.executionId)) : this.#taskWrite(write);
    });
  }

  forget(executions: readonly ForgetWrite[]): string[] {
    const ids = executions
      .filter(({ executionId, position }) => (this.history(executionId).at(-1)?.last ?? 0) <= position)
      .map(({ executionId }) => executionId)
      .filter((id) => this.history(id).length > 0);
    const stays = (row: { executionId: string }): boolean => !ids.includes(row.executionId);
    this.records = this.records.filter(stays);
    this.wakes = this.wakes.filter(stays);
    this.tasks = this.tasks.filter(stays);
    this.views = this.views.filter(stays);
    this.humanTasks = this.humanTasks.filter(stays);
    this.values = this.values.filter(stays);
    this.slots = this.slots.filter(stays);
    for (const id of ids) delete this.snapshots[id];
    return [...new Set(ids)];
  }

  history(executionId: string): MoveWrite[] {
    return this.records.filter((record) => record.executionId === executionId).sort((a, b) => a.first - b.first);
  }

  #move(move: MoveWrite, isLost: boolean): Outcome {
    const history = this.history(move.executionId);
    const standing = history.find((record) => record.first === move.first);
    if (standing?.moveId === move.moveId) return { ok: true };
    if (isLost || (history.at(-1)?.last ?? 0) !== move.first - 1) return { ok: false, reason: 'CONFLICT' };
    const holder = this.keys.find((held) => held.name === move.startKey?.key && held.expiresAt > move.at);
    if (holder) {
      return { ok: false, reason: 'KEY_TAKEN', executionId: holder.executionId, fingerprint: holder.fingerprint };
    }
    const slots = this.slots.filter((held) => !(move.slotsFreed && held.executionId === move.executionId));
    if (!this.#claim(move, slots)) return { ok: false, reason: 'NO_SLOT' };
    this.slots = slots;
    this.#rows(move);
    return { ok: true };
  }

  /** Adds the claimed slot to `slots`, or answers false where there is none. */
  #claim(move: MoveWrite, slots: { key: string; slot: number; executionId: string }[]): boolean {
    const claim = move.slotTaken;
    if (!claim) return true;
    const held = slots.filter((each) => each.key === claim.key);
    if (held.some((each) => each.executionId === move.executionId)) return true;
    for (let slot = 0; slot < claim.limit; slot += 1) {
      if (held.some((each) => each.slot === slot)) continue;
      slots.push({ key: claim.key, slot, executionId: move.executionId });
      return true;
    }
    return false;
  }

  #rows(move: MoveWrite): void {
    const { executionId, startKey, view, wakeAt } = move;
    this.records.push(move);
    for (const value of move.values ?? []) this.values.push({ executionId, ...value });
    if (wakeAt !== undefined) this.wakes = this.wakes.filter((wake) => wake.executionId !== executionId);
    if (typeof wakeAt === 'number') this.wakes.push({ executionId, dueAt: wakeAt });
    this.tasks = this.tasks.filter((task) => !move.tasksRemoved?.includes(task.taskId));
    for (const { taskId, executor, rank, lease } of move.tasksAdded ?? []) {
      if (this.tasks.some((task) => task.taskId === taskId)) continue;
      this.#written += 1;
      const held = { deliveries: lease ? 1 : 0, token: lease?.token, expiresAt: lease?.expiresAt ?? 0 };
      this.tasks.push({ taskId, executionId, executor, rank, order: this.#written, ...held });
    }
    const shown = this.views.find((each) => each.executionId === executionId);
    if (view && (shown?.row.position ?? -1) < view.position) {
      this.views = [...this.views.filter((each) => each !== shown), { executionId, row: view }];
    }
    for (const row of move.humanTasks ?? []) {
      const kept = this.humanTasks.find((each) => each.row.humanTaskId === row.humanTaskId);
      if ((kept?.row.position ?? -1) >= row.position) continue;
      this.humanTasks = [...this.humanTasks.filter((each) => each !== kept), { executionId, row }];
    }
    if (startKey) {
      this.keys = this.keys.filter((held) => held.name !== startKey.key);
      this.keys.push({ name: startKey.key, executionId, ...startKey });
    }
  }

  #compact({ executionId, from, through, records }: CompactWrite, isLost: boolean): Outcome {
    const history = this.history(executionId);
    const replaced = history.filter((record) => record.first >= from && record.first <= through);
    const fits = replaced[0]?.first === from && replaced.at(-1)?.last === through;
    if (isLost || !fits) return { ok: false, reason: 'CONFLICT' };
    this.records = this.records.filter((record) => !replaced.includes(record));
    this.records.push(...records.map((record) => ({ kind: 'move' as const, executionId, ...record })));
    if ((this.snapshots[executionId]?.position ?? through) < through) delete this.snapshots[executionId];
    return { ok: true };
  }

  #taskWrite(write: LeaseWrite | ExtendWrite | ReleaseWrite): Outcome {
    const task = this.tasks.find((each) => each.taskId === write.taskId);
    if (write.kind === 'lease') return this.#lease(task, write);
    if (!task || task.token !== write.token) return { ok: false, reason: 'LEASE_LOST' };
    if (write.kind === 'extend') task.expiresAt = Math.max(task.expiresAt, write.expiresAt);
    else task.token = undefined;
    return { ok: true };
  }

  #lease(task: NaiveTask | undefined, write: LeaseWrite): Outcome {
    const isHeld = task?.token !== undefined && task.token !== write.token && task.expiresAt > write.at;
    if (!task || isHeld) return { ok: false, reason: 'LEASE_LOST' };
    task.token = write.token;
    task.expiresAt = write.expiresAt;
    task.deliveries += 1;
    return { ok: true, deliveries: task.deliveries };
  }

  #wake({ executionId, position, wakeAt }: WakeWrite, isLost: boolean): Outcome {
    if (isLost || this.history(executionId).at(-1)?.last !== position) return { ok: false, reason: 'CONFLICT' };
    this.wakes = this.wakes.filter((wake) => wake.executionId !== executionId);
    if (wakeAt !== null) this.wakes.push({ executionId, dueAt: wakeAt });
    return { ok: true };
  }

  #snapshot(write: SnapshotWrite, isLost: boolean): Outcome {
    if (isLost || !this.history(write.executionId).some((record) => record.last === write.position)) {
      return { ok: false, reason: 'CONFLICT' };
    }
    const older = this.snapshots[write.executionId];
    if (!older || older.position < write.position) this.snapshots[write.executionId] = write;
    return { ok: true };
  }
}
