/** Steps of type `transform` by `script`, in the real program: every way they end, and a crash in the middle. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { openPlatform, type PlatformProcess, until } from '../support/platform.ts';

const workflow = (name: string, steps: string): string => `apiVersion: magicflow.io/v2
kind: Workflow
metadata: {name: ${name}, version: 1.0.0}
spec:
  steps:
${steps.replaceAll(/^/gm, '    ')}`;

const total = workflow(
  'total',
  `- name: sum
  type: transform
  input: $.input.items
  params: {rate: "\${input.rate ?? 1}"}
  script: |
    const net = input.reduce((sum, item) => sum + item.price * item.quantity, 0);
    return { net, gross: net * params.rate };
  output: {net: $.response.net, gross: "\${round($.response.gross, 2)}"}`,
);
const strict = workflow(
  'strict',
  `- name: check
  type: transform
  script: |
    if (!input.email) {
      throw Object.assign(new Error("no email"), { code: "EMAIL_MISSING" });
    }
    return input.email;
  on_failure: report
- {name: report, type: transform, mapping: {code: $.error.code, stack: $.error.details.stack}, on_success: end}`,
);
const endless = workflow('endless', '- {name: spin, type: transform, script: "for (;;) {}", timeout: 300ms}');
const slow = workflow(
  'slow',
  `- name: draw
  type: transform
  script: |
    for (let round = 0; round < input.rounds; round += 1) Math.random();
    return { drawn: [Math.random(), Math.random()], at: Date.now() };`,
);

let platform: PlatformProcess;
before(async () => {
  platform = await openPlatform({ willBeKilled: true });
  for (const text of [total, strict, endless, slow]) await platform.deploy(text);
});
after(() => platform.close());

const start = async (name: string, input: unknown): Promise<string> =>
  (await platform.post(`workflows/${name}/execute`, { input })).execution_id;

describe('a script step', () => {
  test('makes its output from input and params, and its output mapping follows', async () => {
    const input = { items: [{ price: 10, quantity: 2 }], rate: 1.195 };
    const { status, output, steps } = await platform.ended(await start('total', input));
    assert.deepEqual([status, output, steps[0].type], ['completed', { net: 20, gross: 23.9 }, 'transform']);
  });

  test('that throws leads where failures lead, with its code and its lines', async () => {
    const { status, output } = await platform.ended(await start('strict', {}));
    assert.deepEqual([status, output.code, output.stack], ['completed', 'EMAIL_MISSING', ['line 2, column 27']]);
  });

  test("ends at the step's own timeout as any step does", async () => {
    const { status, error } = await platform.ended(await start('endless', {}));
    assert.deepEqual([status, error.code], ['failed', 'TIMEOUT']);
  });

  test('is tried again where it ran out of time, and not where it would throw again', async () => {
    const policy = 'retry_config: {max_attempts: 3, backoff: fixed, initial_delay: 10ms}';
    await platform.deploy(
      workflow('again', `- {name: spin, type: transform, script: "for (;;) {}", timeout: 200ms, ${policy}}`),
      workflow('once', `- {name: throw, type: transform, script: "throw new Error('no')", ${policy}}`),
    );
    const late = await platform.ended(await start('again', {}));
    assert.deepEqual([late.error.code, late.steps[0].attempt], ['TIMEOUT', 3]);
    const thrown = await platform.ended(await start('once', {}));
    assert.deepEqual([thrown.error.code, thrown.steps[0].attempt], ['SCRIPT_ERROR', 1]);
  });

  test('that is cancelled ends the execution, and the next one runs', async () => {
    const id = await start('slow', { rounds: 1e9 });
    await platform.post(`executions/${id}/cancel`);
    assert.equal((await platform.ended(id)).status, 'cancelled');
    assert.equal((await platform.ended(await start('total', { items: [] }))).status, 'completed');
  });

  test('that a crash interrupts is run again and gives what it would have given', async () => {
    const id = await start('slow', { rounds: 2e4 });
    await platform.kill();
    await platform.start();
    const ended = await platform.ended(id, 60_000);
    assert.equal(ended.status, 'completed');
    const { at, seed, input } = ended.steps[0].input;
    assert.deepEqual([input, ended.output.at], [{ rounds: 2e4 }, Date.parse(at)]);
    assert.ok(seed >= 0 && seed < 1);
    assert.notEqual(ended.output.drawn[0], ended.output.drawn[1]);
  });

  test('that cannot be read is refused at deploy, with its line and column in the text', async () => {
    const text = workflow('bad', '- name: a\n  type: transform\n  script: |\n    const x = 1;\n    return x x;');
    const { status, body } = await platform.call('POST /api/v1/workflows', { body: text });
    assert.equal(status, 422);
    const [{ code, pointer, line, column }] = body.errors;
    assert.deepEqual([code, pointer, line, column], ['SCRIPT_INVALID', '/spec/steps/0/script', 10, 18]);
  });
});

test('the journal holds what a script was given, once', async () => {
  const id = await start('total', { items: [{ price: 1, quantity: 1 }] });
  const events = await until(
    async () => {
      const { events: all } = await platform.get(`executions/${id}/journal`);
      return all.some(({ type }: { type: string }) => type === 'execution.closed') ? all : undefined;
    },
    { what: 'the end of the execution' },
  );
  const scheduled = events.find(({ type }: { type: string }) => type === 'step.scheduled');
  assert.match(JSON.stringify(scheduled), /"at":"20.+"seed":0?\.\d+/);
});
