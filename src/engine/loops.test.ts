import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { isObject } from '../kit/json.ts';
import { call, makeEngine, type Node, restarted, workspace } from './make-engine.ts';

const items = Array.from({ length: 3_300 }, (_, index) => index);
const spec = `steps:
  - {name: each, type: loop, iterate_over: $.input.items, parallel: true, batch_size: 100, steps: [{name: work, ${call}, input: $.item}]}
  - {name: after, ${call}, input: $.each.succeeded}`;

const double = (input: unknown): number => (input as number) * 2;

async function ended(node: Node, id: string): Promise<string> {
  for (let round = 0; round < 200; round += 1) {
    await node.clock.settle();
    const status = await node.status(id);
    if (status !== 'running') return status;
    await node.clock.advance(1_000);
  }
  return 'running';
}

const textOf = (node: Node, id: string): string =>
  (node.disk.records.get(id) ?? []).map(({ events }) => events).join('');

async function numbersOf(
  node: Node,
  id: string,
): Promise<readonly { position: number; type: string; count: number }[]> {
  const events = await node.engine.executions.journal(workspace, id, { after: 0, limit: 100_000 });
  return events.map(({ position, event }) => ({
    position,
    type: event.type,
    count: 'count' in event ? event.count : 1,
  }));
}

describe('a long loop in an engine', () => {
  test('leaves a short journal, numbered without gaps, that replays to the same state', async () => {
    const node = await makeEngine();
    node.engine.local.register(workspace, 'e', 'f', double);
    await node.deploy(spec);
    const id = await node.start({ items });
    assert.equal(await ended(node, id), 'completed');
    const output = (await node.state(id)).steps.get('each')?.output;
    assert.ok(isObject(output));
    assert.deepEqual(
      output['results'],
      items.map((item) => item * 2),
    );
    await node.clock.settle();
    const length = textOf(node, id).length;
    assert.ok(length < 150 * items.length, `${Math.round(length / items.length)} characters an item`);
    let expected = 0;
    for (const { position, count } of await numbersOf(node, id)) {
      expected += count;
      assert.equal(position, expected);
    }
    const state = await node.state(id);
    assert.equal(expected, state.position);
    const again = await restarted(node);
    assert.deepEqual((await again.state(id)).steps.get('each')?.output, output);
    assert.deepEqual([...(await again.state(id)).steps.keys()], [...state.steps.keys()]);
  });

  test('a crash in the middle repeats no round that had ended', async () => {
    const calls = new Map<number, number>();
    const counted = (input: unknown): number => {
      calls.set(input as number, (calls.get(input as number) ?? 0) + 1);
      return double(input);
    };
    const node = await makeEngine();
    // Some rounds never answer in the first life of the process.
    node.engine.local.register(workspace, 'e', 'f', (input) =>
      (input as number) % 100 === 99 && (input as number) > 2_000 ? new Promise(() => undefined) : counted(input),
    );
    await node.deploy(spec);
    const id = await node.start({ items });
    await node.clock.settle();
    const before = calls.size;
    assert.ok(before > 2_000 && before < items.length, `${before} rounds before the crash`);
    const again = await restarted(node);
    again.engine.local.register(workspace, 'e', 'f', counted);
    assert.equal(await ended(again, id), 'completed');
    const twice = [...calls.values()].filter((count) => count > 1).length;
    assert.ok(twice <= 100, `${twice} rounds ran twice`);
    assert.equal(calls.get(items.length), 1);
  });
});
