import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { systemClock } from '../../kit/clock.ts';
import type { Json } from '../../kit/json.ts';
import { type Connector, StepFailure } from '../connector.ts';
import { openScriptConnector } from './script-connector.ts';
import { logLineMax, logLinesMax, memoryBytesMax, runMsMax, stopGraceMs, valueTextMax } from './script-limits.ts';

const scripts: Connector = await openScriptConnector({ clock: systemClock });
after(() => scripts.close?.());

interface Given {
  readonly input?: Json;
  readonly params?: Json;
  readonly at?: string;
  readonly seed?: number;
  readonly workspace?: string;
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

function run(script: string, given: Given = {}): Promise<Json> {
  const { input = null, params = {}, at = '2026-01-31T09:00:00.000Z', seed = 0.25, timeoutMs } = given;
  return scripts.run({
    workspace: given.workspace ?? 'default',
    executionId: 'exec_1',
    step: 'a',
    attempt: 1,
    idempotencyKey: 'exec_1/a#1',
    request: { input, params, at, seed },
    settings: { script },
    deadlineAt: timeoutMs === undefined ? undefined : systemClock.nowMs() + timeoutMs,
    signal: given.signal ?? new AbortController().signal,
    traceparent: '',
    lastError: undefined,
    hide: () => undefined,
  });
}

async function failureOf(script: string, given: Given = {}): Promise<StepFailure> {
  try {
    await run(script, given);
  } catch (error) {
    if (error instanceof StepFailure) return error;
    throw error;
  }
  return assert.fail(`no failure: ${script}`);
}

const codeOf = async (script: string, given?: Given): Promise<string> => (await failureOf(script, given)).code;

function watch(promise: Promise<unknown>): { readonly isSettled: boolean } {
  const watched = { isSettled: false };
  const settle = (): void => {
    watched.isSettled = true;
  };
  promise.then(settle, settle);
  return watched;
}

describe('a script', () => {
  test('is a function of input and params whose value is the output', async () => {
    assert.equal(await run('return input.n * params.rate', { input: { n: 4 }, params: { rate: 2.5 } }), 10);
    assert.deepEqual(await run('const twice = (x) => 2 * x;\nreturn { list: input.map(twice) }', { input: [1, 2] }), {
      list: [2, 4],
    });
  });

  test('that returns nothing, a function or no number gives null', async () => {
    for (const script of ['', 'return', 'return () => 1', 'return Symbol("x")', 'return 0 / 0']) {
      assert.equal(await run(script), null, script);
    }
  });

  test('gives JSON as JSON does: dates as text, members that are undefined left out, "__proto__" as a name', async () => {
    assert.deepEqual(await run('return { at: new Date(0), no: undefined, list: [undefined] }'), {
      at: '1970-01-01T00:00:00.000Z',
      list: [null],
    });
    const output = await run('return JSON.parse(\'{"__proto__": {"a": 1}}\')');
    assert.deepEqual(Object.keys(output as object), ['__proto__']);
    assert.equal(({} as { a?: unknown }).a, undefined);
  });

  test('sees one time and one row of random numbers, which its request holds', async () => {
    const script =
      'return [Date.now(), new Date().toISOString(), Math.random(), Math.random(), new Date(2026, 0, 1).getTimezoneOffset()]';
    const first = (await run(script)) as Json[];
    assert.deepEqual(first.slice(0, 2), [Date.parse('2026-01-31T09:00:00.000Z'), '2026-01-31T09:00:00.000Z']);
    assert.equal(first[4], 0);
    assert.notEqual(first[2], first[3]);
    assert.deepEqual(await run(script), first);
    assert.notDeepEqual(await run(script, { seed: 0.5 }), first);
  });

  test('finds nothing that an earlier run has left, be it of the same script', async () => {
    const script =
      'globalThis.seen = (globalThis.seen ?? 0) + 1; Array.prototype.map = () => "mine"; return [seen, [1].map(String)]';
    for (let round = 0; round < 5; round += 1) {
      assert.deepEqual(await run(script), [1, 'mine']);
      assert.deepEqual(await run('return [typeof seen, [1].map(String)]'), ['undefined', ['1']]);
    }
  });
});

describe('a script that throws', () => {
  test('fails with SCRIPT_ERROR, its message, and its own lines', async () => {
    const error = await failureOf('const deep = () => {\n  throw new TypeError("no such order");\n};\ndeep();');
    assert.deepEqual([error.code, error.message, error.retryable], ['SCRIPT_ERROR', 'no such order', false]);
    assert.deepEqual(error.details, { stack: ['deep (line 2, column 13)', 'line 4, column 1'] });
  });

  test('gives the columns of its first line as they are written', async () => {
    const { details } = await failureOf('null.x');
    assert.match(JSON.stringify(details), /line 1, column [1-6]"/);
  });

  test('keeps the code and the details of its error', async () => {
    const error = await failureOf(
      'throw Object.assign(new Error("out"), { code: "STOCK_OUT", details: { sku: "a" } })',
    );
    assert.equal(error.code, 'STOCK_OUT');
    assert.equal((error.details as { sku?: Json }).sku, 'a');
    assert.equal(await codeOf('throw Object.assign(new Error("x"), { code: "no code at all" })'), 'SCRIPT_ERROR');
  });

  test('shows the last that it wrote to its console, bounded', async () => {
    const { details } = await failureOf('console.log("order", { id: 5 }); console.error([1]); throw new Error("x")');
    assert.deepEqual((details as { logs?: Json }).logs, ['order {"id":5}', '[1]']);
    const many = await failureOf('for (let i = 0; i < 200; i++) console.log(i, "x".repeat(1e4)); throw new Error("x")');
    const { logs } = many.details as { logs: string[] };
    assert.deepEqual([logs.length, logs[0]?.slice(0, 5), logs.at(-1)?.length], [logLinesMax, '150 x', logLineMax]);
  });

  test('may throw anything', async () => {
    const messages = await Promise.all(
      ['throw "text"', 'throw null', 'throw { a: 1 }', 'throw Symbol("s")', 'throw { get message() { throw 1 } }'].map(
        async (script) => (await failureOf(script)).message,
      ),
    );
    assert.deepEqual(messages, ['text', 'null', '{"a":1}', 'Symbol(s)', 'the script threw what cannot be shown']);
  });

  test('or that awaits what never comes fails with what to do', async () => {
    assert.match((await failureOf('return new Promise(() => {})')).message, /return the value itself/);
    assert.match((await failureOf('return (async () => 1)()')).message, /return the value itself/);
  });

  test('or that the engine cannot read fails with SCRIPT_INVALID', async () => {
    const error = await failureOf('return ]');
    assert.deepEqual([error.code, error.retryable], ['SCRIPT_INVALID', false]);
  });
});

describe('the bounds of a script', () => {
  test(`a value of ${valueTextMax} characters goes in and comes out, not one more`, async () => {
    const frame = '{"input":"","params":{}}'.length;
    const fits = 'x'.repeat(valueTextMax - frame);
    assert.equal(await run('return input.length', { input: fits }), fits.length);
    assert.equal(await codeOf('return 1', { input: `${fits}x` }), 'SCRIPT_INPUT_TOO_LARGE');
    assert.equal(((await run(`return "x".repeat(${valueTextMax - 2})`)) as string).length, valueTextMax - 2);
    assert.equal(await codeOf(`return "x".repeat(${valueTextMax - 1})`), 'SCRIPT_OUTPUT_TOO_LARGE');
  });

  test(`memory of ${memoryBytesMax} bytes`, async () => {
    assert.equal(await run('return new Uint8Array(24 * 1024 * 1024).length'), 24 * 1024 * 1024);
    assert.equal(await codeOf('return new Uint8Array(40 * 1024 * 1024).length'), 'SCRIPT_MEMORY');
    assert.equal(await codeOf('const all = []; for (;;) all.push(new Uint8Array(1e6))'), 'SCRIPT_MEMORY');
  });

  test('recursion ends as an error of the script', async () => {
    assert.equal(await codeOf('const f = () => f(); return f()'), 'SCRIPT_ERROR');
    assert.equal(await codeOf('return JSON.parse("[".repeat(1e5))'), 'SCRIPT_ERROR');
    assert.equal(await run('return 1'), 1);
  });

  test(`${runMsMax} ms, after which it is stopped and the next one runs`, async () => {
    const start = performance.now();
    const error = await failureOf('while (true) {}');
    const tookMs = performance.now() - start;
    assert.deepEqual([error.code, error.retryable], ['SCRIPT_TIMEOUT', true]);
    assert.ok(tookMs >= runMsMax - 5 && tookMs < runMsMax + 5 * stopGraceMs, `${tookMs} ms`);
    assert.equal(await run('return 1'), 1);
  });

  test('a shorter timeout of the step stops it too, and is left to the engine to tell', async () => {
    const stopped = watch(run('while (true) {}', { timeoutMs: 100 }));
    await run('return 1', { workspace: 'other' });
    const start = performance.now();
    // Behind the endless one on every thread: they begin once it was stopped.
    await Promise.all(Array.from({ length: 20 }, () => run('return 1')));
    assert.ok(performance.now() - start < runMsMax);
    assert.equal(stopped.isSettled, false);
  });
});

describe('scripts of several workspaces', () => {
  test('one that hangs on all it may leaves room for another at once', async () => {
    const hanging = Array.from({ length: 4 }, () => codeOf('while (true) {}', { workspace: 'loud' }));
    await run('return 1', { workspace: 'quiet' });
    for (let round = 0; round < 5; round += 1) {
      const start = performance.now();
      assert.equal(await run('return 1', { workspace: 'quiet' }), 1);
      assert.ok(performance.now() - start < runMsMax / 2);
    }
    assert.deepEqual(new Set(await Promise.all(hanging)), new Set(['SCRIPT_TIMEOUT']));
  });

  test('one that was taken back before it began never runs', async () => {
    const abort = new AbortController();
    for (let each = 0; each < 8; each += 1) void run('while (true) {}', { timeoutMs: 200 });
    const takenBack = watch(run('return 1', { signal: abort.signal }));
    abort.abort();
    await run('return 1');
    assert.equal(takenBack.isSettled, false);
  });
});
