import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openTurnstile } from './turnstile.ts';

test('crowds go through one by one, workspaces in turns, and others are served in between', async () => {
  const turnstile = openTurnstile();
  const order: string[] = [];
  const passes = ['a', 'a', 'a', 'b'].map((name) => turnstile.pass(name).then(() => order.push(name)));
  const between = new Promise<number>((resolve) => setImmediate(() => setImmediate(() => resolve(order.length))));
  assert.ok((await between) < 4);
  await Promise.all(passes);
  assert.deepEqual(order, ['a', 'b', 'a', 'a']);
  await turnstile.pass('c');
});
