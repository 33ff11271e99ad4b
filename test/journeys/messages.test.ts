/** Messages that a real server's steps publish: sent, read and waited for by curl's own means, and kept through a kill. */
import assert from 'node:assert/strict';
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
      const holder = new DatabaseSync(join(apart.dataDir, 'broker.db'));
      holder.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; CREATE TABLE held (a)');
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
      holder.close();
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
