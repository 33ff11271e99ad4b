/** Shared limits that somebody holds or waits for, as they stand on the wire. */
export interface LimitUse {
  /** `key:…`, `step:<workflow>.<step>`, `executions:…` or `workflow:<workflow>`. */
  readonly key: string;
  readonly held: number;
  readonly waiting: number;
  /** At most 100. */
  readonly holders: readonly {
    readonly execution_id: string;
    /** Null where the execution itself holds it. */
    readonly step: string | null;
    readonly attempt: number | null;
    /** The step is settled and its worker may be at work: until its lease is over. */
    readonly until: string | null;
  }[];
}

export interface LimitQuery {
  readonly key?: string | undefined;
  readonly after?: string | undefined;
  readonly limit?: number | undefined;
}

export interface LimitPage {
  readonly limits: readonly LimitUse[];
  /** Given back as `after` for the next page; null on the last one. */
  readonly next_after: string | null;
}

interface Sender {
  read<T>(path: string): Promise<T>;
}

/** `query` is the text behind the path. */
export function limitCalls(
  sender: Sender,
  queryText: (query: Readonly<Record<string, string | number | undefined>>) => string,
) {
  return {
    listLimits: (query: LimitQuery = {}): Promise<LimitPage> => sender.read(`/api/v1/limits${queryText({ ...query })}`),
  };
}
