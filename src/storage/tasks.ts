/** Tasks that wait for an executor or are in one's hands. Written by moves and leases; reads only. */
export interface Tasks {
  /**
   * Tasks of an executor that nobody holds at `at`, by rank and then in the order they were written, strictly after
   * `after`.
   */
  ready(query: ReadyQuery): Promise<readonly StoredTask[]>;
  /** Leased tasks whose lease ran out at or before `at`, earliest first. */
  expired(at: number, limit: number): Promise<readonly StoredTask[]>;
  /** The tasks of one execution. */
  of(executionId: string): Promise<readonly StoredTask[]>;
  find(taskId: string): Promise<StoredTask | undefined>;
  /** How many tasks nobody holds, by workspace and executor. */
  depths(at: number): Promise<readonly QueueDepth[]>;
}

export interface ReadyQuery {
  readonly workspace: string;
  readonly executor: string;
  readonly at: number;
  readonly after?: { readonly rank: number; readonly sequence: number };
  readonly limit: number;
}

export interface StoredTask {
  readonly taskId: string;
  readonly workspace: string;
  readonly executionId: string;
  readonly executor: string;
  readonly function: string;
  readonly rank: number;
  /** Grows with every task written. */
  readonly sequence: number;
  readonly deliveries: number;
  readonly lease: Lease | undefined;
}

export interface Lease {
  readonly token: string;
  readonly worker: string;
  readonly since: number;
  readonly expiresAt: number;
}

export interface QueueDepth {
  readonly workspace: string;
  readonly executor: string;
  readonly ready: number;
  readonly leased: number;
}
