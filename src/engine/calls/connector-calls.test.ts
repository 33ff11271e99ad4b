import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Json } from '../../kit/json.ts';
import { type Connector, type ConnectorCall, StepFailure } from '../../steps/connector.ts';
import { makeEngine, type NodeOptions, restarted } from '../make-engine.ts';

const token = 'k-7 secret/value';
const httpStep = `steps:
  - name: ask
    type: http
    url: "\${'https://api.example.com/' + $.input.path}"
    headers: { authorization: "Bearer \${secrets.api-key}" }
    retry_config: { max_attempts: 1 }`;

async function run(connector: Connector, options: NodeOptions = {}, spec = httpStep) {
  const secret = (_: string, name: string): string | undefined => (name === 'api-key' ? token : undefined);
  const node = await makeEngine({ connectors: { http: connector }, secret, ...options });
  await node.deploy(spec);
  const id = await node.start({ path: 'x' });
  await node.clock.settle();
  return { node, id, state: await node.state(id) };
}

describe('a step that the server carries out', () => {
  test('gets its request with expressions and secrets in place, and its answer is the output', async () => {
    let seen: ConnectorCall | undefined;
    const { id, state } = await run({
      run: async (call) => {
        seen = call;
        return { ok: true };
      },
    });
    assert.deepEqual(
      [seen?.request['url'], seen?.request['headers']],
      ['https://api.example.com/x', { authorization: `Bearer ${token}` }],
    );
    assert.deepEqual(
      [seen?.executionId, seen?.step, seen?.attempt, seen?.idempotencyKey, seen?.workspace],
      [id, 'ask', 1, `${id}/ask#1`, 'default'],
    );
    assert.deepEqual([state.status, state.steps.get('ask')?.kind], ['completed', 'http']);
    assert.deepEqual(state.steps.get('ask')?.output, { ok: true });
  });

  test('leaves no secret in the journal, whatever the service sends back', async () => {
    const echoes: ((call: ConnectorCall) => Promise<Json>)[] = [
      async () => ({ [token]: token, url: encodeURIComponent(token), basic: Buffer.from(token).toString('base64') }),
      async () => {
        throw new StepFailure('HTTP_401', `refused ${token}`, { details: { sent: token }, retryable: false });
      },
    ];
    for (const echo of echoes) {
      const { node, id } = await run({ run: echo });
      const journal = JSON.stringify(await node.engine.executions.journal('default', id, { after: 0, limit: 100 }));
      for (const form of [token, encodeURIComponent(token), Buffer.from(token).toString('base64')]) {
        assert.ok(!journal.includes(form), `the journal holds ${form}`);
      }
      assert.ok(journal.includes('***'));
    }
  });

  test('leaves out what the connector itself names as a secret, in every form that an answer may have', async () => {
    const configured = 'pass "word"/7';
    const { node, id } = await run({
      run: async (call) => {
        call.hide(configured);
        call.hide(`bot:${configured}`);
        return {
          text: JSON.stringify({ told: configured }),
          url: encodeURIComponent(configured),
          basic: Buffer.from(`bot:${configured}`).toString('base64'),
        };
      },
    });
    assert.deepEqual((await node.state(id)).steps.get('ask')?.output, {
      text: '{"told":"***"}',
      url: '***',
      basic: '***',
    });
  });

  test('leaves out a secret that came back from an address or a form, and one that holds another', async () => {
    const written = "it's 100 /(safe)!";
    const query = new URLSearchParams({ key: written }).toString();
    const { node, id } = await run({
      run: async (call) => {
        call.hide('safe');
        call.hide(written);
        const { search } = new URL(`http://host/?key=${written}`);
        return { query, search, path: encodeURI(written), text: `not ${written}, but safe` };
      },
    });
    assert.deepEqual((await node.state(id)).steps.get('ask')?.output, {
      query: 'key=***',
      search: '?key=***',
      path: '***',
      text: 'not ***, but ***',
    });
  });

  test('is told what the attempt before failed with, in another process too', async () => {
    const told: (ConnectorCall['lastError'] | 'nothing')[] = [];
    const connector: Connector = {
      run: async ({ lastError }) => {
        told.push(lastError ?? 'nothing');
        if (told.length === 2) return new Promise(() => undefined);
        if (told.length > 3) return null;
        throw new StepFailure(`TRY_${told.length}`, 'not yet', { details: { delivered: [told.length] } });
      },
    };
    const spec = httpStep.replace('max_attempts: 1', 'max_attempts: 5, initial_delay: 1s, jitter: false');
    const { node, id } = await run(connector, {}, spec);
    await node.clock.advance(1_000);
    const secret = (): string => token;
    const next = await restarted(node, { connectors: { http: connector }, secret });
    await next.clock.advance(10_000);
    assert.equal((await next.state(id)).status, 'completed');
    assert.deepEqual(
      told.map((each) => (each === 'nothing' ? each : [each?.code, each?.details])),
      ['nothing', ['TRY_1', { delivered: [1] }], ['TRY_1', { delivered: [1] }], ['TRY_3', { delivered: [3] }]],
    );
  });

  test('that names a secret which is not there fails at once, by name', async () => {
    const { state } = await run({ run: async () => null }, { secret: () => undefined });
    assert.deepEqual([state.status, state.error?.code], ['failed', 'SECRET_NOT_FOUND']);
    assert.match(state.error?.message ?? '', /"api-key"/);
  });

  test('times out after a minute where it sets no timeout, and is told to stop', async () => {
    let signal: AbortSignal | undefined;
    const { node, id } = await run({
      run(call) {
        signal = call.signal;
        return new Promise(() => undefined);
      },
    });
    await node.clock.advance(61_000);
    await node.clock.settle();
    const { status, error } = await node.state(id);
    assert.deepEqual([status, error?.code, signal?.aborted], ['failed', 'TIMEOUT', true]);
  });

  test('shares a breaker with every step that calls the same host', async () => {
    const spec = `steps:
  - { name: a, type: http, url: "https://down.example.com/a", circuit_breaker: { failure_threshold: 1 }, on_failure: b }
  - { name: b, type: http, url: "https://down.example.com/b", circuit_breaker: { failure_threshold: 1 } }`;
    let calls = 0;
    const { state } = await run(
      {
        run: async () => {
          calls += 1;
          throw new StepFailure('HTTP_503', 'down');
        },
      },
      {},
      spec,
    );
    assert.deepEqual([calls, state.error?.code], [1, 'CIRCUIT_OPEN']);
  });

  test('that never left says nothing of its target: no breaker counts it, and a probe may follow it', async () => {
    const spec = `steps:
  - { name: call, type: http, url: "https://a.example.com/", retry_config: { max_attempts: 1 },
      circuit_breaker: { failure_threshold: 2, recovery_timeout: 10s } }`;
    const codes = ['URL_INVALID', 'URL_INVALID', 'URL_INVALID', 'HTTP_503', 'HTTP_503', 'OUTBOUND_REFUSED', 'done'];
    let calls = 0;
    const connector: Connector = {
      run: async () => {
        const code = codes[calls] ?? 'done';
        calls += 1;
        if (code !== 'done') throw new StepFailure(code, code, { retryable: false });
        return null;
      },
    };
    const { node, state } = await run(connector, {}, spec);
    const outcomes = [state.error?.code];
    const runAgain = async (): Promise<void> => {
      const id = await node.start({});
      await node.clock.settle();
      const { status, error } = await node.state(id);
      outcomes.push(error?.code ?? status);
    };
    for (let count = 0; count < 5; count += 1) await runAgain();
    await node.clock.advance(10_000);
    for (let count = 0; count < 2; count += 1) await runAgain();
    assert.deepEqual(outcomes, [...codes.slice(0, 5), 'CIRCUIT_OPEN', 'OUTBOUND_REFUSED', 'completed']);
  });
});
