/** How long what has ended is kept: of a node, and of a workflow that says its own. */
import type { Definition, Retention } from '../../model/definition.ts';
import type { Catalog } from '../../storage/catalog.ts';

export interface RetentionPolicy extends Retention {
  /** Ended executions that a workspace keeps at most; the oldest go first. */
  readonly executionsMax?: number;
  /** What everything together may take, in bytes; the oldest ended executions go first. */
  readonly sizeBytesMax?: number;
}

/** Statuses by the age that counts for them. */
export const statusesOfAge = {
  completedMs: ['completed'],
  failedMs: ['failed', 'timed_out', 'cancelled', 'compensated'],
} as const satisfies Record<keyof Retention, readonly string[]>;

export const endedStatuses: readonly string[] = Object.values(statusesOfAge).flat();

export interface OwnPolicies {
  /** Of the workflows of a workspace that say their own, by name. The active version's counts. */
  of(workspace: string): Promise<ReadonlyMap<string, Retention>>;
}

/** Workflows read at once. */
const page = 500;

export function openOwnPolicies(catalog: Pick<Catalog, 'listWorkflows' | 'findVersion'>): OwnPolicies {
  /** A version never changes, so what it says is read once. */
  const known = new Map<string, Retention | undefined>();

  async function policyOf(workspace: string, name: string, version: string): Promise<Retention | undefined> {
    const found = await catalog.findVersion(workspace, name, version);
    return found && (JSON.parse(found.definition) as Definition).retention;
  }

  return {
    async of(workspace) {
      const own = new Map<string, Retention>();
      for (let offset = 0; ; offset += page) {
        const { rows } = await catalog.listWorkflows({ workspace, offset, limit: page });
        for (const { name, activeVersion } of rows) {
          const key = JSON.stringify([workspace, name, activeVersion]);
          if (!known.has(key)) known.set(key, await policyOf(workspace, name, activeVersion));
          const policy = known.get(key);
          if (policy) own.set(name, policy);
        }
        if (rows.length < page) return own;
      }
    },
  };
}
