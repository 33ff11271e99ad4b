/**
 * The server and its executors are killed again and again while clients start executions; nothing that a client was
 * promised may be lost, done twice, or left lying.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { type Random, seededRandom } from '../../src/kit/random.ts';
import { type Effect, type ExecutorProcess, openExecutor } from '../support/executor.ts';
import { openLedger, readLedger } from '../support/ledger.ts';
import { openPlatform, type PlatformProcess, until } from '../support/platform.ts';

const isQuick = process.env['MAGICFLOW_QUICK'] === '1';
const killsMin = isQuick ? 12 : 60;
const startsMin = isQuick ? 2_000 : 20_000;
/** No more, however slow the machine is. */
const killsMax = 2 * killsMin;
const batchSize = 100;
const clients = 4;
/** Executions that have not ended, beyond which the clients wait. */
const backlogMax = 5_000;
const calmMs = 30_000;

const workflow = `
apiVersion: workflow.magic-flow.io/v2
kind: Workflow
metadata: { name: purchase, version: v1.0.0 }
spec:
  steps:
    - { name: charge, type: function, executor: shop, function: charge }
    - { name: note, type: transform, mapping: { paid: "$.charge.ok" } }
    - { name: ship, type: function, executor: shop, function: ship }
`;
const script = { shop: { charge: { answer: { ok: true } }, ship: { answer: { sent: true } } } };

const folder = mkdtempSync(join(tmpdir(), 'magicflow-kills-'));
const ledgerPath = join(folder, 'ledger');
let platform: PlatformProcess;
const executors: ExecutorProcess[] = [];
after(async () => {
  await Promise.all(executors.map((executor) => executor.close()));
  await platform?.close();
  rmSync(folder, { recursive: true, force: true });
});

