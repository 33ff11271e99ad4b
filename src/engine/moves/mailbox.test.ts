import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { openVirtualClock } from '../../../test/support/virtual-clock.ts';
import { call, programOf } from '../../core/make-story.ts';
import { statusOf } from '../../core/state.ts';
import { openMemoryStore } from '../../storage/memory/memory-store.ts';
import { openCommitter } from './committer.ts';
import type { Live, UntimedFact } from './live.ts';
import { openMailboxes } from './mailbox.ts';

const spec = `steps: [{name: a, ${call}}]`;

/** Mailboxes over a store, with one execution whose step is in an executor's hands. */
async function started() {
  const clock = openVirtualClock();
  const store = await openMemoryStore();
  const program = programOf(spec);
  const mailboxes = openMailboxes({
    store,
    committer: openCommitter({ store, clock }),
    clock,
    random: { next: () => 0.5 },
    programOf: async () => program,
    isLocal: () => false,
    lend: () => undefined,
    takeBack: () => undefined,
    usesSlots: () => false,
    onDurable: () => undefined,
  });
  const fact: UntimedFact = {
    ...{ type: 'start', workspace: 'default', input: null, metadata: {}, tags: [], labels: {} },
    ...{ seed: 1, priority: 5, queued: false },
  };
  mailboxes.start({ executionId, program, fact, claims: {} }, () => undefined);
  await clock.settle();
  const seen = (): Promise<readonly [number, string]> =>
    new Promise((resolve, reject) => {
      const take = ({ state }: Live): void => resolve([state.position, statusOf(state)]);
      mailboxes.read(executionId, { take, failed: reject });
    });
  const written = async (): Promise<number> => (await store.journal.read(executionId, 0, 100)).at(-1)?.last ?? 0;
  return { clock, mailboxes, seen, written };
}

const executionId = 'exec_1';
/** Refused: nobody paused it, nobody has that task. */
const unasked: UntimedFact = { type: 'resume' };
const unknown: UntimedFact = { type: 'task.lost', step: 'other', visit: 1, attempt: 1 };

describe('a mailbox', () => {
  test('is where its journal is, whatever those do who are refused in the middle of a move', async () => {
    const { clock, mailboxes, seen, written } = await started();
    const heard: string[] = [];
    mailboxes.submitAll(executionId, [
      {
        fact: unasked,
        claims: undefined,
        settle: () => mailboxes.submit(executionId, { type: 'pause' }, ({ ok }) => heard.push(`paused: ${ok}`)),
      },
      // It is refused by what is durable alone: its journal is read once more.
      { fact: unknown, claims: undefined, needsProof: true, settle: ({ ok }) => heard.push(`lost: ${ok}`) },
    ]);
    await clock.advance(1_000);
    assert.deepEqual(heard.sort(), ['lost: false', 'paused: true']);
    const [position, status] = await seen();
    assert.deepEqual([position, status], [await written(), 'paused']);
  });

  test('shows no state that is ahead of its journal to one who is refused in the middle of a move', async () => {
    const { clock, mailboxes, seen, written } = await started();
    const positions: number[] = [];
    const look = (): void =>
      mailboxes.read(executionId, { take: ({ state }) => positions.push(state.position), failed: assert.fail });
    mailboxes.submitAll(executionId, [
      { fact: { type: 'pause' }, claims: undefined, settle: undefined },
      { fact: { type: 'pause' }, claims: undefined, settle: look },
    ]);
    const before = positions.length;
    await clock.advance(1_000);
    assert.deepEqual([before, positions], [0, [await written()]]);
    assert.equal((await seen())[1], 'paused');
  });
});
