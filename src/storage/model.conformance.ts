/** Random batches, against the naive store: the same outcomes, and the same rows afterwards. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { Impossible } from '../kit/assert.ts';
import { NaiveStore } from './naive-store.ts';
import { compact, humanTask, lease, move, noon, snapshot, task, viewRow, wake } from './sample-writes.ts';
import type { CompactWrite, ForgetWrite, MoveWrite, NewTask, Store, Write } from './store.ts';
import type { PromiseCase } from './store-subject.ts';

const executions = ['e1', 'e2', 'e3'];
const taskIds = ['t1', 't2', 't3'];
const keys = ['k1', 'k2'];
const hashes = ['h1', 'h2'];
const humanTaskIds = ['a1', 'a2'];

/** One batch and the milliseconds that pass before it, or executions to forget. */
type Turn =
  | { readonly passMs: number; readonly writes: readonly Write[] }
  | { readonly forget: readonly ForgetWrite[] };

export function modelConformance(promise: PromiseCase): void {
  promise('does what the naive store does, for any batches', async (store) => {
    let run = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(turn, { minLength: 1, maxLength: 12 }), async (turns) => {
        run += 1;
        await replay(store, turns, `run${run}-`);
      }),
      { numRuns: 60 },
    );
  });
}

/** Every run has names of its own, so that all of them share one store. */
async function replay(store: Store, turns: readonly Turn[], prefix: string): Promise<void> {
  const model = new NaiveStore();
  let at = noon;
  for (const each of turns) {
    if ('forget' in each) {
      const forget = each.forget.map(({ executionId, position }) => ({ executionId: prefix + executionId, position }));
      assert.deepEqual((await store.forget(forget)).toSorted(), model.forget(forget).toSorted());
    } else {
      at += each.passMs;
      const writes = each.writes.map((write) => named(write, prefix, at));
      assert.deepEqual(await store.commit(writes), model.commit(writes));
    }
    await compare(store, model, { prefix, at });
  }
}

/** The write with the run's own names, at the run's time. */
function named(write: Write, prefix: string, at: number): Write {
  if (write.kind === 'lease') return { ...write, taskId: prefix + write.taskId, at, expiresAt: at + 10 };
  if (write.kind === 'extend') return { ...write, taskId: prefix + write.taskId, expiresAt: at + 20 };
  if (write.kind === 'release') return { ...write, taskId: prefix + write.taskId };
  if (write.kind === 'wake') return { ...write, workspace: prefix, executionId: prefix + write.executionId };
  if (write.kind === 'compact') return namedCompaction(write, prefix);
  if (write.kind === 'free') return { ...write, workspace: prefix, executionId: prefix + write.executionId };
  if (write.kind === 'snapshot') return { ...write, executionId: prefix + write.executionId };
  const { startKey, slotTaken, tasksAdded, tasksRemoved, humanTasks } = write;
  return {
    ...write,
    workspace: prefix,
    executionId: prefix + write.executionId,
    at,
    ...(tasksAdded && { tasksAdded: tasksAdded.map((added) => namedTask(added, prefix, at)) }),
    ...(tasksRemoved && { tasksRemoved: tasksRemoved.map((id) => prefix + id) }),
    ...(humanTasks && {
      humanTasks: humanTasks.map((row) => ({
        ...row,
        humanTaskId: `${prefix}${write.executionId}-${row.humanTaskId}`,
      })),
    }),
    ...(startKey && { startKey: { ...startKey, expiresAt: at + 15 } }),
    ...(slotTaken && { slotTaken }),
  };
}

function namedTask({ taskId, lease, ...task }: NewTask, prefix: string, at: number): NewTask {
  return { ...task, taskId: prefix + taskId, lease: lease && { ...lease, since: at, expiresAt: at + 10 } };
}

function namedCompaction(write: CompactWrite, prefix: string): CompactWrite {
  const records = write.records.map((record) => ({ ...record, workspace: prefix }));
  return { ...write, executionId: prefix + write.executionId, records };
}

async function compare(store: Store, model: NaiveStore, run: { prefix: string; at: number }): Promise<void> {
  for (const executionId of executions.map((id) => run.prefix + id)) {
    const history = await store.journal.load(executionId, 100);
    const kept = model.snapshots[executionId];
    assert.equal(history.snapshot?.position, kept?.position);
    const expected = model.history(executionId).filter((record) => record.last > (kept?.position ?? 0));
    assert.deepEqual(
      history.records.map((record) => record.moveId),
      expected.map((record) => record.moveId),
    );
    const shown = model.views.find((view) => view.executionId === executionId)?.row;
    assert.equal((await store.views.find(run.prefix, executionId))?.position, shown?.position);
    for (const hash of hashes) {
      const value = model.values.find((each) => each.executionId === executionId && each.hash === hash);
      if (value) assert.equal((await store.journal.values(executionId, [hash])).get(hash), value.text);
      else await assert.rejects(store.journal.values(executionId, [hash]), Impossible);
    }
  }
  await compareHumanTasks(store, model, run);
  await compareQueues(store, model, run);
}

