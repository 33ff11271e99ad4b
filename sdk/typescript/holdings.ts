import { SlotMap } from '../../src/kit/slot-map.ts';
import { ApiError } from './api-error.ts';
import type { Desk } from './desk.ts';
import { TaskStopped, type WireTask } from './task.ts';

/**
 * The tasks in this executor's hands, and their leases.
 *
 * A lease is renewed at a third of its length until the task's result is delivered; one beat carries all that are due.
 * Time is measured on this process's monotonic clock from when the lease was granted: a task whose lease ran out here is
 * told to stop even if the server cannot be reached. Whether a late result still counts is the server's decision alone.
 */
export interface HeldTask {
  readonly wire: WireTask;
  /** The executor's name that it was claimed under. */
  readonly executor: string;
  readonly controller: AbortController;
  /** Milliseconds from claim to the attempt's timeout; undefined without one. */
  readonly timeLeftMs: number | undefined;
  leaseMs: number;
  /** Both on the monotonic clock. */
  leaseEndsAt: number;
  beatDueAt: number;
  progress: unknown;
}

const progressGapMs = 1_000;
const beatTasksMax = 500;
/** A shorter lease than this is a clock that cannot be trusted. */
const leaseMinMs = 30;

export class Holdings {
  readonly #desk: Desk;
  readonly #report: (problem: unknown) => void;
  readonly #held = new SlotMap<string, HeldTask>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #timerAt = Number.POSITIVE_INFINITY;
  #isBeating = false;

  constructor(desk: Desk, report: (problem: unknown) => void) {
    this.#desk = desk;
    this.#report = report;
  }

  get size(): number {
    return this.#held.size;
  }

  add(wire: WireTask, executor: string, clockOffsetMs: number): HeldTask {
    const serverNow = Date.now() + clockOffsetMs;
    const now = performance.now();
    const leaseMs = Math.max(leaseMinMs, Date.parse(wire.lease_expires_at) - serverNow || 0);
    const held: HeldTask = {
      wire,
      executor,
      controller: new AbortController(),
      timeLeftMs: wire.deadline ? Math.max(0, Date.parse(wire.deadline) - serverNow) : undefined,
      leaseMs,
      leaseEndsAt: now + leaseMs,
      beatDueAt: now + leaseMs / 3,
      progress: undefined,
    };
    this.#held.set(wire.lease_token, held);
    this.#schedule(held.beatDueAt);
    return held;
  }

  has(held: HeldTask): boolean {
    return this.#held.get(held.wire.lease_token) === held;
  }

  remove(held: HeldTask): void {
    this.#held.delete(held.wire.lease_token);
  }

  showProgress(held: HeldTask, progress: unknown): void {
    held.progress = progress;
    const lastBeatAt = held.leaseEndsAt - held.leaseMs;
    held.beatDueAt = Math.min(held.beatDueAt, Math.max(performance.now(), lastBeatAt + progressGapMs));
    this.#schedule(held.beatDueAt);
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#held.clear();
  }

  #schedule(at: number): void {
    if (at >= this.#timerAt || this.#isBeating) return;
    clearTimeout(this.#timer);
    this.#timerAt = at;
    this.#timer = setTimeout(() => void this.#beat(), Math.max(1, at - performance.now()));
  }

  async #beat(): Promise<void> {
    this.#isBeating = true;
    const now = performance.now();
    const due: HeldTask[] = [];
    for (const held of this.#held.values()) {
      if (held.leaseEndsAt <= now) loseLease(held);
      // Those that are due soon go along.
      if (held.beatDueAt <= now + held.leaseMs / 20 && due.length < beatTasksMax) due.push(held);
    }
    if (due.length > 0) await this.#renew(due);
    this.#isBeating = false;
    this.#timerAt = Number.POSITIVE_INFINITY;
    let next = Number.POSITIVE_INFINITY;
    for (const held of this.#held.values()) next = Math.min(next, held.beatDueAt);
    if (this.#held.size > 0) this.#schedule(next);
  }

  async #renew(due: readonly HeldTask[]): Promise<void> {
    const sentAt = performance.now();
    const shortestMs = Math.min(...due.map((held) => held.leaseMs));
    const tasks = due.map(({ wire, progress }) => ({
      task_id: wire.task_id,
      lease_token: wire.lease_token,
      ...(progress === undefined ? {} : { progress }),
    }));
    const sent = due.map((held) => held.progress);
    // A beat that fails is soon tried again: the lease has two thirds left.
    for (const held of due) held.beatDueAt = sentAt + held.leaseMs / 6;
    try {
      const { beats, clockOffsetMs } = await this.#desk.heartbeat(tasks, Math.max(20, shortestMs / 3));
      const byId = new Map(beats.map((beat) => [beat.task_id, beat]));
      for (const [index, held] of due.entries()) {
        const beat = byId.get(held.wire.task_id);
        if (beat === undefined) continue;
        if (beat.cancel_requested) stopTask(held, 'the task was cancelled or its lease was lost');
        this.#extend(held, Date.parse(beat.lease_expires_at) - (Date.now() + clockOffsetMs), sentAt);
        // What was told while this beat was on its way has its own.
        if (held.progress === sent[index]) held.progress = undefined;
        else this.showProgress(held, held.progress);
      }
    } catch (error) {
      this.#report(error);
      if (ApiError.is(error) && !error.isPassing) for (const held of due) held.beatDueAt = sentAt + held.leaseMs / 3;
    }
  }

  #extend(held: HeldTask, leaseMs: number, sentAt: number): void {
    if (!(leaseMs > 0)) return;
    held.leaseMs = Math.max(leaseMinMs, leaseMs);
    held.leaseEndsAt = sentAt + held.leaseMs;
    held.beatDueAt = sentAt + held.leaseMs / 3;
  }
}

function loseLease(held: HeldTask): void {
  stopTask(held, 'the lease of the task ran out without an answer from the server');
}

function stopTask(held: HeldTask, message: string): void {
  if (!held.controller.signal.aborted) held.controller.abort(new TaskStopped('CANCELLED', message));
}
