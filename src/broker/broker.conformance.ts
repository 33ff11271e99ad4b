import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { Fault } from '../kit/fault.ts';
import {
  type Broker,
  type Delivery,
  deadLetterOf,
  type Group,
  type Message,
  messageBytesMax,
  type Take,
} from './broker.ts';

export interface BrokerSubject {
  readonly name: string;
  /** A broker of its own, and how to come back to its messages after the program that had it open is gone. */
  open(): Promise<{ broker: Broker; reopen(): Promise<Broker>; remove(): Promise<void> }>;
  /** A promise this driver cannot keep, and why. Printed, never silent. */
  readonly excused?: Readonly<Record<string, string>>;
}

/** Every broker driver runs this file unchanged. */
export function brokerConformance(subject: BrokerSubject): void {
  let broker: Broker;
  let reopen: () => Promise<Broker>;
  let remove: () => Promise<void>;
  let count = 0;
  const promise = (title: string, body: () => Promise<void>): void => {
    it(title, { skip: subject.excused?.[title] ?? false, timeout: 20_000 }, body);
  };
  const publish = (body: string, more: Partial<Message> = {}): Promise<{ position: string }> => {
    count += 1;
    return broker.publish({ workspace: 'default', topic: 'orders', id: `m${count}`, headers: {}, body, ...more });
  };
  const group = (more: Partial<Group> = {}): Group => ({
    workspace: 'default',
    topic: 'orders',
    name: 'billing',
    redelivery: { initialMs: 1, maxMs: 8 },
    ...more,
  });
  const collect = async (more: Partial<Group> = {}, take: Take = async () => undefined) => {
    const taken: Delivery[] = [];
    const subscription = await broker.subscribe(group(more), async (delivery) => {
      taken.push(delivery);
      await take(delivery);
    });
    return { taken, subscription, bodies: () => taken.map(({ body }) => body) };
  };

  describe(`broker: ${subject.name}`, () => {
    beforeEach(async () => {
      ({ broker, reopen, remove } = await subject.open());
    });
    afterEach(async () => {
      await broker.close();
      await remove();
    });

    promise('brings a message as it was published, whatever stands in it', async () => {
      const { taken } = await collect();
      const sent = { id: 'exec_1/tell#1', key: 'ä\u{1f600}', headers: { 'content-type': 'text/plain', x: '"\n' } };
      const { position } = await publish('\u0001 {"a":"ä\u{1f600}"}\n', sent);
      await until(() => taken.length === 1);
      const { publishedAt, ...rest } = taken[0] as Delivery;
      const expected = { workspace: 'default', topic: 'orders', ...sent, body: '\u0001 {"a":"ä\u{1f600}"}\n' };
      assert.deepEqual(rest, { ...expected, position, attempt: 1 });
      assert.ok(Math.abs(publishedAt - Date.now()) < 60_000);
    });

    promise('takes a repeat of an id without harm: whoever takes it can tell', async () => {
      const { taken } = await collect();
      await publish('1', { id: 'same' });
      await publish('1', { id: 'same' });
      await publish('2', { id: 'other' });
      await until(() => taken.some(({ id }) => id === 'other'));
      assert.ok(taken.every(({ id, body }) => (id === 'same' ? body === '1' : body === '2')));
    });

    promise('brings every message to every group, and to one subscription of each', async () => {
      const one = await collect({ name: 'a' });
      const other = await collect({ name: 'a' });
      const apart = await collect({ name: 'b' });
      const sent = Array.from({ length: 60 }, (_, place) => String(place));
      await Promise.all(sent.map((body) => publish(body)));
      await until(() => one.taken.length + other.taken.length >= 60 && apart.taken.length >= 60);
      assert.deepEqual([...one.bodies(), ...other.bodies()].sort(), [...sent].sort());
      assert.deepEqual(apart.bodies().sort(), [...sent].sort());
    });

    promise('begins a new group with what comes after it', async () => {
      await publish('before');
      const { bodies } = await collect();
      await publish('after');
      await until(() => bodies().length > 0);
      assert.deepEqual(bodies(), ['after']);
    });

    promise('keeps for a group what came while nobody subscribed', async () => {
      const { subscription } = await collect();
      await subscription.close();
      await publish('meanwhile');
      const { bodies } = await collect();
      await until(() => bodies().length > 0);
      assert.deepEqual(bodies(), ['meanwhile']);
    });

    promise('brings what was rejected again, and counts the attempts', async () => {
      const { taken } = await collect({}, async ({ attempt }) => {
        if (attempt < 3) throw new Error('not yet');
      });
      await publish('x');
      await until(() => taken.length === 3);
      assert.deepEqual(
        taken.map(({ attempt }) => attempt),
        [1, 2, 3],
      );
      await pause(30);
      assert.equal(taken.length, 3, 'a settled message comes no more');
    });

    promise('puts what nobody can take with the dead letters, under its own id and with the reason', async () => {
      const dead = await collect({ topic: deadLetterOf('orders'), name: 'undertaker' });
      const { taken } = await collect({ redelivery: { initialMs: 1, maxMs: 2, attemptsMax: 3 } }, async () => {
        throw new Error('no such customer');
      });
      await publish('x', { id: 'poison', key: 'k' });
      await until(() => dead.taken.length === 1);
      assert.equal(taken.length, 3);
      const [{ id, key, body, headers } = {} as Delivery] = dead.taken;
      assert.deepEqual([id, key, body, headers['dead-letter-reason']], ['poison', 'k', 'x', 'no such customer']);
    });

    promise('keeps the order of a key, also through failures, and lets other keys pass', async () => {
      let isRefusing = true;
      const settled: string[] = [];
      const { taken } = await collect({ inHandMax: 8 }, async ({ key, body }) => {
        if (key === 'a' && isRefusing) throw new Error('not yet');
        settled.push(body);
      });
      for (const body of ['a1', 'a2', 'b1', 'a3', 'b2']) await publish(body, { key: body.slice(0, 1) });
      await until(() => settled.length === 2);
      assert.deepEqual(settled, ['b1', 'b2']);
      assert.ok(
        taken.every(({ body }) => body !== 'a2' && body !== 'a3'),
        'nothing overtakes a1',
      );
      isRefusing = false;
      await until(() => settled.length === 5);
      assert.deepEqual(settled.slice(2), ['a1', 'a2', 'a3']);
    });

    promise('holds of one key no two at once, whoever subscribes', async () => {
      let holding = 0;
      let most = 0;
      let done = 0;
      const take: Take = async () => {
        holding += 1;
        most = Math.max(most, holding);
        await pause(1);
        holding -= 1;
        done += 1;
      };
      await collect({}, take);
      await collect({}, take);
      await Promise.all(Array.from({ length: 20 }, (_, place) => publish(String(place), { key: 'one' })));
      await until(() => done === 20);
      assert.equal(most, 1);
    });

    promise('sends no more than there are hands, and goes on when one is free', async () => {
      const free: (() => void)[] = [];
      const { taken } = await collect({ inHandMax: 3 }, () => new Promise((resolve) => free.push(resolve)));
      await Promise.all(Array.from({ length: 10 }, (_, place) => publish(String(place))));
      await until(() => taken.length === 3);
      await pause(30);
      assert.equal(taken.length, 3);
      for (let each = 0; each < 10; each += 1) {
        await until(() => free.length > 0);
        free.shift()?.();
      }
      await until(() => taken.length === 10);
    });

    promise('brings what was in hand again when the program that took it is gone', async () => {
      const { taken } = await collect({}, () => new Promise(() => undefined));
      await publish('in hand', { key: 'k' });
      await publish('behind it', { key: 'k' });
      await until(() => taken.length === 1);
      broker = await reopen();
      const { bodies, taken: again } = await collect();
      await until(() => again.length === 2);
      assert.deepEqual(bodies(), ['in hand', 'behind it']);
      assert.ok((again[0]?.attempt ?? 0) > 1, 'the attempt that was lost counts');
    });

    promise('shows no workspace what another one published', async () => {
      const other = await collect({ workspace: 'other' });
      await publish('mine');
      await publish('theirs', { workspace: 'other' });
      await until(() => other.taken.length === 1);
      assert.deepEqual(other.bodies(), ['theirs']);
      assert.deepEqual((await broker.log?.read({ workspace: 'third', topic: 'orders', limit: 10 })) ?? [], []);
    });

    promise('refuses names and sizes beyond what every broker takes', async () => {
      for (const topic of ['', 'a b', 'a/b', 'ä', 'x'.repeat(250)]) {
        await assert.rejects(publish('x', { topic }), { code: 'TOPIC_INVALID' }, topic);
        await assert.rejects(collect({ topic }), { code: 'TOPIC_INVALID' }, topic);
      }
      await assert.rejects(
        async () => broker.log?.read({ workspace: 'default', topic: 'a b', limit: 1 }) ?? refused(),
        {
          code: 'TOPIC_INVALID',
        },
      );
      await publish('x', { topic: 'x'.repeat(249) });
      await assert.rejects(publish('x'.repeat(messageBytesMax)), { code: 'MESSAGE_TOO_LARGE' });
      await publish('x'.repeat(messageBytesMax - 1_000));
    });

    promise('closes a subscription when what it has in hand is settled, and takes no more', async () => {
      const free: (() => void)[] = [];
      const { taken, subscription } = await collect(
        { inHandMax: 1 },
        () => new Promise((resolve) => free.push(resolve)),
      );
      await publish('1');
      await until(() => free.length === 1);
      const closing = subscription.close();
      await publish('2');
      assert.equal(await Promise.race([closing.then(() => 'closed'), pause(20).then(() => 'open')]), 'open');
      free.shift()?.();
      await closing;
      await pause(20);
      assert.equal(taken.length, 1);
    });

    promise('can be looked through from any place, without taking anything', async () => {
      const { log } = broker;
      if (!log) return;
      for (const body of ['1', '2', '3']) await publish(body);
      const all = await log.read({ workspace: 'default', topic: 'orders', limit: 10 });
      assert.deepEqual(
        all.map(({ body }) => body),
        ['1', '2', '3'],
      );
      const after = all[0]?.position;
      const some = await log.read({ workspace: 'default', topic: 'orders', after, limit: 1 });
      assert.deepEqual(
        some.map(({ body }) => body),
        ['2'],
      );
      assert.deepEqual(
        await log.read({ workspace: 'default', topic: 'orders', after: all[2]?.position, limit: 1 }),
        [],
      );
    });

    promise('tells a reader that waits of the next message at once, and of none when its time is over', async () => {
      const { log } = broker;
      if (!log) return;
      const place = { workspace: 'default', topic: 'orders', limit: 10 };
      assert.deepEqual(await log.read({ ...place, waitMs: 20 }), []);
      const reading = log.read({ ...place, waitMs: 10_000 });
      await pause(10);
      await publish('news');
      assert.deepEqual(
        (await reading).map(({ body }) => body),
        ['news'],
      );
      const stop = new AbortController();
      const late = log.read({ ...place, topic: 'none', waitMs: 60_000 }, stop.signal);
      await pause(10);
      stop.abort();
      assert.deepEqual(await late, []);
    });

    promise('is in no trouble while it works', async () => {
      await publish('x');
      assert.equal(await broker.trouble(), undefined);
    });
  });
}

/** What a broker without a log would say. */
function refused(): never {
  throw new Fault('TOPIC_INVALID', 'there is no log');
}

/** Looks again until it is so; the test's own time limit ends what never is. */
async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await pause(2);
}
