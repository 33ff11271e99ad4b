import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { type GrpcTarget, openGrpcTarget, ordersProto } from '../../../test/support/grpc-target.ts';
import { until } from '../../../test/support/platform.ts';
import { systemClock } from '../../kit/clock.ts';
import type { Json, JsonObject } from '../../kit/json.ts';
import { type ConnectorCall, StepFailure } from '../connector.ts';
import { makeCall } from '../make-call.ts';
import { openGuard } from '../outbound/guard.ts';
import { openGrpcConnector } from './grpc-connector.ts';

const proto = readFileSync(ordersProto, 'utf8');
const outbound = openGuard({ rules: { allow: ['127.0.0.1'] } });
const connector = openGrpcConnector({ outbound, clock: systemClock });
after(() => connector.close?.());

let target: GrpcTarget;
before(async () => {
  target = await openGrpcTarget();
});
after(() => target.close());

interface Asked {
  readonly method?: string;
  readonly message?: Json;
  readonly request?: JsonObject;
  readonly settings?: JsonObject;
  readonly call?: Partial<ConnectorCall>;
}

async function ask({ method = 'Get', message = {}, request = {}, settings = {}, call = {} }: Asked): Promise<Json> {
  const address = `127.0.0.1:${target.port}`;
  const output = await connector.run(
    makeCall({ address, message, ...request }, { service: 'shop.v1.Orders', method, tls: false, ...settings }, call),
  );
  return JSON.parse(JSON.stringify(output)) as Json;
}

async function failure(asked: Asked): Promise<StepFailure> {
  const found = await ask(asked).then(
    (output) => assert.fail(`it gave ${JSON.stringify(output)}`),
    (error: unknown) => error,
  );
  assert.ok(found instanceof StepFailure, String(found));
  return found;
}

const codeOf = async (asked: Asked): Promise<[string, boolean]> => {
  const { code, retryable } = await failure(asked);
  return [code, retryable];
};

