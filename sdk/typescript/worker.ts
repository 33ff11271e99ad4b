import { SlotMap } from '../../src/kit/slot-map.ts';
import { ApiError } from './api-error.ts';
import { backoffMs, pause } from './backoff.ts';
import { Bell } from './bell.ts';
import { claimTasks } from './claims.ts';
import type { Claimed, ClaimWish, Desk } from './desk.ts';
import { type HeldTask, Holdings } from './holdings.ts';
import { deliverResults } from './lane.ts';
import { runTask } from './run-task.ts';
import { type TaskFunction, TaskStopped, type WireResult } from './task.ts';

/**
 * Moves tasks from the platform through the functions and their results back.
 *
 * One loop a name waits for work on the server; a few lanes deliver results in batches and take new tasks in the same
 * call, so that a busy executor needs one round trip a batch and keeps several under way. A task is in exactly one place:
 * the backlog, running, among the results, or in a lane's hands; its lease is kept until its result is delivered.
 *
 * At most `concurrency` functions run at once. Names that wait at the same time may bring one task each beyond that; those
 * wait in the backlog. A result leaves only when the server has answered for it, whatever the answer.
 */
export interface WorkerOptions {
  readonly desk: Desk;
  /** The names whose tasks it takes. */
  readonly names: readonly string[];
  readonly functions: ReadonlyMap<string, TaskFunction<never>>;
  readonly concurrency: number;
  readonly timeoutMs: number | undefined;
  readonly lanes: number;
  readonly waitMs: number;
  readonly report: (problem: unknown) => void;
}

export interface Finished {
  readonly held: HeldTask;
  readonly result: WireResult;
}

export interface Stopped {
  /** Tasks given back for another worker. */
  readonly handedBack: number;
  /** Results that the server did not take in time; their tasks will be handed out again. */
  readonly undelivered: number;
}

/** Results of one call. */
const batchMax = 250;
/** Tasks that the platform hands out in one call. */
const claimMax = 1_000;
/** What a last delivery may take after the deadline has passed. */
const lastCallMs = 500;

export class Worker {
  readonly options: WorkerOptions;
  readonly holdings: Holdings;
  readonly bell = new Bell();
  /** Aborts when no more tasks are wanted. */
  readonly stopping = new AbortController();
  /** Aborts when nothing more is delivered. */
  readonly ended = new AbortController();
  results: Finished[] = [];
  /** Tasks asked for in calls that are under way. */
  reserved = 0;
  /** Results in the hands of lanes. */
  inDelivery = 0;
  #backlog: HeldTask[] = [];
  /** By the token of its lease. */
  readonly #running = new SlotMap<string, HeldTask>();
  #handedBack = 0;
  /** Deliveries that failed in a row. */
  #failures = 0;
  /** On the monotonic clock. */
  #quietUntil = 0;
  #loops: Promise<unknown>[] = [];

  constructor(options: WorkerOptions) {
    this.options = options;
    this.holdings = new Holdings(options.desk, options.report);
  }