describe('killing without warning', () => {
  const kills = { server: 0, executor: 0 };
  const ledger = openLedger(ledgerPath);
  let isOver = false;
  let backlog = 0;

  /** Starts batches one after the other; a batch whose answer is lost is sent again under the same keys. */
  async function startBatches(client: number): Promise<void> {
    for (let batch = 0; !isOver; batch += 1) {
      const executions = Array.from({ length: batchSize }, (_, index) => ({
        input: { order: `${client}-${batch}-${index}` },
        idempotency_key: `${client}-${batch}-${index}`,
      }));
      const ids = await until(
        async () => {
          const answer = await platform.post('workflows/purchase/execute-batch', { executions });
          const started = answer.executions.map((each: { execution_id?: string }) => each.execution_id);
          return started.includes(undefined) ? undefined : (started as string[]);
        },
        { what: `batch ${batch} of client ${client}`, deadlineMs: 30_000 },
      );
      ledger.add(ids);
      while (!isOver && backlog > backlogMax) await delay(20);
    }
  }

  /** A victim lives for 0.3 to 2 s, dies, and is started again, until there were kills and starts enough. */
  async function killAgainAndAgain(seed: number, killOne: (random: Random) => Promise<void>): Promise<void> {
    const random = seededRandom(seed);
    while (!isOver && (kills.server + kills.executor < killsMin || ledger.size < startsMin)) {
      await delay(300 + random.next() ** 2 * 1_700);
      if (kills.server + kills.executor < killsMax) await killOne(random);
    }
  }

  async function killServer(): Promise<void> {
    await platform.kill();
    await platform.start();
    kills.server += 1;
  }

  async function killExecutor(random: Random): Promise<void> {
    const executor = executors[Math.floor(random.next() * executors.length)];
    await executor?.kill();
    await executor?.start();
    kills.executor += 1;
  }

  async function watchBacklog(): Promise<void> {
    while (!isOver) {
      backlog = await until(countOpen, { what: 'the backlog', deadlineMs: 30_000 });
      await delay(1_000);
    }
  }

  async function countOpen(): Promise<number> {
    const { pagination } = await platform.get('executions?status=queued,running,waiting&limit=1&count=true');
    return pagination.total;
  }

  /** The first that ends ends them all. None outlives this: a server that is just being started would stay for ever. */
  async function together(parts: readonly Promise<void>[]): Promise<void> {
    const ends = parts.map((part) =>
      part.finally(() => {
        isOver = true;
      }),
    );
    await Promise.allSettled(ends);
    await Promise.all(ends);
  }

  test(`${killsMin} kills and ${startsMin} promised starts leave nothing lost, doubled or stuck`, async (t) => {
    platform = await openPlatform({ willBeKilled: true, env: { MAGICFLOW_LIMITS_LEASE: '2s' } });
    await platform.deploy(workflow);
    for (let count = 0; count < 2; count += 1) {
      executors.push(await openExecutor({ server: platform.url, token: platform.token, script, concurrency: 100 }));
    }
    const beganAt = performance.now();
    const starting = Array.from({ length: clients }, (_, client) => startBatches(client));
    const killing = [killAgainAndAgain(1, killServer), killAgainAndAgain(2, killExecutor)];
    await together([...starting, ...killing, watchBacklog()]);
    const calmAt = performance.now();
    const open = await until(async () => ((await countOpen()) === 0 ? 0 : undefined), {
      what: 'calm',
      deadlineMs: calmMs,
      everyMs: 100,
    });
    t.diagnostic(
      `${kills.server} kills of the server, ${kills.executor} of executors in ${seconds(beganAt, calmAt)} s`,
    );
    t.diagnostic(`${ledger.size} promised starts, ${open} open after ${seconds(calmAt)} s of calm`);
    ledger.close();
  });

  /** How many they are says how slow the machine was. */
  test('nothing failed but what was lost five times, which is a dead letter and goes on when it is replayed', async (t) => {
    const failed = [...(await listIds('failed'))];
    for (const id of failed) {
      const { error } = await platform.get(`executions/${id}`);
      assert.equal(error?.code, 'DELIVERIES_EXHAUSTED', `${id}: ${JSON.stringify(error)}`);
      await platform.post(`dead-letters/${id}/replay`);
    }
    await until(async () => ((await countOpen()) === 0 ? 0 : undefined), {
      what: 'the end of what was replayed',
      deadlineMs: calmMs,
      everyMs: 100,
    });
    t.diagnostic(`${failed.length} dead letters replayed`);
  });

  test('every promised start completed, and nothing runs that nobody asked for', async () => {
    const promised = new Set(readLedger(ledgerPath));
    const completed = await listIds('completed');
    assert.equal(promised.size, readLedger(ledgerPath).length, 'one id was promised for two keys');
    assert.deepEqual(
      [...promised].filter((id) => !completed.has(id)),
      [],
    );
    assert.deepEqual(
      [...completed].filter((id) => !promised.has(id)),
      [],
    );
  });

  test('the target that knows its keys saw each effect once', (t) => {
    const effects = executors.flatMap((executor) => executor.effects());
    const keys = Map.groupBy(effects, (effect) => `${effect.execution} ${effect.function}`);
    assert.deepEqual(
      [...keys].filter(([, group]) => new Set(group.map((effect: Effect) => effect.key)).size > 1),
      [],
    );
    assert.equal(keys.size, readLedger(ledgerPath).length * 2);
    t.diagnostic(`${effects.length} deliveries for ${keys.size} effects`);
  });

  test('every journal is dense, and took one result a step', async (t) => {
    const ids = readLedger(ledgerPath);
    const beganAt = performance.now();
    let events = 0;
    const wrong: string[] = [];
    const readAll = async (): Promise<void> => {
      for (let id = ids.pop(); id !== undefined; id = ids.pop()) {
        const journal: readonly { position: number; type: string; step?: string }[] = (
          await platform.get(`executions/${id}/journal?limit=1000`)
        ).events;
        events += journal.length;
        const isDense = journal.every((event, index) => event.position === index + 1);
        const results = journal.filter((event) => event.type === 'step.completed').map((event) => event.step);
        if (!isDense || results.join() !== 'charge,note,ship') wrong.push(`${id}: ${results.join()}`);
      }
    };
    await Promise.all(Array.from({ length: 16 }, readAll));
    assert.deepEqual(wrong, []);
    t.diagnostic(`${events} events read in ${seconds(beganAt)} s`);
  });

  async function listIds(status: string): Promise<Set<string>> {
    const ids = new Set<string>();
    let cursor = '';
    do {
      const page = await platform.get(`executions?status=${status}&limit=200${cursor && `&cursor=${cursor}`}`);
      for (const execution of page.executions) ids.add(execution.execution_id);
      cursor = page.pagination.next_cursor ?? '';
    } while (cursor !== '');
    return ids;
  }
});

const seconds = (from: number, to = performance.now()): string => ((to - from) / 1_000).toFixed(1);
