import type { JsonObject } from '../kit/json.ts';

/** Workflows and their versions. A version never changes once an execution may have started on it. */
export interface Catalog {
  /**
   * Adds a version and makes it active. `present` where that version is there with the same hash (made active too),
   * `conflict` where it is there with another.
   */
  putVersion(version: NewVersion): Promise<'added' | 'present' | 'conflict'>;
  /** Replaces the stored form of a version that has no execution (a context that arrives after its workflow). */
  replaceVersion(version: NewVersion, expectedHash: string): Promise<boolean>;
  findWorkflow(workspace: string, name: string): Promise<StoredWorkflow | undefined>;
  listWorkflows(query: { workspace: string; text?: string; tag?: string; offset: number; limit: number }): Promise<{
    rows: readonly StoredWorkflow[];
    total: number;
  }>;
  /** A version by number, or the active one. */
  findVersion(workspace: string, name: string, version?: string): Promise<StoredVersion | undefined>;
  /** Newest first by creation. */
  listVersions(workspace: string, name: string): Promise<readonly StoredVersion[]>;
  /** Moves the active pointer where the version exists. */
  activate(workspace: string, name: string, version: string, at: number): Promise<boolean>;
  /** Removes a workflow from lists and starts; versions stay readable by hash for executions that run on them. */
  removeWorkflow(workspace: string, name: string, at: number): Promise<boolean>;
  findByHash(hash: string): Promise<StoredVersion | undefined>;
  /** The text of a context that came before its workflow. A text is kept, null forgets it; answers what stands then. */
  waitingContext(workspace: string, name: string, text?: string | null): Promise<string | undefined>;
}

export interface NewVersion {
  readonly workspace: string;
  readonly name: string;
  /** `1.2.3` */
  readonly version: string;
  /** Content hash over definition and context. */
  readonly hash: string;
  readonly yaml: string;
  readonly contextYaml: string | null;
  /** The normal form (`model/definition.ts`) as JSON text. */
  readonly definition: string;
  readonly description: string;
  readonly tags: readonly string[];
  readonly owner: string | null;
  /** What its first deploy told of it; no part of its content. */
  readonly metadata: JsonObject;
  readonly createdAt: number;
}

export interface StoredVersion extends NewVersion {
  readonly active: boolean;
}

export interface StoredWorkflow {
  readonly workspace: string;
  readonly name: string;
  readonly activeVersion: string;
  readonly versionCount: number;
  readonly description: string;
  readonly tags: readonly string[];
  readonly owner: string | null;
  readonly createdAt: number;
  readonly updatedAt: number;
}
