import type { Call } from './transport.ts';

/** How long what has ended is kept, as it stands on the wire. Ages are seconds; null: for ever. */
export interface RetentionStatus {
  readonly policy: {
    readonly completed: number | null;
    readonly failed: number | null;
    readonly max_executions: number | null;
    readonly max_size_bytes: number | null;
  };
  readonly workflows: readonly {
    readonly name: string;
    readonly completed: number | null;
    readonly failed: number | null;
  }[];
  readonly storage_bytes: number;
  readonly removed_total: number;
  readonly last_sweep: {
    readonly at: string | null;
    readonly duration: number | null;
    readonly removed: number | null;
  };
}

export interface RetentionDue {
  readonly dry_run: boolean;
  readonly due_by_age: number;
  readonly due_by_number: number;
}

interface Sender {
  read<T>(path: string): Promise<T>;
  repeat<T>(call: Call): Promise<T>;
}

const place = '/api/v1/system/retention';

export function retentionCalls(sender: Sender) {
  return {
    getRetention: (): Promise<RetentionStatus> => sender.read(place),
    /** Removes what is due in this workspace; with `dryRun` it is counted alone. */
    runRetention: ({ dryRun = false }: { dryRun?: boolean } = {}): Promise<RetentionDue> =>
      sender.repeat({ method: 'POST', path: `${place}/run`, body: dryRun ? { dry_run: true } : {} }),
  };
}
