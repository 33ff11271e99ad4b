/** One execution in memory: its state as the journal has it, and what is on its way. */

import type { Refusal } from '../../core/admit/admit.ts';
import { evolve } from '../../core/evolve/evolve.ts';
import type { Fact } from '../../core/facts.ts';
import { takeChanges } from '../../core/outstanding.ts';
import type { Program } from '../../core/program.ts';
import { readSnapshot } from '../../core/snapshot.ts';
import { type ExecutionState, emptyState } from '../../core/state.ts';
import { assert } from '../../kit/assert.ts';
import type { Fault } from '../../kit/fault.ts';
import type { Journal, StoredRecord } from '../../storage/journal.ts';
import type { LimitRows } from '../../storage/limits.ts';
import type { SlotClaim, StartKey } from '../../storage/store.ts';
import type { Running } from '../calls/local.ts';
import { loadPage } from '../limits.ts';
import type { Lent } from '../tasks/taker.ts';
import { decodeEvents, largeHashes } from './codec.ts';

type Distributed<T> = T extends unknown ? Omit<T, 'at'> : never;
/** A fact before its move gives it a time: all facts of one move share the record's. */
export type UntimedFact = Distributed<Fact>;

export interface Live {
  readonly id: string;
  state: ExecutionState;
  program: Program | undefined;
  inbox: Entry[];
  phase: 'loading' | 'idle' | 'moving';
  /** Due time of the wake row; null where there is none, undefined where it is not known. */
  wakeAt: number | null | undefined;
  /** Status in the view row as last written. */
  viewedStatus: string | undefined;
  /** Position of the newest snapshot. */
  snapshotAt: number;
  /** Attempts whose task runs in this process. Like the two after it made when it is first needed: most never are. */
  inProcess: Map<string, Running> | undefined;
  /** Attempts that left without a row: their function was known here when their move was written. */
  rowless: Set<string> | undefined;
  /** Attempts that were out when it was loaded and whose rows nobody looked for yet: they may have none. */
  unproven: Set<string> | undefined;
  /** Tasks that the move on its way puts in somebody's hands, by attempt. */
  lent: Map<string, Lent> | undefined;
  /** Called once the state is what the journal says. */
  readers: Reader[];
}

export interface Reader {
  readonly take: (live: Live) => void;
  readonly failed: (fault: Fault) => void;
}

export interface Entry {
  readonly fact: UntimedFact;
  readonly settle: ((advanced: Advanced) => void) | undefined;
  readonly claims: Claims | undefined;
  /** Of a start that may find its execution there. */
  readonly program?: Program;
  /**
   * Somebody acts on the answer, so that a refusal must be as durable as a move: not one by what this move has decided so
   * far, nor by what this node remembers of an execution that another one may have moved.
   */
  readonly needsProof?: true;
  /** It was refused once, and the state has been read or made durable since. */
  readonly isDoubted?: true;
}

/** What is taken together with a move, or the move is refused. */
export interface Claims {
  readonly startKey?: StartKey;
  readonly slot?: SlotClaim;
  readonly takes?: NonNullable<LimitRows['taken']>;
}

export type Advanced =
  | { readonly ok: true; readonly state: ExecutionState }
  | { readonly ok: false; readonly refusal: Refusal }
  | { readonly ok: false; readonly fault: Fault }
  | { readonly ok: false; readonly keyTaken: { readonly executionId: string; readonly fingerprint: string } }
  | { readonly ok: false; readonly noSlot: true }
  /** The shared limit of this key is reached. */
  | { readonly ok: false; readonly limited: string };

export function emptyLive(id: string): Live {
  return {
    id,
    state: emptyState(id),
    program: undefined,
    inbox: [],
    phase: 'idle',
    wakeAt: undefined,
    viewedStatus: undefined,
    snapshotAt: 0,
    inProcess: undefined,
    rowless: undefined,
    unproven: undefined,
    lent: undefined,
    readers: [],
  };
}

export interface Loaded {
  readonly state: ExecutionState;
  readonly snapshotAt: number;
}

/** Replays the newest snapshot and the records behind it. An execution that does not exist has position 0. */
export async function replay(journal: Journal, executionId: string): Promise<Loaded> {
  for (;;) {
    const loaded = await replayOnce(journal, executionId);
    if (loaded) return loaded;
  }
}

/** Undefined where records were compacted between two pages: what was read before is part of a record now. */
async function replayOnce(journal: Journal, executionId: string): Promise<Loaded | undefined> {
  const history = await journal.load(executionId, loadPage);
  const snapshot = history.snapshot && readSnapshot(history.snapshot.text);
  const state = snapshot ?? emptyState(executionId);
  let records = snapshot || !history.snapshot ? history.records : await journal.read(executionId, 0, loadPage);
  while (records.length > 0) {
    if (records[0] && records[0].first <= state.position) return undefined;
    await replayRecords(journal, state, records);
    if (records.length < loadPage) break;
    records = await journal.read(executionId, state.position, loadPage);
  }
  takeChanges(state);
  return { state, snapshotAt: snapshot ? (history.snapshot?.position ?? 0) : 0 };
}

async function replayRecords(journal: Journal, state: ExecutionState, records: readonly StoredRecord[]): Promise<void> {
  const hashes = records.flatMap((record) => largeHashes(record.events));
  const values = hashes.length === 0 ? new Map<string, string>() : await journal.values(state.id, hashes);
  for (const record of records) {
    assert(record.first === state.position + 1, `the journal of ${state.id} has a gap before ${record.first}`);
    for (const event of decodeEvents(record.events, values)) evolve(state, event, record.at);
    assert(
      record.last === state.position,
      `the record of ${state.id} at ${record.first} does not end at ${record.last}`,
    );
  }
}
