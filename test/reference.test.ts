/** The reference of the steps is what the parser reads, and every sample of it runs. */
import assert from 'node:assert/strict';
import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { aboutSteps } from '../dev/reference/about-steps.ts';
import { referencePages, sampleOf } from '../dev/reference/pages.ts';
import { type ErrorCode, errorCodes, isRetryable } from '../src/core/errors.ts';
import { functionNames } from '../src/expression/functions/table.ts';
import { evaluate } from '../src/expression/make-scope.ts';
import type { Json, JsonObject } from '../src/kit/json.ts';
import { type LibraryEngine, openEngine } from '../src/library.ts';
import { parseDocuments } from '../src/model/parse.ts';
import { allSteps } from '../src/model/step-lists.ts';
import { stepTypes } from '../src/model/steps/types.ts';
import { type GrpcTarget, openGrpcTarget } from './support/grpc-target.ts';
import { type HttpTarget, json, openHttpTarget } from './support/http-target.ts';
import { until } from './support/platform.ts';

const root = new URL('../', import.meta.url);
const pages = referencePages();

describe('the reference of the steps', () => {
  test('has a page for every type, which is up to date', () => {
    for (const [name, text] of pages) {
      const path = `docs/reference/steps/${name}`;
      assert.equal(readFileSync(new URL(path, root), 'utf8'), text, `${path}: run node dev/reference.ts`);
    }
    const files = globSync('docs/reference/steps/*.md', { cwd: root.pathname }).map((path) => path.split('/').at(-1));
    assert.deepEqual(files.sort(), pages.map(([name]) => name).sort());
    assert.deepEqual(Object.keys(aboutSteps).sort(), stepTypes.map(({ name }) => name).sort());
  });

  test('says of every field what it does', () => {
    for (const [name, text] of pages) {
      const empty = text.split('\n').filter((line) => line.startsWith('| `') && /\|\s*\|$/.test(line));
      assert.deepEqual(empty, [], name);
    }
  });

  test('names no error that the code does not know', () => {
    const source = globSync('src/**/*.ts', { cwd: root.pathname })
      .filter((path) => !/\.(test|conformance)\.ts$/.test(path))
      .map((path) => readFileSync(new URL(path, root), 'utf8'))
      .join('\n');
    const codes = Object.values(aboutSteps).flatMap(({ errors }) => errors.map(([code]) => code));
    const named = codes.filter((code) => /^[A-Z_]+$/.test(code));
    assert.ok(named.length > 40);
    assert.deepEqual(
      named.filter((code) => !new RegExp(`\\b${code}\\b`).test(source)),
      [],
    );
  });

  test('leads to no guide and no page that is not there', () => {
    for (const [name, text] of pages) {
      for (const [, target = ''] of text.matchAll(/\]\(([^)#]+)[^)]*\)/g)) {
        const url = new URL(target, new URL(`docs/reference/steps/${name}`, root));
        assert.doesNotThrow(() => readFileSync(url), `${name} leads to ${target}`);
      }
    }
  });
});

const asJson = (value: Json): unknown => JSON.parse(JSON.stringify(value));

interface Run {
  readonly input: JsonObject;
  /** By `executor.function`. */
  readonly functions?: Readonly<Record<string, (input: Json) => Json>>;
  /** While it waits. */
  during?(engine: LibraryEngine, executionId: string): Promise<void>;
  readonly ends: Json | ((output: Json) => void);
}

const scene: { target?: HttpTarget; grpc?: GrpcTarget } = {};

const runs: Readonly<Record<string, () => Run>> = {
  function: () => ({
    input: { total: 30, order: 'o-1' },
    functions: { 'payments.charge': (input) => ({ paid: (input as { amount: number }).amount }) },
    ends: { paid: 30 },
  }),
  transform: () => ({ input: { net: 10, text: 'one two' }, ends: { gross: 11.9, words: 2 } }),
  condition: () => ({ input: { weight: 3, express: true }, ends: { by: 'courier' } }),
  parallel: () => ({
    input: {},
    functions: { 'warehouse.stock': () => ({ amount: 4 }), 'bank.score': () => ({ score: 700 }) },
    ends: { stock: { amount: 4 }, credit: { ok: true } },
  }),
  wait: () => ({
    input: { order: 'o-1' },
    async during(engine, executionId) {
      const signal = { type: 'signal', name: 'payment', key: 'o-1' } as const;
      await engine.operate(executionId, { ...signal, payload: { amount: 5 } });
      await engine.operate(executionId, { ...signal, payload: { amount: 15 } });
    },
    ends: { amount: 15 },
  }),
  fail: () => ({ input: { hour: 9 }, ends: {} }),
  http: () => ({ input: { customer: 'ada', total: 3 }, ends: { invoice: 'i-1' } }),
  grpc: () => ({
    input: { id: 'o-1', address: `127.0.0.1:${scene.grpc?.port}` },
    ends: (output) => assert.equal((output as { id: string }).id, 'o-1'),
  }),
  database: () => ({ input: { sku: 'a', amount: 4 }, ends: { amount: 4 } }),
  publish: () => ({
    input: { customer: 'ada', order: 'o-1', total: 3 },
    ends: (output) => {
      const { topic, position } = output as { topic: string; position: string };
      assert.deepEqual([topic, position], ['orders.placed', '1']);
    },
  }),
  notify: () => ({
    input: { sku: 'a', amount: 1 },
    ends: () => assert.equal(scene.target?.asked.at(-1)?.body, '{"text":"stock of a is down to 1"}'),
  }),
  webhook: () => ({
    input: { callback: `${scene.target?.url}/back`, order: 'o-1' },
    ends: () => assert.match(String(scene.target?.asked.at(-1)?.headers['webhook-signature']), /^v1,/),
  }),
  validate: () => ({ input: { customers: [{ email: 'a@b.c', age: 3 }, { age: 30 }] }, ends: { valid: false } }),
  aggregate: () => ({
    input: { sales: [1, 2, 3].map((amount) => ({ region: 'eu', amount })) },
    ends: (output) => {
      const regions = [{ region: 'eu', sold: 3, total: 6, p90: 2.8 }];
      assert.deepEqual(asJson(output), { regions });
    },
  }),
  loop: () => ({
    input: { customers: ['a', 'b'] },
    functions: { 'mailer.send': (input) => input },
    ends: { results: [{ to: 'a' }, { to: 'b' }], succeeded: 2, failed: 0, errors: [] },
  }),
  workflow: () => ({ input: { user: 'ada' }, ends: { text: 'hello ada' } }),
  human_task: () => ({
    input: { amount: 3 },
    async during(engine) {
      const { humanTasks } = engine.engine;
      const task = await until(
        async () => (await humanTasks.list({ workspace: 'default', status: ['open'], limit: 1 })).rows[0],
        { what: 'the task' },
      );
      const person = { workspace: 'default', name: 'eve', isOperator: false };
      await humanTasks.complete(person, task.humanTaskId, { answer: { ok: true }, outcome: undefined });
    },
    ends: { ok: true, by: 'eve' },
  }),
};

describe('the samples of the reference', () => {
  const folder = mkdtempSync(join(tmpdir(), 'magicflow-reference-'));
  let engine: LibraryEngine;
  before(async () => {
    scene.target = await openHttpTarget(json({ id: 'i-1' }));
    scene.grpc = await openGrpcTarget();
    engine = await openEngine({
      storage: 'memory:',
      databasesFolder: folder,
      outbound: { allow: ['127.0.0.1'] },
      services: { billing: { baseUrl: scene.target.url } },
      connections: {
        shop: { type: 'sqlite', path: 'shop.db' },
        ops: { type: 'slack', url: `${scene.target.url}/slack` },
      },
      secrets: { callback: 'callback-secret' },
    });
  });
  after(async () => {
    await engine?.close();
    await scene.target?.close();
    scene.grpc?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  for (const { name } of stepTypes) {
    test(`${name}: is deployed without a warning, runs, and has a step of the type`, { timeout: 30_000 }, async () => {
      const text = sampleOf(name);
      const { workflows, diagnostics } = parseDocuments(text);
      assert.deepEqual(diagnostics, []);
      const definition = workflows.at(-1)?.definition ?? assert.fail('no workflow');
      const types = [...allSteps(definition.steps)].map((step) =>
        step.type === 'connector' ? step.connector : step.type,
      );
      assert.ok(types.includes(name as (typeof types)[number]));
      const run = (runs[name] ?? assert.fail(`nobody runs the sample of ${name}`))();
      for (const [place, answer] of Object.entries(run.functions ?? {})) {
        const [executor = '', functionName = ''] = place.split('.');
        engine.executor(executor).register(functionName, async (input) => answer(input));
      }
      await engine.deploy(text);
      const { execution_id } = await engine.start(workflows.at(-1)?.name ?? '', run.input);
      await run.during?.(engine, execution_id);
      const ended = await engine.result(execution_id, { timeoutMs: 20_000 });
      assert.equal(ended?.status, 'completed', JSON.stringify(ended?.error));
      if (typeof run.ends === 'function') run.ends(ended.output);
      else assert.deepEqual(asJson(ended.output), run.ends);
    });
  }
});

describe('the guide on errors', () => {
  const guide = readFileSync(new URL('docs/guides/errors.md', root), 'utf8');

  test('names every code of the platform, says what it means in the same words, and whether it is tried again', () => {
    const rows = [...guide.matchAll(/^\| `([A-Z_]+)` \| (yes|no|) ?\| (.+) \|$/gm)].map(
      ([, code = '', again, says = '']) => ({
        code,
        again,
        says: says.replaceAll('`', ''),
      }),
    );
    assert.deepEqual(rows.map(({ code }) => code).sort(), Object.keys(errorCodes).sort());
    for (const { code, again, says } of rows) {
      assert.ok(says.startsWith(errorCodes[code as ErrorCode]), `${code}: ${says}`);
      if (again !== '') assert.equal(isRetryable({ code, message: '' }), again === 'yes', code);
    }
  });

  test('books a journey and undoes it, as it says', async () => {
    const [, text = ''] = /```yaml\n(apiVersion:.*?)```/s.exec(guide) ?? [];
    const engine = await openEngine({ storage: 'memory:' });
    const called: string[] = [];
    for (const [executor, functionName] of [
      ['airline', 'book'],
      ['airline', 'cancel'],
      ['hotels', 'book'],
      ['hotels', 'cancel'],
    ] as const) {
      engine.executor(executor).register(functionName, async (input) => {
        called.push(`${executor}.${functionName}`);
        if (executor === 'hotels' && functionName === 'book')
          throw Object.assign(new Error('no room'), { code: 'FULL' });
        if (functionName === 'cancel') assert.deepEqual(asJson(input), { booking: 'b-1' });
        return { booking: 'b-1' };
      });
    }
    await engine.deploy(text);
    const { status, error } = await engine.execute('travel', {});
    await engine.close();
    assert.deepEqual([status, error?.code], ['compensated', 'FULL']);
    assert.deepEqual(called, ['airline.book', 'hotels.book', 'airline.cancel']);
  });
});

test('every example of the guide on expressions gives what stands beside it, and no function is without one', () => {
  const guide = readFileSync(new URL('docs/guides/expressions.md', root), 'utf8');
  const [, roots = ''] = /```json\n(.*?)```/s.exec(guide) ?? [];
  const rows = [...guide.matchAll(/^\| `(.+?)` \| `(.+?)` \|/gm)].map(
    ([, text = '', gives = '']) => [text, gives] as const,
  );
  assert.ok(rows.length > 60);
  for (const [text, gives] of rows) {
    assert.deepEqual(evaluate(text, JSON.parse(roots) as JsonObject), JSON.parse(gives), text);
  }
  const missing = functionNames.filter((name) => !rows.some(([text]) => text.includes(`${name}(`)));
  assert.deepEqual(missing, ['secret'], 'a secret has no value here');
  assert.match(guide, /`secret\("key"\)`/);
});
