/** What people are asked: rows that moves replace by position, and every person's list of them. */
import assert from 'node:assert/strict';
import { type HumanTaskQuery, nobody } from './human-tasks.ts';
import { gone, humanTask, move, noon } from './sample-writes.ts';
import type { HumanTaskRow, Store } from './store.ts';
import type { PromiseCase } from './store-subject.ts';

const statuses = ['open', 'claimed', 'completed', 'timed_out', 'cancelled'];

async function listed(store: Store, more: Partial<HumanTaskQuery> = {}): Promise<string[]> {
  const { rows } = await store.humanTasks.list({ workspace: 'default', status: statuses, limit: 100, ...more });
  return rows.map((row) => row.humanTaskId);
}

/** One execution a task, each with its row. */
async function ask(store: Store, tasks: Readonly<Record<string, Partial<HumanTaskRow>>>): Promise<void> {
  const writes = Object.entries(tasks).map(([id, more]) => move(`of-${id}`, 1, { humanTasks: [humanTask(id, more)] }));
  await store.commit(writes);
}

export function humanTasksConformance(promise: PromiseCase): void {
  content(promise);
  lists(promise);
  paging(promise);
}

function content(promise: PromiseCase): void {
  promise('gives a human task as it was written', async (store) => {
    const row = humanTask('h', {
      status: 'completed',
      step: 'checks.fraud.approve',
      title: "Ümläut; '--",
      assignees: ['ada', "o'hara"],
      claimedBy: 'bob',
      escalations: 2,
      dueAt: noon + 5,
      endedAt: noon + 6,
      defaults: { sum: 3 },
      answer: { by: 'bob', outcome: 'approved', answer: { sum: 4, deep: [null, { a: 1 }] }, comment: 'fine' },
    });
    await store.commit([move('e', 1, { humanTasks: [row] })]);
    assert.deepEqual(await store.humanTasks.find('default', 'h'), { executionId: 'e', workspace: 'default', ...row });
    assert.equal(await store.humanTasks.find('default', 'other'), undefined);
  });

  promise('replaces the row of a human task by one with a greater position alone', async (store) => {
    await store.commit([move('e', 1, { last: 5, humanTasks: [humanTask('h', { position: 5, title: 'second' })] })]);
    await store.commit([
      move('e', 6, { humanTasks: [humanTask('h', { position: 4, title: 'first', assignees: ['eve'] })] }),
    ]);
    assert.equal((await store.humanTasks.find('default', 'h'))?.title, 'second');
    assert.deepEqual(await listed(store, { people: ['eve'] }), []);
    await store.commit([move('e', 7, { humanTasks: [humanTask('h', { position: 7, title: 'third' })] })]);
    assert.equal((await store.humanTasks.find('default', 'h'))?.title, 'third');
  });

  promise('keeps human tasks of workspaces apart', async (store) => {
    await store.commit([
      move('e', 1, { humanTasks: [humanTask('mine')] }),
      move('f', 1, { workspace: 'other', humanTasks: [humanTask('theirs')] }),
    ]);
    assert.deepEqual(await listed(store), ['mine']);
    assert.deepEqual(await listed(store, { workspace: 'other', people: ['ada'] }), ['theirs']);
    assert.equal(await store.humanTasks.find('default', 'theirs'), undefined);
  });

  promise('deletes human tasks with their execution', async (store) => {
    await store.commit([
      move('e', 1, { humanTasks: [humanTask('a'), humanTask('b', { assignees: ['ada', 'bob'] })] }),
      move('f', 1, { humanTasks: [humanTask('c')] }),
    ]);
    await store.forget([gone('e')]);
    assert.deepEqual([await listed(store), await listed(store, { people: ['bob'] })], [['c'], []]);
    await store.forget([gone('f')]);
    assert.deepEqual(await listed(store, { people: ['ada'] }), []);
  });
}

