import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { test } from 'node:test';
import type { Worker } from 'node:worker_threads';
import { linkWorker } from './worker-link.ts';

/** A thread that answers when it is told to. */
class Thread extends EventEmitter {
  isKeeping = true;
  ref(): void {
    this.isKeeping = true;
  }
  unref(): void {
    this.isKeeping = false;
  }
  postMessage(): void {}
}

test('a thread keeps the process alive while somebody waits for an answer, and from its closing to its end', async () => {
  const thread = new Thread();
  const link = linkWorker(() => thread as unknown as Worker);
  const answered = link.call({ kind: 'run', statements: [] });
  assert.equal(thread.isKeeping, true);
  thread.emit('message', { answer: 1 });
  assert.deepEqual([await answered, thread.isKeeping], [1, false]);
  const last = link.call({ kind: 'run', statements: [] });
  const closed = link.close();
  thread.emit('message', { answer: 2 });
  assert.deepEqual([await last, thread.isKeeping], [2, true]);
  thread.emit('exit');
  await closed;
});
