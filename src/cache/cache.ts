import type { Json } from '../kit/json.ts';

/**
 * Copies of results that are dear to make. A hint, never the truth: whatever it forgets is made again, and a cache that
 * fails is one that has forgotten everything.
 *
 * Every call names its workspace; nothing kept in another one is ever found, whatever the keys. Promises that types
 * cannot hold are kept by `cache.conformance.ts`, which every driver runs unchanged.
 */
export interface Cache {
  /** A copy of what was kept, unless its time is over or it had to make room. */
  get(workspace: string, key: string): Promise<Json | undefined>;
  /** Replaces what was kept under the key. A value larger than the whole cache is not kept, and no error. */
  set(workspace: string, key: string, kept: { readonly value: Json; readonly ttlMs: number }): Promise<void>;
  close(): Promise<void>;
}
