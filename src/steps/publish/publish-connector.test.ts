import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { openVirtualClock } from '../../../test/support/virtual-clock.ts';
import { type BrokerOnDemand, brokerOnDemand } from '../../broker/drivers.ts';
import { systemClock } from '../../kit/clock.ts';
import { Fault, type FaultCode } from '../../kit/fault.ts';
import type { Json, JsonObject } from '../../kit/json.ts';
import { makeCall } from '../make-call.ts';
import { openPublishConnector } from './publish-connector.ts';

describe('the publish connector', () => {
  const clock = openVirtualClock();
  const broker = brokerOnDemand({ type: 'embedded' }, { clock: systemClock, warn: () => undefined });
  after(() => broker.close());
  const publish = (request: JsonObject, settings: JsonObject = { format: 'cloudevents' }, over = broker) => {
    count += 1;
    const call = makeCall(request, settings, { idempotencyKey: `exec_1/tell#${count}` });
    return openPublishConnector({ broker: over, clock }).run(call);
  };
  let count = 0;
  const last = async (topic: string) => {
    const log = (await broker.open()).log ?? assert.fail('no log');
    return (await log.read({ workspace: 'default', topic, limit: 100 })).at(-1) ?? assert.fail('no message');
  };
  const fails = (request: JsonObject, code: string, message: RegExp, settings?: JsonObject) =>
    assert.rejects(publish(request, settings), (error) => {
      const { code: its, message: says, retryable } = error as { code?: string; message: string; retryable?: boolean };
      assert.deepEqual([its, retryable], [code, false]);
      assert.match(says, message);
      return true;
    });

  test('sends the message as the data of a CloudEvent whose id is the idempotency key', async () => {
    const output = await publish({ topic: 'orders', key: 7, message: { total: 3 }, event_type: 'order.placed' });
    const { body, headers, key, id } = await last('orders');
    assert.deepEqual(output, { message_id: id, topic: 'orders', position: '1' });
    assert.deepEqual([key, headers['content-type']], ['7', 'application/cloudevents+json']);
    assert.deepEqual(JSON.parse(body), {
      specversion: '1.0',
      id,
      source: '/workspaces/default/executions/exec_1',
      type: 'order.placed',
      subject: 'ask',
      time: new Date(clock.nowMs()).toISOString(),
      datacontenttype: 'application/json',
      partitionkey: '7',
      traceparent: headers['traceparent'],
      data: { total: 3 },
    });
  });

  test('takes the topic for the type of an event that has none, and leaves the key out where there is none', async () => {
    await publish({ topic: 'orders.placed', message: null });
    const event = JSON.parse((await last('orders.placed')).body) as Record<string, Json>;
    assert.deepEqual([event['type'], event['data'], 'partitionkey' in event], ['orders.placed', null, false]);
  });

  test('sends a raw message as it is: a text as text, anything else as JSON', async () => {
    await publish({ topic: 'raw', message: 'hello\n' }, { format: 'raw' });
    const text = await last('raw');
    assert.deepEqual([text.body, text.headers['content-type']], ['hello\n', 'text/plain; charset=utf-8']);
    await publish({ topic: 'raw', message: [1] }, { format: 'raw' });
    const json = await last('raw');
    assert.deepEqual([json.body, json.headers['content-type']], ['[1]', 'application/json']);
  });

  test('sends headers beside the message, by names in lower case, without those that gave null', async () => {
    await publish({ topic: 'h', message: 1, headers: { 'X-Tenant': 5, gone: null, 'Content-Type': 'a/b' } });
    const { traceparent, ...headers } = (await last('h')).headers;
    assert.ok(traceparent);
    assert.deepEqual(headers, { 'content-type': 'a/b', 'x-tenant': '5' });
  });

  test('refuses what no broker takes, and says which field it was', async () => {
    for (const topic of [null, '', 7, 'a b', 'a/b', ['a'], 'x'.repeat(250)] as const) {
      await fails({ topic, message: 1 }, 'TOPIC_INVALID', /"topic" gave/);
    }
    for (const key of [null, '', true, ['a'], 'x'.repeat(256)] as const) {
      await fails({ topic: 't', key, message: 1 }, 'REQUEST_INVALID', /"key" must give a text/);
    }
    await fails({ topic: 't', message: 1, event_type: null }, 'REQUEST_INVALID', /"event_type"/);
    await fails({ topic: 't', message: 1, headers: { 'a b': 1 } }, 'REQUEST_INVALID', /header "a b" is no name/);
    await fails({ topic: 't', message: 1, headers: { a: 'x\ny' } }, 'REQUEST_INVALID', /header "a" must give a text/);
    await fails({ topic: 't', message: 1, headers: { a: { b: 1 } } }, 'REQUEST_INVALID', /header "a" must give a text/);
    const many = Object.fromEntries(Array.from({ length: 65 }, (_, place) => [`h${place}`, 1]));
    await fails({ topic: 't', message: 1, headers: many }, 'REQUEST_INVALID', /65 members/);
    await fails({ topic: 't', message: 'x'.repeat(1_000_000) }, 'MESSAGE_TOO_LARGE', /at most 1000000/);
  });

  test('takes the longest key and as many headers as there may be', async () => {
    const headers = Object.fromEntries(Array.from({ length: 64 }, (_, place) => [`h${place}`, 'x'.repeat(100)]));
    await publish({ topic: 'edge', key: 'k'.repeat(255), message: 1, headers: { ...headers, h0: 'x'.repeat(4_000) } });
    assert.equal((await last('edge')).key?.length, 255);
  });

  test('asks no other broker than the configured one', async () => {
    const message = { topic: 't', message: 1 };
    await fails(message, 'BROKER_NOT_CONFIGURED', /asks for kafka.*is embedded/, { broker: 'kafka' });
    await publish(message, { broker: 'embedded' });
  });

  test('tells of a broker that is full or away so that another try is made', async () => {
    const told = [
      ['BROKER_FULL', 'BROKER_FULL'],
      ['BROKER_UNREACHABLE', 'BROKER_UNREACHABLE'],
      ['DATA_LOCKED', 'BROKER_UNREACHABLE'],
      ['SHUTTING_DOWN', 'BROKER_UNREACHABLE'],
    ] as const satisfies readonly (readonly [FaultCode, string])[];
    for (const [fault, code] of told) {
      const troubled = {
        type: 'embedded',
        open: () => Promise.reject(new Fault(fault, 'so')),
        close: async () => undefined,
      };
      const over: BrokerOnDemand = troubled;
      await assert.rejects(publish({ topic: 't', message: 1 }, {}, over), { code, retryable: true, message: 'so' });
    }
  });
});
