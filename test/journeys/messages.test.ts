/** Messages that a real server's steps publish: sent, read and waited for by curl's own means, and kept through a kill. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, before, describe, test } from 'node:test';
import { openPlatform, type PlatformProcess, until } from '../support/platform.ts';

const workflow = (name: string, steps: string): string => `
apiVersion: workflow.magic-flow.io/v2
kind: Workflow
metadata: { name: ${name}, version: 1.0.0 }
spec:
  steps: ${steps}
`;

interface Message {
  readonly position: string;
  readonly message_id: string;
  readonly key: string | null;
  readonly body: { readonly data: { readonly n: number } };
}

describe('messages', () => {
  let platform: PlatformProcess;
  before(async () => {
    platform = await openPlatform({ willBeKilled: true });
    await platform.deploy(
      workflow(
        'order',
        `
    - name: tell
      type: publish
      topic: orders.placed
      key: $.input.customer
      message: { n: $.input.n }
      headers: { tenant: acme }`,
      ),
      workflow('raw', `[{ name: tell, type: message_queue, queue: lines, format: raw, body: "line \${input.n}" }]`),
      workflow(
        'astray',
        `[{ name: tell, type: publish, topic: "\${input.topic}", on_failure: other }, { name: other, type: transform, mapping: { code: $.error.code }, on_success: end }]`,
      ),
      workflow(
        'many',
        `
    - name: each
      type: loop
      iterate_over: range(0, 300)
      parallel: true
      batch_size: 5
      steps:
        - { name: tell, type: publish, topic: many, key: "\${item % 7}", message: { n: $.item }, retry_config: { max_attempts: 5, initial_delay: 10ms } }`,
      ),
    );
  });
  after(() => platform?.close());

  const start = async (name: string, input: object = {}): Promise<string> =>
    (await platform.post(`workflows/${name}/execute`, { input })).execution_id;

  async function readAll(topic: string): Promise<readonly Message[]> {
    const found: Message[] = [];
    for (;;) {
      const after = found.at(-1)?.position;
      const page = await platform.get(
        `topics/${topic}/messages?limit=100${after === undefined ? '' : `&after=${after}`}`,
      );
      if (page.messages.length === 0) return found;
      found.push(...page.messages);
    }
  }

  test('a step publishes, and a reader that waited has the message as a CloudEvent', async () => {
    const reading = platform.get('topics/orders.placed/messages?wait=30s');
    const execution = await platform.ended(await start('order', { n: 1, customer: 'ada' }));
    assert.equal(execution.status, 'completed');
    const { messages, next_after } = await reading;
    const [message] = messages;
    assert.deepEqual(execution.output, {
      message_id: message.message_id,
      topic: 'orders.placed',
      position: next_after,
    });
    assert.deepEqual([message.key, message.headers.tenant], ['ada', 'acme']);
    const { specversion, id, source, type, subject, data } = message.body;
    assert.deepEqual(
      [specversion, id, type, subject, data],
      ['1.0', message.message_id, 'orders.placed', 'tell', { n: 1 }],
    );
    assert.equal(source, `/workspaces/default/executions/${execution.execution_id}`);
    assert.deepEqual((await platform.get('topics')).topics[0]?.topic, 'orders.placed');
  });

  test('a raw message is what the step says and nothing else', async () => {
    await platform.ended(await start('raw', { n: 7 }));
    const { messages } = await platform.get('topics/lines/messages');
    assert.deepEqual([messages[0].body, messages[0].headers['content-type']], ['line 7', 'text/plain; charset=utf-8']);
  });

  test('a topic that an expression got wrong fails the step, which a handler sees', async () => {
    const { status, steps } = await platform.ended(await start('astray', { topic: 'no such/topic' }));
    assert.equal(status, 'completed');
    const other = steps.find(({ name }: { name: string }) => name === 'other');
    assert.deepEqual(other.output, { code: 'TOPIC_INVALID' });
  });

  test('a broker that cannot be reached is tried again, until somebody cancels, and has the message once it can', async () => {
    const apart = await openPlatform();
    try {
      await apart.deploy(
        workflow(
          'patient',
          '[{ name: tell, type: publish, topic: later, retry_config: { max_attempts: 200, backoff_strategy: fixed, initial_delay: 50ms } }]',
        ),
      );
      const release = holdBroker(apart);
      const execute = async (): Promise<string> =>
        (await apart.post('workflows/patient/execute', { input: { n: 1 } })).execution_id;
      const [first, second] = [await execute(), await execute()];
      for (const id of [first, second]) {
        await until(
          async () => {
            const [step] = (await apart.get(`executions/${id}`)).steps;
            return step?.error?.code === 'BROKER_UNREACHABLE' && step.attempt > 1 ? true : undefined;
          },
          { what: 'a retry' },
        );
      }
      await apart.post(`executions/${second}/cancel`, {});
      assert.equal((await apart.ended(second)).status, 'cancelled');
      release();
      assert.equal((await apart.ended(first)).status, 'completed');
      const { messages } = await apart.get('topics/later/messages');
      assert.deepEqual(
        messages.map((message: Message) => message.message_id),
        [`${first}/tell#1`],
      );
    } finally {
      await apart.close();
    }
  });

  test('a broker that hangs lets the step run into its own timeout', async () => {
    const apart = await openPlatform({ willBeKilled: true });
    try {
      await apart.deploy(workflow('timed', '[{ name: tell, type: publish, topic: hung, timeout: 3s }]'));
      // Whoever opens a pipe to write waits for somebody to read it.
      execFileSync('mkfifo', [join(apart.dataDir, 'broker.db')]);
      const { execution_id } = await apart.post('workflows/timed/execute', { input: { n: 1 } });
      const { status, error, steps } = await apart.ended(execution_id);
      assert.deepEqual([status, error.code, steps[0].status], ['failed', 'TIMEOUT', 'timed_out']);
      await apart.kill();
      rmSync(join(apart.dataDir, 'broker.db'));
      await apart.start();
      await apart.post(`executions/${execution_id}/retry`, {});
      assert.equal((await apart.ended(execution_id)).status, 'completed');
    } finally {
      await apart.close();
    }
  });

  test('a broker that fails opens the circuit, which spares it and lets messages through again once it is back', async () => {
    const apart = await openPlatform();
    try {
      await apart.deploy(
        workflow(
          'guarded',
          `[{ name: tell, type: publish, topic: guarded, circuit_breaker: { failure_threshold: 2, recovery_timeout: 1s } }]`,
        ),
      );
      const run = async () =>
        apart.ended((await apart.post('workflows/guarded/execute', { input: { n: 1 } })).execution_id);
      const release = holdBroker(apart);
      for (const code of ['BROKER_UNREACHABLE', 'BROKER_UNREACHABLE', 'CIRCUIT_OPEN']) {
        assert.equal((await run()).error.code, code);
      }
      release();
      await until(async () => ((await run()).status === 'completed' ? true : undefined), { what: 'a closed circuit' });
      assert.equal((await apart.get('topics/guarded/messages')).messages.length, 1);
    } finally {
      await apart.close();
    }
  });

  test('a step that names the configured broker publishes to it; any other name is told when it is deployed', async () => {
    for (const [place, lines] of ['broker: embedded', 'connection: embedded'].entries()) {
      await platform.deploy(workflow(`named-${place}`, `[{ name: tell, type: publish, topic: named, ${lines} }]`));
      assert.equal((await platform.ended(await start(`named-${place}`))).status, 'completed');
    }
    const bad = workflow('named-2', '[{ name: tell, type: publish, topic: named, connection: bus }]');
    const { status, body } = await platform.call('POST /api/v1/workflows', { body: bad });
    assert.equal(status, 422);
    const [{ code, pointer, message }] = (body as { errors: [{ code: string; pointer: string; message: string }] })
      .errors;
    assert.deepEqual([code, pointer], ['VALUE_INVALID', '/spec/steps/0/connection']);
    assert.match(message, /embedded/);
  });

  test('a server killed while it publishes 300 messages loses none, and each is there once, with its key', async () => {
    const execution = await start('many');
    await until(async () => ((await readAll('many')).length >= 40 ? true : undefined), { what: 'the first messages' });
    await platform.kill();
    await platform.start();
    const { status, output } = await platform.ended(execution, 60_000);
    assert.deepEqual([status, output.succeeded, output.failed], ['completed', 300, 0]);
    const messages = await readAll('many');
    assert.deepEqual(
      messages.map(({ body }) => body.data.n).sort((a, b) => a - b),
      Array.from({ length: 300 }, (_, n) => n),
    );
    assert.ok(messages.every(({ key, body }) => Number(key) === body.data.n % 7));
    assert.equal(new Set(messages.map(({ message_id }) => message_id)).size, 300);
  });
});

/** Keeps the broker of a server that has not used it yet from opening its file. */
function holdBroker({ dataDir }: PlatformProcess): () => void {
  const holder = new DatabaseSync(join(dataDir, 'broker.db'));
  holder.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; CREATE TABLE held (a)');
  return () => holder.close();
}
