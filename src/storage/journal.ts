/** The durable history of every execution, and the wake rows that keep each of them from being forgotten. Reads only. */
export interface Journal {
  /** Records that end after position `after`, in order, at most `limit` records. Empty for an unknown execution. */
  read(executionId: string, after: number, limit: number): Promise<readonly StoredRecord[]>;
  /** The newest snapshot and the records that end after it (at most `recordsMax`), in one consistent read. */
  load(executionId: string, recordsMax: number): Promise<StoredHistory>;
  /** The texts of large values, by hash. Throws `Impossible` where one is missing. */
  values(executionId: string, hashes: readonly string[]): Promise<ReadonlyMap<string, string>>;
  /** Executions whose wake row is due at or before `dueAt`, by due time and id; with `after`, those behind it in that order. */
  dueWakes(dueAt: number, limit: number, after?: Wake): Promise<readonly Wake[]>;
  /** What everything that is kept takes, in bytes; room that was given up and waits to be used again does not count. */
  sizeBytes(): Promise<number>;
  /** The earliest wake row there is. */
  nextWake(): Promise<Wake | undefined>;
  /** The execution that holds a start key and has not expired at `at`. */
  findStartKey(workspace: string, workflow: string, key: string, at: number): Promise<HeldKey | undefined>;
}

export interface StoredRecord {
  readonly executionId: string;
  readonly workspace: string;
  readonly first: number;
  readonly last: number;
  readonly moveId: string;
  readonly at: number;
  /** The events as the text of a JSON list. */
  readonly events: string;
}

export interface StoredHistory {
  readonly snapshot: { readonly position: number; readonly text: string } | undefined;
  readonly records: readonly StoredRecord[];
}

export interface Wake {
  readonly executionId: string;
  readonly workspace: string;
  readonly dueAt: number;
}

export interface HeldKey {
  readonly executionId: string;
  readonly fingerprint: string;
}
