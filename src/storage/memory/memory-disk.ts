/**
 * What a memory store keeps. The disk is an object of its own so that several stores can share it, as the nodes of a
 * simulation share a database, and so that closing a store loses nothing.
 */
import type { BulkRow } from '../bulk-operations.ts';
import type { StoredVersion } from '../catalog.ts';
import type { StoredHumanTask } from '../human-tasks.ts';
import type { StoredRecord, Wake } from '../journal.ts';
import type { LimitKey, RateUsage, Waiter } from '../limits.ts';
import type { SnapshotWrite } from '../store.ts';
import type { StoredTask } from '../tasks.ts';
import type { StoredView } from '../views.ts';

export interface MemoryDisk {
  /** By execution, in order of position. */
  readonly records: Map<string, StoredRecord[]>;
  readonly snapshots: Map<string, SnapshotWrite>;
  /** Texts of large values by hash, by execution. */
  readonly values: Map<string, Map<string, string>>;
  readonly wakes: Map<string, Wake>;
  readonly startKeys: Map<string, KeptKey>;
  /** Holders (execution ids) by slot number, by slot key. */
  readonly slots: Map<string, Map<number, string>>;
  /** Slots of shared limits, what is used of rates, and who waits for either. */
  limitSlots: KeptSlot[];
  rates: Map<string, RateUsage>;
  waiters: KeptWaiter[];
  lastWaiter: number;
  readonly tasks: Map<string, StoredTask>;
  readonly views: Map<string, StoredView>;
  readonly humanTasks: Map<string, StoredHumanTask>;
  readonly workflows: Map<string, KeptWorkflow>;
  readonly waitingContexts: Map<string, string>;
  readonly bulks: Map<string, BulkRow>;
  /** The sequence of the task written last. */
  lastSequence: number;
}

export interface KeptKey {
  readonly executionId: string;
  readonly fingerprint: string;
  readonly expiresAt: number;
}

export interface KeptSlot extends LimitKey {
  readonly slot: number;
  readonly executionId: string;
  readonly holder: string;
  until: number | undefined;
}

export interface KeptWaiter extends Waiter, LimitKey {
  readonly sequence: number;
}

export interface KeptWorkflow {
  readonly workspace: string;
  readonly name: string;
  readonly createdAt: number;
  activeVersion: string;
  updatedAt: number;
  isRemoved: boolean;
  /** In the order they were put. */
  readonly versions: Map<string, Omit<StoredVersion, 'active'>>;
}

/** Answers the disk, or throws STORE_UNREACHABLE once the store is closed. */
export type DiskInUse = () => MemoryDisk;

export function makeMemoryDisk(): MemoryDisk {
  return {
    records: new Map(),
    snapshots: new Map(),
    values: new Map(),
    wakes: new Map(),
    startKeys: new Map(),
    slots: new Map(),
    limitSlots: [],
    rates: new Map(),
    waiters: [],
    lastWaiter: 0,
    tasks: new Map(),
    views: new Map(),
    humanTasks: new Map(),
    workflows: new Map(),
    waitingContexts: new Map(),
    bulks: new Map(),
    lastSequence: 0,
  };
}

/** One text for a key of several parts; no two lists of parts share one. */
export function keyOf(...parts: readonly string[]): string {
  return JSON.stringify(parts);
}