  start(): void {
    const { names, lanes } = this.options;
    this.#loops = [
      ...names.map((name) => claimTasks(this, name)),
      ...Array.from({ length: lanes }, () => deliverResults(this)),
    ];
  }

  /** Tasks worth asking for now, for one call. */
  get room(): number {
    const { concurrency, lanes } = this.options;
    const free = concurrency - this.#running.size - this.#backlog.length - this.reserved;
    return this.stopping.signal.aborted ? 0 : Math.max(0, Math.min(free, Math.ceil(concurrency / lanes), claimMax));
  }

  /** As `room` for a call that waits: with several names each may wait for one task, so that none is starved. */
  get waitingRoom(): number {
    const { names, concurrency } = this.options;
    if (this.results.length > 0) return 0;
    const isIdle = this.#running.size < concurrency && this.#backlog.length === 0;
    const share = Math.ceil(this.room / names.length);
    return share > 0 || names.length === 1 || !isIdle || this.stopping.signal.aborted ? share : 1;
  }

  get batchMax(): number {
    return Math.min(batchMax, Math.ceil(this.options.concurrency / this.options.lanes));
  }

  wish(executor: string, maxTasks: number, waitMs: number): ClaimWish {
    return { executor, functions: [...this.options.functions.keys()], maxTasks, waitMs };
  }

  /** After a failure all lanes are quiet together: what one could not deliver, another could not either. */
  async deliveryPause(): Promise<void> {
    const leftMs = this.#quietUntil - performance.now();
    if (leftMs > 0) await pause(leftMs, this.ended.signal);
  }

  noteDelivery(error?: unknown): void {
    if (error === undefined) {
      this.#failures = 0;
      return;
    }
    this.#failures += 1;
    if (this.#failures === 1) this.options.report(error);
    const retryAfterMs = ApiError.is(error) ? error.retryAfterMs : 0;
    this.#quietUntil = performance.now() + backoffMs({ failures: this.#failures, retryAfterMs });
  }

  take({ tasks, clockOffsetMs }: Claimed, executor: string): void {
    for (const wire of tasks) this.#backlog.push(this.holdings.add(wire, executor, clockOffsetMs));
    if (this.stopping.signal.aborted) void this.#handBack(this.#backlog.splice(0));
    this.#fill();
  }

  #fill(): void {
    while (this.#running.size < this.options.concurrency) {
      const held = this.#backlog.shift();
      if (held === undefined) return;
      this.#running.set(held.wire.lease_token, held);
      void this.#run(held);
    }
  }

  async #run(held: HeldTask): Promise<void> {
    const result = await runTask(held, {
      run: this.options.functions.get(held.wire.function),
      timeoutMs: this.options.timeoutMs,
      showProgress: (progress) => this.holdings.showProgress(held, progress),
    });
    this.#running.delete(held.wire.lease_token);
    // A task that was handed back meanwhile is somebody else's.
    if (this.holdings.has(held)) this.results.push({ held, result });
    this.#fill();
    this.bell.ring();
  }

  /**
   * Takes no more tasks, lets those in hand end and delivers their results. What still runs after `deadlineMs` is told to
   * stop and handed back.
   */
  async stop(deadlineMs: number): Promise<Stopped> {
    const deadlineAt = performance.now() + deadlineMs;
    this.stopping.abort();
    this.bell.ring();
    await this.#handBack(this.#backlog.splice(0));
    await this.#until(() => this.#running.size === 0 && this.#isDelivered(), deadlineAt);
    const late = [...this.#running.values()];
    for (const held of late) held.controller.abort(new TaskStopped('STOPPING', 'the executor stops'));
    await this.#handBack(late);
    await this.#until(() => this.#isDelivered(), Math.max(deadlineAt, performance.now()) + lastCallMs);
    const undelivered = this.results.length + this.inDelivery;
    this.ended.abort();
    this.bell.ring();
    await Promise.allSettled(this.#loops);
    this.holdings.stop();
    return { handedBack: this.#handedBack, undelivered };
  }

  #isDelivered(): boolean {
    return this.results.length === 0 && this.inDelivery === 0 && this.reserved === 0;
  }

  async #until(isReached: () => boolean, deadlineAt: number): Promise<void> {
    for (
      let leftMs = deadlineAt - performance.now();
      !isReached() && leftMs > 0;
      leftMs = deadlineAt - performance.now()
    ) {
      const over = new AbortController();
      await Promise.race([this.bell.next(), pause(leftMs, over.signal)]);
      over.abort();
    }
  }

  async #handBack(tasks: readonly HeldTask[]): Promise<void> {
    if (tasks.length === 0) return;
    for (const held of tasks) this.holdings.remove(held);
    this.#handedBack += tasks.length;
    const leases = tasks.map(({ wire }) => ({ task_id: wire.task_id, lease_token: wire.lease_token }));
    // Where this fails the leases run out by themselves.
    await this.options.desk.release(leases).catch(this.options.report);
  }
}
