/**
 * Shared limits: who holds the slots of a key, how much of a rate is used up, and who waits for either.
 *
 * All of it changes with the moves of executions alone (`LimitRows`), so a slot is taken and given back in the very
 * write that begins and settles the work it stands for: no crash lies between the two. Keys are the caller's own texts.
 */
export interface Limits {
  /** Slots of a key that are held at `at`, lowest number first. */
  holders(query: { workspace: string; key: string; at: number }): Promise<readonly SlotHolder[]>;
  /** What is used of a rate in the period that holds `at`; undefined where nothing is. */
  usage(query: { workspace: string; key: string; at: number }): Promise<RateUsage | undefined>;
  /** Who waits for a key, next first: by rank, and then in the order they came. */
  waiting(query: {
    workspace: string;
    key: string;
    limit: number;
    /** Only those that say what happens to them instead of waiting. */
    eager?: boolean;
    /** Only executions that run inside another. */
    inside?: boolean;
  }): Promise<readonly Waiter[]>;
  /** Keys that somebody waits for, with how many, in the order of their names. For the node itself over all workspaces. */
  awaited(query: {
    after?: LimitKey | undefined;
    workspace?: string;
    key?: string;
    limit: number;
  }): Promise<readonly AwaitedKey[]>;
  /** Keys of a workspace with slots that are held at `at`, with how many, in the order of their names. */
  held(query: {
    workspace: string;
    at: number;
    after?: string | undefined;
    limit: number;
  }): Promise<readonly { readonly key: string; readonly count: number }[]>;
}

export interface LimitKey {
  readonly workspace: string;
  readonly key: string;
}

export interface AwaitedKey extends LimitKey {
  readonly count: number;
}

export interface SlotHolder {
  readonly slot: number;
  readonly executionId: string;
  readonly holder: string;
  /** The work is settled and yet in somebody's hands: until when, in milliseconds since the epoch. */
  readonly until: number | undefined;
}

export interface RateUsage {
  readonly used: number;
  /** When the period ends, in milliseconds since the epoch. */
  readonly until: number;
}

export interface Waiter {
  readonly executionId: string;
  readonly holder: string;
  readonly rank: number;
  readonly takes: readonly LimitTake[];
  /** What happens to it where it would have to wait; absent: it waits. */
  readonly onLimit: string | undefined;
  /** An execution that another one waits for: it needs no slot of its workspace, and passes those that wait for one. */
  readonly isInside: boolean;
}

/** What a move changes about shared limits, in this order: freed, taken, unqueued, queued. */
export interface LimitRows {
  readonly freed?: readonly SlotFree[];
  /** All of them, or the move is refused with LIMITED. */
  readonly taken?: readonly (LimitTake | PlaceTake)[];
  /** Holders that wait no longer. */
  readonly unqueued?: readonly string[];
  /** One that waits already stays where it is. */
  readonly queued?: readonly NewWaiter[];
}

export type LimitTake = SlotTake | RateTake;

/** Takes the lowest free number below `limit`, or keeps the one that the holder has. */
export interface SlotTake {
  readonly kind: 'slot';
  readonly key: string;
  readonly limit: number;
  /** The command of the execution that the slot is for; empty: the execution itself. */
  readonly holder: string;
}

/** Draws one of `limit` calls of the period; the first draw after a period begins the next one. */
export interface RateTake {
  readonly kind: 'rate';
  readonly key: string;
  readonly limit: number;
  readonly perMs: number;
}

/** Takes nothing: there must be room for one more beside those that hold the key and those that wait for it. */
export interface PlaceTake {
  readonly kind: 'place';
  readonly key: string;
  readonly limit: number;
}

/** Every slot of this holder is free, unless the lease of its task runs on: then at the end of that. */
export interface SlotFree {
  readonly holder: string;
  readonly heldBy?: string | undefined;
}

export interface NewWaiter {
  readonly holder: string;
  /** The key that it waits in line for. */
  readonly key: string;
  readonly rank: number;
  readonly takes: readonly LimitTake[];
  readonly onLimit?: string | undefined;
  readonly isInside?: boolean | undefined;
}
