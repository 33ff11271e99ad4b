import assert from 'node:assert/strict';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { type Clock, systemClock } from '../../kit/clock.ts';
import { brokerConformance } from '../broker.conformance.ts';
import type { Broker } from '../broker.ts';
import { brokerOnDemand } from '../drivers.ts';
import { openEmbeddedBroker } from './embedded-broker.ts';
import type { EmbeddedLimits } from './limits.ts';

const quiet = { clock: systemClock, warn: () => undefined };
const impatient: Clock = { ...systemClock, schedule: (ms, call) => systemClock.schedule(Math.min(ms, 300), call) };

brokerConformance({
  name: 'embedded, in a file',
  async open() {
    const folder = await mkdtemp(join(tmpdir(), 'magicflow-broker-'));
    const broker = openEmbeddedBroker({ ...quiet, clock: impatient, folder });
    return {
      broker,
      async reopen() {
        await broker.close();
        return openEmbeddedBroker({ ...quiet, folder });
      },
      remove: () => rm(folder, { recursive: true, force: true }),
    };
  },
});

brokerConformance({
  name: 'embedded, in memory',
  async open() {
    const broker = openEmbeddedBroker(quiet);
    return { broker, reopen: async () => broker, remove: async () => undefined };
  },
  excused: {
    'brings what was in hand again when the program that took it is gone': 'what is in memory goes with its program',
  },
});

describe('the embedded broker', () => {
  let folder: string;
  let broker: Broker;
  let nowMs: number;
  const open = (limits: Partial<EmbeddedLimits> = {}): void => {
    broker = openEmbeddedBroker({ ...quiet, clock: { ...systemClock, nowMs: () => nowMs }, folder, limits });
  };
  const publish = (body: string, topic = 'orders') =>
    broker.publish({ workspace: 'default', topic, id: body, headers: {}, body });
  const bodies = async (topic = 'orders') =>
    (await broker.log?.read({ workspace: 'default', topic, limit: 100 }))?.map(({ body }) => body);
  const group = { workspace: 'default', topic: 'orders', name: 'g' };

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'magicflow-broker-'));
    nowMs = Date.now();
  });
  afterEach(async () => {
    await broker.close();
    await rm(folder, { recursive: true, force: true });
  });

  test('keeps messages over a restart, and knows a repeat of one after it', async () => {
    open();
    const first = await publish('1');
    await broker.close();
    open();
    assert.deepEqual(await publish('1'), first);
    assert.deepEqual([(await publish('2')).position, await bodies()], ['2', ['1', '2']]);
  });

  test('is one process at a time: another one is told so', async () => {
    open();
    await publish('1');
    const second = openEmbeddedBroker({ ...quiet, folder });
    const message = { workspace: 'default', topic: 't', id: 'x', headers: {}, body: '' };
    await assert.rejects(second.publish(message), { code: 'DATA_LOCKED' });
    assert.match((await second.trouble()) ?? '', /another process/);
    await second.close();
  });

  test('lets nobody else read the file', async () => {
    open();
    await publish('1');
    assert.equal((await stat(join(folder, 'broker.db'))).mode & 0o777, 0o600);
  });

  test('drops the oldest for the newest where a topic is full, and counts positions on', async () => {
    open({ messagesMax: 3 });
    for (const body of ['1', '2', '3', '4']) await publish(body);
    assert.deepEqual(await bodies(), ['2', '3', '4']);
    assert.equal((await publish('5')).position, '5');
  });

  test('counts bytes as well as messages', async () => {
    const entry = (text: string): string => text.repeat(500);
    open({ bytesMax: 2 * (500 + 500 + 2) });
    for (const body of ['a', 'b', 'c']) await publish(entry(body));
    assert.deepEqual(await bodies(), [entry('b'), entry('c')]);
    const [summary] = (await broker.log?.topics('default')) ?? [];
    assert.deepEqual([summary?.messages, summary?.sizeBytes], [2, 2 * 1_002]);
  });

  test('refuses a message rather than drop one that a group has to take, and takes it once there is room', async () => {
    open({ messagesMax: 2 });
    const subscription = await broker.subscribe(group, async () => undefined);
    await subscription.close();
    await publish('1');
    await publish('2');
    await assert.rejects(publish('3'), { code: 'BROKER_FULL' });
    const taken: string[] = [];
    await broker.subscribe(group, async ({ body }) => void taken.push(body));
    while (taken.length < 2) await new Promise((resolve) => setTimeout(resolve, 2));
    while ((await publish('3').catch(() => undefined)) === undefined);
    assert.deepEqual(await bodies(), ['2', '3']);
  });

  test('drops what is older than its age, also where a group waits for it', async () => {
    open({ ageMaxMs: 1_000 });
    await (await broker.subscribe(group, async () => undefined)).close();
    await publish('1');
    nowMs += 1_000;
    await publish('2');
    assert.deepEqual(await bodies(), ['1', '2']);
    nowMs += 1;
    await publish('3');
    assert.deepEqual(await bodies(), ['2', '3']);
  });

  test('has so many topics and groups and no more', async () => {
    open({ topicsMax: 2, groupsMax: 1 });
    await publish('1', 'a');
    await publish('1', 'b');
    await assert.rejects(publish('1', 'c'), { code: 'BROKER_FULL' });
    const join = (name: string) => broker.subscribe({ ...group, topic: 'a', name }, async () => undefined);
    await join('one');
    await join('one');
    await assert.rejects(join('two'), { code: 'BROKER_FULL' });
  });

  test('says of each topic what is in it and what its groups have to take', async () => {
    open();
    await (await broker.subscribe(group, async () => undefined)).close();
    await publish('12');
    await publish('3', 'other');
    assert.deepEqual(await broker.log?.topics('default'), [
      { topic: 'orders', messages: 1, sizeBytes: 6, position: '1', groups: [{ name: 'g', unsettled: 1 }] },
      { topic: 'other', messages: 1, sizeBytes: 4, position: '1', groups: [] },
    ]);
    assert.deepEqual(await broker.log?.topics('elsewhere'), []);
  });

  test('a message that waits behind a busy key does not hold up one that came a thousand later', async () => {
    open();
    const taken: string[] = [];
    const free = Promise.withResolvers<void>();
    const subscription = await broker.subscribe({ ...group, inHandMax: 4 }, ({ key = '', body }) => {
      taken.push(body);
      return key === 'busy' ? free.promise : Promise.resolve();
    });
    const send = (body: string, key: string) =>
      broker.publish({ workspace: 'default', topic: 'orders', id: body, key, headers: {}, body });
    await Promise.all(Array.from({ length: 900 }, (_, place) => send(`b${place}`, 'busy')));
    await send('free', 'free');
    while (taken.length < 2) await new Promise((resolve) => setTimeout(resolve, 2));
    assert.deepEqual(taken, ['b0', 'free']);
    free.resolve();
    await subscription.close();
  });
});

test('a broker is opened by the first who asks, and one that is not there is named', async () => {
  assert.throws(() => brokerOnDemand({ type: 'kafka' }, quiet), { code: 'DRIVER_NOT_AVAILABLE', message: /kafka/ });
  const onDemand = brokerOnDemand({ type: 'embedded' }, quiet);
  const broker = await onDemand.open();
  assert.equal(await onDemand.open(), broker);
  await onDemand.close();
  await assert.rejects(onDemand.open(), { code: 'SHUTTING_DOWN' });
});
