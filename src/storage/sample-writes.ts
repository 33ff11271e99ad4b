/** Test data for the storage suites: writes and rows that are valid as they stand, with what a case cares about on top. */
import type { NewVersion } from './catalog.ts';
import type {
  CompactWrite,
  ForgetWrite,
  HumanTaskRow,
  LeaseWrite,
  MoveWrite,
  NewTask,
  Outcome,
  SnapshotWrite,
  Store,
  ViewRow,
  WakeWrite,
  Write,
} from './store.ts';

/** The store's clock in every case that does not care. */
export const noon = 1_750_000_000_000;

export const conflict: Outcome = { ok: false, reason: 'CONFLICT' };
export const leaseLost: Outcome = { ok: false, reason: 'LEASE_LOST' };
export const noSlot: Outcome = { ok: false, reason: 'NO_SLOT' };
export const done: Outcome = { ok: true };

/** A move of one event at position `first`, under a move id of its own execution and position. */
export function move(executionId: string, first: number, more: Partial<MoveWrite> = {}): MoveWrite {
  const moveId = more.moveId ?? `move-${executionId}-${first}`;
  const events = more.events ?? JSON.stringify([{ type: 'sample', first, moveId }]);
  return { kind: 'move', workspace: 'default', executionId, first, last: first, moveId, at: noon, events, ...more };
}

export function task(taskId: string, more: Partial<NewTask> = {}): NewTask {
  return { taskId, executor: 'mailer', function: 'send', rank: 0, ...more };
}

export function lease(taskId: string, token: string, more: Partial<LeaseWrite> = {}): LeaseWrite {
  return { kind: 'lease', taskId, token, worker: `worker-${token}`, at: noon, expiresAt: noon + 30_000, ...more };
}

export function snapshot(executionId: string, position: number, text = `{"at":${position}}`): SnapshotWrite {
  return { kind: 'snapshot', executionId, position, text };
}

/** Re-arms the wake row of an execution that stands at `position`. */
export function wake(executionId: string, position: number, wakeAt: number | null): WakeWrite {
  return { kind: 'wake', workspace: 'default', executionId, position, wakeAt };
}

/** In the place of the records of `spans`, each of which becomes one. */
export function compact(executionId: string, ...spans: (readonly [first: number, last: number])[]): CompactWrite {
  const records = spans.map(([first, last]) => {
    const events = JSON.stringify([{ type: 'elided', count: last - first + 1 }]);
    return { workspace: 'default', first, last, moveId: `compact-${executionId}-${first}`, at: noon, events };
  });
  return { kind: 'compact', executionId, from: spans[0]?.[0] ?? 1, through: spans.at(-1)?.[1] ?? 1, records };
}

/** One that stands at `position` may go. */
export function gone(executionId: string, position = 1): ForgetWrite {
  return { executionId, position };
}

export function viewRow(position: number, more: Partial<ViewRow> = {}): ViewRow {
  return {
    position,
    workflow: 'onboarding',
    version: '1.0.0',
    status: 'running',
    run: 1,
    createdAt: noon,
    startedAt: noon,
    endedAt: null,
    tags: [],
    labels: {},
    errorCode: null,
    errorMessage: null,
    parent: null,
    deadLetter: null,
    searchText: 'onboarding',
    steps: [],
    ...more,
  };
}

export function humanTask(humanTaskId: string, more: Partial<HumanTaskRow> = {}): HumanTaskRow {
  return {
    humanTaskId,
    position: 1,
    workflow: 'onboarding',
    version: '1.0.0',
    step: 'approve',
    name: 'approve',
    visit: 1,
    attempt: 1,
    title: 'Approve?',
    status: 'open',
    assignees: ['ada'],
    claimedBy: null,
    escalations: 0,
    createdAt: noon,
    dueAt: null,
    endedAt: null,
    defaults: null,
    answer: null,
    ...more,
  };
}

export function version(name: string, number: string, more: Partial<NewVersion> = {}): NewVersion {
  return {
    workspace: 'default',
    name,
    version: number,
    hash: `hash-${name}-${number}`,
    yaml: `name: ${name}`,
    contextYaml: null,
    definition: '{}',
    description: '',
    tags: [],
    owner: null,
    metadata: {},
    createdAt: noon,
    ...more,
  };
}

/** Commits one write and gives its outcome. */
export async function commitOne(store: Store, write: Write): Promise<Outcome | undefined> {
  return (await store.commit([write]))[0];
}

/** The moves that stand in an execution's journal, in order. */
export async function moveIds(store: Store, executionId: string): Promise<string[]> {
  return (await store.journal.read(executionId, 0, 1_000)).map((record) => record.moveId);
}