describe('a gRPC call', () => {
  for (const [way, settings] of [
    ['by reflection', {}],
    ['by a proto text', { proto }],
  ] as const) {
    test(`${way} gives the message with the names of the proto`, async () => {
      const { metadata, ...order } = (await ask({ message: { id: 'o1' }, settings })) as JsonObject;
      assert.deepEqual(order, {
        id: 'o1',
        cents: '9007199254740993',
        state: 'STATE_PAID',
        paid_at: '2024-02-29T01:02:03Z',
      });
      assert.ok(metadata);
    });
  }

  test('says its trace, its idempotency key and what the step adds', async () => {
    const headers = { 'X-Tenant': 'a b', 'raw-bin': 'AP8=', gone: null, number: 5 };
    const call = { idempotencyKey: 'exec_1/ask#1 ü' };
    const { metadata } = (await ask({ request: { headers, auth: { bearer: 's3cret' } }, call })) as JsonObject;
    const {
      traceparent,
      'idempotency-key': key,
      'x-tenant': tenant,
      'raw-bin': raw,
      number,
      authorization,
      gone,
    } = metadata as JsonObject;
    assert.match(String(traceparent), /^00-[0-9a-f]{32}-/);
    assert.deepEqual(
      [key, tenant, raw, number, authorization, gone],
      ['exec_1%2Fask%231%20%C3%BC', 'a b', '00ff', '5', 'Bearer s3cret', undefined],
    );
  });

  test('of a method that answers with a stream gives a list', async () => {
    const output = (await ask({ method: 'List', message: { count: 3 } })) as { messages: JsonObject[] };
    assert.deepEqual(
      output.messages.map(({ id, cents }) => [id, cents]),
      [
        ['0', '0'],
        ['1', '1'],
        ['2', '2'],
      ],
    );
    assert.deepEqual(await ask({ method: 'List' }), { messages: [] });
  });

  test('takes up to 10,000 messages of a stream, and no more than can be kept', async () => {
    const many = (await ask({ method: 'List', message: { count: 10_000 } })) as { messages: Json[] };
    assert.equal(many.messages.length, 10_000);
    assert.deepEqual(await codeOf({ method: 'List', message: { count: 10_001 } }), ['MESSAGES_EXCEEDED', false]);
    const large = { count: 50, text_length: 100_000 };
    assert.deepEqual(await codeOf({ method: 'List', message: large }), ['MESSAGES_EXCEEDED', false]);
  });

  test('fails by the name of its status, and is tried again where that may help', async () => {
    const statuses: readonly [string, boolean][] = [
      ['UNAVAILABLE', true],
      ['DEADLINE_EXCEEDED', true],
      ['RESOURCE_EXHAUSTED', true],
      ['ABORTED', true],
      ['NOT_FOUND', false],
      ['INVALID_ARGUMENT', false],
      ['PERMISSION_DENIED', false],
      ['INTERNAL', false],
      ['UNKNOWN', false],
    ];
    for (const [behaviour, retryable] of statuses) {
      const found = await failure({ message: { behaviour } });
      assert.deepEqual([found.code, found.retryable], [`GRPC_${behaviour}`, retryable]);
      assert.match(found.message, new RegExp(`/shop\\.v1\\.Orders/Get answered ${behaviour}: it is ${behaviour}`));
      assert.deepEqual(found.details, { trailers: { 'retry-after': '7' } });
    }
    assert.deepEqual(await codeOf({ method: 'List', message: { count: 5, fail_after: 2 } }), ['GRPC_ABORTED', true]);
  });

  test('is sent once, whatever its status', async () => {
    const before = target.calls.length;
    await failure({ message: { behaviour: 'UNAVAILABLE' } });
    assert.equal(target.calls.length, before + 1);
  });

  test('that nobody waits for is cancelled at the server', async () => {
    for (const asked of [{ message: { behaviour: 'hang' } }, { method: 'List', message: { count: -1 } }]) {
      const before = target.cancelled();
      assert.deepEqual(await codeOf({ ...asked, call: { signal: AbortSignal.timeout(200) } }), [
        'GRPC_CANCELLED',
        false,
      ]);
      await until(() => target.cancelled() === before + 1 || undefined, { what: 'the end of the call at the server' });
    }
  });

  test('tells the server its deadline, and ends soon after it by itself', async () => {
    const call = { deadlineAt: Date.now() - 1_900 };
    assert.deepEqual(await codeOf({ message: { behaviour: 'hang' }, call }), ['GRPC_DEADLINE_EXCEEDED', true]);
  });

  test('where nobody listens is unavailable, and found again when somebody does', async () => {
    const late = await openGrpcTarget();
    const { port } = late;
    late.close();
    const request = { address: `127.0.0.1:${port}` };
    assert.deepEqual(await codeOf({ request, settings: { proto } }), ['GRPC_UNAVAILABLE', true]);
    const again = await openGrpcTarget({ port });
    try {
      const look = () => ask({ request, settings: { proto } }).catch(() => undefined);
      await until(look, { what: 'the server that is back', everyMs: 50 });
    } finally {
      again.close();
    }
  });

  test('is refused before it is sent where the message does not fit', async () => {
    const before = target.calls.length;
    for (const message of [{ identity: 'x' }, { id: 5 }, [], 'text']) {
      assert.deepEqual(await codeOf({ message }), ['GRPC_REQUEST_INVALID', false]);
    }
    for (const headers of [{ 'grpc-timeout': '1S' }, { 'a b': 'x' }, { a: 'ü' }, { a: {} }]) {
      assert.deepEqual(await codeOf({ request: { headers } }), ['GRPC_REQUEST_INVALID', false]);
    }
    for (const address of ['', 'http://x', 'a:b', '127.0.0.1:0', 'u@h:1', null, 7]) {
      assert.deepEqual(await codeOf({ request: { address } }), ['GRPC_REQUEST_INVALID', false], String(address));
    }
    assert.equal(target.calls.length, before);
  });

  test('names the service or the method that is not there, with what is meant', async () => {
    const missing: readonly [JsonObject, RegExp][] = [
      [{ proto, service: 'shop.v1.Order' }, /no service "shop\.v1\.Order"; did you mean "shop\.v1\.Orders"/],
      [{ proto, service: 'Orders' }, /write its package too/],
      [{ proto, method: 'Got' }, /has no method "Got"; did you mean "Get"/],
      [{ proto, method: 'toString' }, /has no method/],
      [{ proto, method: 'Upload' }, /a step sends one/],
      [{ proto, method: 'Chat' }, /a step sends one/],
    ];
    for (const [settings, message] of missing) {
      const found = await failure({ settings });
      assert.deepEqual([found.code, found.retryable], ['GRPC_METHOD_INVALID', false]);
      assert.match(found.message, message);
    }
    assert.deepEqual(await codeOf({ settings: { service: 'shop.v1.Nothing' } }), ['GRPC_NOT_FOUND', false]);
  });

  test('says what is wrong with a proto text', async () => {
    const wrong: readonly [string, RegExp][] = [
      ['message {', /cannot be read: .*line 1/],
      ['syntax = "proto3"; import "other.proto";', /imports "other\.proto"/],
      ['syntax = "proto3"; service S { rpc M(Gone) returns (Gone); }', /no such type: Gone|Gone/],
    ];
    for (const [text, message] of wrong) {
      const found = await failure({ settings: { proto: text, service: 'S', method: 'M' } });
      assert.deepEqual([found.code, found.retryable], ['GRPC_PROTO_INVALID', false]);
      assert.match(found.message, message);
    }
  });

  test('goes nowhere that the guard does not allow', async () => {
    for (const address of [
      '127.0.0.2:1',
      '[::1]:1',
      '169.254.169.254:80',
      '10.0.0.1',
      '0.0.0.0:1',
      '[::ffff:127.0.0.2]:1',
    ]) {
      assert.deepEqual(await codeOf({ request: { address } }), ['OUTBOUND_REFUSED', false], address);
    }
  });

  test('is encrypted unless it is told not to be, and believes nobody whom it cannot verify', async () => {
    const encrypted = await openGrpcTarget({ isEncrypted: true });
    const request = { address: `127.0.0.1:${encrypted.port}` };
    const call = { deadlineAt: Date.now() + 1_000 };
    try {
      const found = await failure({ request, settings: { proto, tls: true }, call });
      assert.match(`${found.code} ${found.message}`, /^GRPC_UNAVAILABLE .*self-signed certificate/);
      assert.deepEqual(encrypted.calls, []);
    } finally {
      encrypted.close();
    }
  });
});

describe('reflection', () => {
  for (const reflection of ['v1', 'v1alpha'] as const) {
    test(`is read in the version ${reflection}`, async () => {
      const one = await openGrpcTarget({ reflection });
      try {
        const output = await ask({ message: { id: 'r' }, request: { address: `127.0.0.1:${one.port}` } });
        assert.equal((output as JsonObject)['id'], 'r');
      } finally {
        one.close();
      }
    });
  }

  test('that a server does not have is said, with what to do', async () => {
    const silent = await openGrpcTarget({ reflection: 'none' });
    try {
      const found = await failure({ request: { address: `127.0.0.1:${silent.port}` } });
      assert.deepEqual([found.code, found.retryable], ['GRPC_UNIMPLEMENTED', false]);
      assert.match(found.message, /give "proto" to the step/);
    } finally {
      silent.close();
    }
  });
});
