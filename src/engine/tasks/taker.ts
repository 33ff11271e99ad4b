/**
 * A claim that is open: it waits for work, or has come with results and takes what follows from them.
 *
 * A task that somebody waits for is *lent*: its row is written in that worker's hands by the very move that makes the
 * task, so that it leaves with one commit instead of two. Until that commit is durable it is on the way. If the move is
 * refused, nothing was written, the task comes back and the claim goes on. A claim answers when nothing is on the way to
 * it any more, so it is lent only what one batch of the committer makes durable.
 */
import type { HandedTask } from '../engine.ts';

/** Where a lent task goes once its move is durable. */
export interface Lent {
  readonly task: HandedTask;
  readonly taker: Taker;
}

export class Taker {
  /** Its place among all claims of this desk. */
  readonly number: number;
  readonly workerId: string;
  /** Resolves with what arrived: when the first batch of tasks has, or when it was closed. */
  readonly taken: Promise<readonly HandedTask[]>;
  readonly #fits: (task: { readonly function: string }) => boolean;
  readonly #resolve: (tasks: readonly HandedTask[]) => void;
  readonly #tasks: HandedTask[] = [];
  #room: number;
  #underWay = 0;
  #batch: number | undefined;
  #isOpen = true;

  constructor(of: {
    number: number;
    workerId: string;
    room: number;
    fits: (task: { readonly function: string }) => boolean;
  }) {
    const { promise, resolve } = Promise.withResolvers<readonly HandedTask[]>();
    this.number = of.number;
    this.workerId = of.workerId;
    this.taken = promise;
    this.#resolve = resolve;
    this.#fits = of.fits;
    this.#room = of.room;
  }

  /** Waits for any task that fits, and nothing is on the way to it. */
  isIdleFor(task: { readonly function: string }): boolean {
    return this.#isOpen && this.#underWay === 0 && this.#fits(task);
  }

  /** May be lent a task that this batch makes durable. */
  hasRoomFor(task: { readonly function: string }, batch: number): boolean {
    const isSameBatch = this.#batch === undefined || this.#batch === batch;
    return this.#isOpen && this.#room > 0 && isSameBatch && this.#fits(task);
  }

  lend(task: HandedTask, batch: number): Lent {
    this.#room -= 1;
    this.#underWay += 1;
    this.#batch = batch;
    return { task, taker: this };
  }

  arrive(task: HandedTask): void {
    this.#tasks.push(task);
    this.#land();
  }

  /** What was lent is not there. */
  miss(): void {
    this.#room += 1;
    this.#land();
  }

  /** Wants no more. */
  close(): void {
    this.#isOpen = false;
    if (this.#underWay === 0) this.#resolve(this.#tasks);
  }

  #land(): void {
    this.#underWay -= 1;
    if (this.#underWay > 0) return;
    this.#batch = undefined;
    if (this.#tasks.length > 0 || !this.#isOpen) this.close();
  }
}
