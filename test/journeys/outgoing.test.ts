/**
 * Every type of step that calls something over HTTP keeps the same promises on a real server: success, failure, timeout,
 * cancel, retry, and a crash in the middle.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { type Answering, type Asked, type HttpTarget, json, openHttpTarget } from '../support/http-target.ts';
import { openPlatform, type PlatformProcess, until } from '../support/platform.ts';

interface Subject {
  readonly type: string;
  /** Fields of the step that calls the target. */
  readonly fields: string;
  /** The header that holds the idempotency key. */
  readonly key: string;
  /** Of a successful step whose target answered `{ ok: true }`. */
  output(output: unknown): unknown;
}

const subjects: readonly Subject[] = [
  {
    type: 'http',
    fields: 'method: POST, url: "${input.url}/a", body: { n: $.input.n }',
    key: 'idempotency-key',
    output: (output) => (output as { body: unknown }).body,
  },
  {
    type: 'service_call',
    fields: 'service: shop, method: PUT, endpoint: "/items/${input.n}"',
    key: 'idempotency-key',
    output: (output) => (output as { body: unknown }).body,
  },
  {
    type: 'webhook',
    fields: 'url: "${input.url}/hook", secret: journey-secret',
    key: 'webhook-id',
    output: (output) => (output as { body: unknown }).body,
  },
  {
    type: 'notify',
    fields: 'channel: webhook, message: "number ${input.n}"',
    key: 'webhook-id',
    output: (output) =>
      (output as { channels: { webhook: { status: number } } }).channels.webhook.status === 200 && { ok: true },
  },
];

const workflow = ({ type, fields }: Subject): string => `
apiVersion: workflow.magic-flow.io/v2
kind: Workflow
metadata: { name: ${type}-flow, version: 1.0.0 }
spec:
  steps:
    - { name: call, type: ${type}, ${fields}, timeout: "\${input.timeout ?? '20s'}",
        retry_config: { max_attempts: 3, initial_delay: 20ms } }
`;

const folder = mkdtempSync(join(tmpdir(), 'magicflow-outgoing-'));
let target: HttpTarget;
let platform: PlatformProcess;
before(async () => {
  target = await openHttpTarget(json({ ok: true }));
  const config = join(folder, 'magicflow.yaml');
  writeFileSync(
    config,
    `outbound: { allow: ["127.0.0.1:${target.port}"] }
services: { shop: { base_url: "${target.url}/api", auth: { bearer: shop-secret-token } } }
connections: { bus: { type: webhook, url: "${target.url}/bus" } }
`,
  );
  platform = await openPlatform({ willBeKilled: true, env: { MAGICFLOW_CONFIG: config } });
  await platform.deploy(...subjects.map(workflow));
});
after(async () => {
  await platform?.close();
  await target?.close();
  rmSync(folder, { recursive: true, force: true });
});

const never: Answering = () => undefined;

for (const subject of subjects) {
  describe(`a step of type ${subject.type}`, () => {
    /** What the target was asked by the executions of this test. */
    let asked: () => Asked[];
    async function start(answer: Answering, input: object = {}): Promise<string> {
      const begin = target.asked.length;
      asked = () => target.asked.slice(begin);
      target.answer = answer;
      const body = { input: { url: target.url, n: 7, ...input } };
      return (await platform.post(`workflows/${subject.type}-flow/execute`, body)).execution_id;
    }
    const keys = () => new Set(asked().map(({ headers }) => headers[subject.key]));
    const arrived = (count: number) =>
      until(() => asked().length === count || undefined, { what: `request ${count}`, everyMs: 5 });

    test('brings its answer into the output', async () => {
      const ended = await platform.ended(await start(json({ ok: true })));
      assert.equal(ended.status, 'completed', JSON.stringify(ended.error));
      assert.deepEqual(subject.output(ended.steps[0].output), { ok: true });
      assert.equal(asked().length, 1);
      assert.match(String(asked()[0]?.headers['traceparent']), /^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
      assert.equal(ended.steps[0].type, subject.type === 'service_call' ? 'http' : subject.type);
    });

    test('fails at once where trying again would not help', async () => {
      const ended = await platform.ended(await start(json({ why: 'no' }, 422)));
      assert.deepEqual([ended.status, ended.error.code, asked().length], ['failed', 'HTTP_422', 1]);
      assert.deepEqual(ended.error.details, { status: 422, body: { why: 'no' } });
    });

    test('fails with TIMEOUT after its timeout, and lets go of the request', async () => {
      const ended = await platform.ended(await start(never, { timeout: '100ms' }));
      assert.deepEqual([ended.status, ended.error.code], ['failed', 'TIMEOUT']);
      await until(() => asked().every(({ isAborted }) => isAborted) || undefined, { what: 'the end of the requests' });
    });

    test('is cancelled with its execution, and its request with it', async () => {
      const id = await start(never);
      await arrived(1);
      await platform.call(`POST /api/v1/executions/${id}/terminate`);
      assert.equal((await platform.ended(id)).status, 'cancelled');
      await until(() => asked()[0]?.isAborted || undefined, { what: 'the end of the request' });
      assert.equal(asked().length, 1);
    });

    test('is tried again under the same idempotency key', async () => {
      let count = 0;
      const twiceBusy: Answering = (response, each) => {
        count += 1;
        json({ ok: true }, count < 3 ? 503 : 200)(response, each);
      };
      const ended = await platform.ended(await start(twiceBusy));
      assert.deepEqual([ended.status, ended.steps[0].attempt, asked().length], ['completed', 3, 3]);
      assert.equal(keys().size, 1);
      assert.match(String([...keys()][0]), /^exec/);
    });

    test('is done again after a crash in the middle, under the same idempotency key', async () => {
      const id = await start(never);
      await arrived(1);
      await platform.kill();
      target.answer = json({ ok: true });
      await platform.start();
      const ended = await platform.ended(id);
      assert.equal(ended.status, 'completed', JSON.stringify(ended.error));
      assert.deepEqual(subject.output(ended.steps[0].output), { ok: true });
      assert.deepEqual([asked().length, keys().size, ended.steps[0].attempt], [2, 1, 1]);
    });
  });
}

test('credentials of the configuration are sent, and stand in no answer of the API', async () => {
  target.answer = (response, asked) => json({ echo: asked.headers })(response, asked);
  const { execution_id: id } = await platform.post('workflows/service_call-flow/execute', { input: { n: 1 } });
  const ended = await platform.ended(id);
  assert.equal(ended.steps[0].output.body.echo.authorization, 'Bearer ***');
  assert.equal(target.asked.at(-1)?.headers.authorization, 'Bearer shop-secret-token');
  const journal = await platform.get(`executions/${id}/journal`);
  assert.ok(!JSON.stringify([ended, journal]).includes('shop-secret-token'));
});
