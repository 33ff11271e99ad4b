/** Wakes everyone who waits, each time something changed. Waiting again is up to them. */
export class Bell {
  #waiting: (() => void)[] = [];

  /** Resolves at the next ring. */
  next(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  ring(): void {
    const waiting = this.#waiting;
    if (waiting.length === 0) return;
    this.#waiting = [];
    for (const wake of waiting) wake();
  }
}

/** Lets everything that is ready in this turn of the event loop happen first. */
export const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