function lists(promise: PromiseCase): void {
  promise('lists human tasks newest first, by id where they were made together', async (store) => {
    await ask(store, { a: {}, c: { createdAt: noon + 1 }, b: {} });
    assert.deepEqual(await listed(store), ['c', 'b', 'a']);
  });

  promise(
    'lists the tasks of people, each once: assigned to them, claimed or answered by them, or of nobody',
    async (store) => {
      await ask(store, {
        a: { assignees: ['ada', 'bob'], createdAt: noon + 3 },
        b: { assignees: [], claimedBy: 'ada', status: 'claimed', createdAt: noon + 2 },
        c: { assignees: ['ada'], claimedBy: 'ada', status: 'claimed', createdAt: noon + 1 },
        d: { assignees: ['adam'] },
        e: { assignees: [], createdAt: noon - 1 },
        f: { assignees: [], createdAt: noon - 2, answer: { by: 'eve', outcome: 'ok', answer: 1, comment: null } },
      });
      assert.deepEqual(await listed(store, { people: ['eve'] }), ['f']);
      assert.deepEqual(await listed(store, { people: ['ada'] }), ['a', 'b', 'c']);
      assert.deepEqual(await listed(store, { people: ['bob'] }), ['a']);
      assert.deepEqual(await listed(store, { people: ['bob', nobody, 'ada'] }), ['a', 'b', 'c', 'e']);
      assert.deepEqual(await listed(store, { people: [] }), []);
      assert.deepEqual(await listed(store, { people: ["ada' OR '1'='1"] }), []);
    },
  );

  promise('moves a task from one person to the next with its row', async (store) => {
    await store.commit([move('e', 1, { humanTasks: [humanTask('h')] })]);
    const next = humanTask('h', { position: 2, assignees: ['boss'], claimedBy: 'bob', status: 'claimed' });
    await store.commit([move('e', 2, { humanTasks: [next] })]);
    const lists = ['ada', 'boss', 'bob'].map((person) => listed(store, { people: [person] }));
    assert.deepEqual(await Promise.all(lists), [[], ['h'], ['h']]);
    assert.deepEqual(await listed(store, { people: ['boss'], status: ['open'] }), []);
  });

  promise('filters human tasks by status and by workflow, for everybody and for one person', async (store) => {
    await ask(store, {
      a: { status: 'open', createdAt: noon + 3 },
      b: { status: 'completed', workflow: 'orders', createdAt: noon + 2 },
      c: { status: 'open', workflow: 'orders', createdAt: noon + 1 },
    });
    for (const whose of [{}, { people: ['ada'] }]) {
      assert.deepEqual(await listed(store, { status: ['open'], ...whose }), ['a', 'c']);
      assert.deepEqual(await listed(store, { status: ['completed', 'open', 'open'], ...whose }), ['a', 'b', 'c']);
      assert.deepEqual(await listed(store, { workflow: 'orders', ...whose }), ['b', 'c']);
      assert.deepEqual(await listed(store, { workflow: 'orders', status: ['open'], ...whose }), ['c']);
      assert.deepEqual(await listed(store, { status: ['none'], ...whose }), []);
      assert.deepEqual(await listed(store, { status: [], ...whose }), []);
    }
  });
}

function paging(promise: PromiseCase): void {
  promise('pages by cursor through human tasks without loss or repeat', async (store) => {
    const ids = Array.from({ length: 30 }, (_, index) => `h${String(index).padStart(2, '0')}`);
    const times = Object.fromEntries(
      ids.map((id, index) => [
        id,
        { createdAt: noon + Math.floor(index / 4), status: index % 3 ? 'open' : 'completed' },
      ]),
    );
    await ask(store, times);
    for (const whose of [{}, { people: ['ada'] }]) {
      const seen: string[] = [];
      let after: HumanTaskQuery['after'];
      for (let page = 0; page < 5; page += 1) {
        const query = { workspace: 'default', status: statuses, limit: 7, ...whose, ...(after && { after }) };
        const { rows, hasMore } = await store.humanTasks.list(query);
        seen.push(...rows.map((row) => row.humanTaskId));
        assert.equal(hasMore, page < 4);
        after = rows.at(-1);
      }
      assert.deepEqual(seen, ids.toReversed());
    }
  });

  promise('says that there is no more human task at the exact end', async (store) => {
    await ask(store, { a: {}, b: {} });
    const query = { workspace: 'default', status: statuses, limit: 2 };
    assert.equal((await store.humanTasks.list(query)).hasMore, false);
  });
}