async function compareHumanTasks(store: Store, model: NaiveStore, run: { prefix: string }): Promise<void> {
  const query = { workspace: run.prefix, status: ['open', 'claimed', 'completed'], limit: 100 };
  for (const person of [undefined, 'ada', 'bob']) {
    const { rows } = await store.humanTasks.list({ ...query, ...(person && { people: [person] }) });
    const isTheirs = ({ assignees, claimedBy }: { assignees: readonly string[]; claimedBy: string | null }): boolean =>
      person === undefined || assignees.includes(person) || claimedBy === person;
    const expected = model.humanTasks.filter(({ row }) => isTheirs(row));
    assert.deepEqual(
      rows.map((row) => [row.humanTaskId, row.position, row.status]).sort(),
      expected.map(({ row }) => [row.humanTaskId, row.position, row.status]).sort(),
    );
  }
}

async function compareQueues(store: Store, model: NaiveStore, run: { prefix: string; at: number }): Promise<void> {
  const wakes = (await store.journal.dueWakes(noon + 1_000, 100_000)).filter((wake) => wake.workspace === run.prefix);
  const dues = model.wakes.map((wake) => [wake.dueAt, wake.executionId]).sort();
  assert.deepEqual(wakes.map((wake) => [wake.dueAt, wake.executionId]).sort(), dues);
  const ready = await store.tasks.ready({ workspace: run.prefix, executor: 'mailer', at: run.at, limit: 100 });
  const free = model.tasks.filter((each) => each.token === undefined || each.expiresAt <= run.at);
  const expected = free
    .sort((a, b) => a.rank - b.rank || a.order - b.order)
    .map((each) => [each.taskId, each.deliveries]);
  assert.deepEqual(
    ready.map((each) => [each.taskId, each.deliveries]),
    expected,
  );
  for (const key of keys) {
    const held = model.keys.find((each) => each.name === key && each.expiresAt > run.at);
    const found = await store.journal.findStartKey(run.prefix, 'w', key, run.at);
    assert.deepEqual(found, held && { executionId: held.executionId, fingerprint: held.fingerprint });
  }
}

const executionId = fc.constantFrom(...executions);
const taskId = fc.constantFrom(...taskIds);
const token = fc.constantFrom('a', 'b');

const moveWrite: fc.Arbitrary<MoveWrite> = fc
  .record(
    {
      executionId,
      first: fc.integer({ min: 1, max: 4 }),
      span: fc.constantFrom(0, 0, 0, 1),
      moveId: fc.constantFrom('m1', 'm2', 'm3'),
      values: fc.array(
        fc.constantFrom(...hashes).map((hash) => ({ hash, text: `"${hash}"` })),
        { maxLength: 2 },
      ),
      wakeAt: fc.oneof(fc.constant(null), fc.integer({ min: noon, max: noon + 99 })),
      tasksAdded: fc.array(
        fc
          .tuple(taskId, fc.nat(2), fc.option(token, { nil: undefined }))
          .map(([id, rank, by]) =>
            task(id, { rank, lease: by && { token: by, worker: by, since: noon, expiresAt: noon } }),
          ),
        { maxLength: 2 },
      ),
      tasksRemoved: fc.array(taskId, { maxLength: 2 }),
      view: fc.nat(5).map((position) => viewRow(position)),
      humanTasks: fc.array(
        fc
          .record({
            humanTaskId: fc.constantFrom(...humanTaskIds),
            position: fc.nat(5),
            status: fc.constantFrom('open', 'claimed', 'completed'),
            assignees: fc.subarray(['ada', 'bob']),
            claimedBy: fc.constantFrom(null, 'ada', 'bob'),
          })
          .map(({ humanTaskId, ...more }) => humanTask(humanTaskId, more)),
        { maxLength: 2 },
      ),
      key: fc.constantFrom(...keys),
      slotTaken: fc.record({ key: fc.constantFrom('s1', 's2'), limit: fc.integer({ min: 0, max: 2 }) }),
      slotsFreed: fc.boolean(),
    },
    { requiredKeys: ['executionId', 'first', 'span', 'moveId'] },
  )
  .map(({ executionId, first, span, key, ...more }) =>
    move(executionId, first, {
      ...more,
      last: first + span,
      ...(key && first === 1 && { startKey: { workflow: 'w', key, fingerprint: `f-${executionId}`, expiresAt: noon } }),
    }),
  );

const write: fc.Arbitrary<Write> = fc.oneof(
  { weight: 6, arbitrary: moveWrite },
  { weight: 2, arbitrary: fc.tuple(taskId, token).map(([id, by]) => lease(id, by)) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('extend' as const), taskId, token, expiresAt: fc.constant(noon) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('release' as const), taskId, token }) },
  { weight: 1, arbitrary: fc.tuple(executionId, fc.integer({ min: 1, max: 4 })).map(([id, at]) => snapshot(id, at)) },
  {
    weight: 1,
    arbitrary: fc
      .tuple(executionId, fc.integer({ min: 1, max: 3 }), fc.nat(2))
      .map(([id, from, more]) => compact(id, [from, from + more])),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(executionId, fc.integer({ min: 1, max: 4 }), fc.option(fc.integer({ min: noon, max: noon + 99 })))
      .map(([id, position, wakeAt]) => wake(id, position, wakeAt)),
  },
);

const forgetWrite = fc.record({ executionId, position: fc.integer({ min: 1, max: 5 }) });

const turn: fc.Arbitrary<Turn> = fc.oneof(
  { weight: 9, arbitrary: fc.record({ passMs: fc.nat(8), writes: fc.array(write, { maxLength: 8 }) }) },
  { weight: 1, arbitrary: fc.record({ forget: fc.array(forgetWrite, { maxLength: 2 }) }) },
);
