/** What scripts try: none reaches the host, every one is stopped, and the one after it finds everything as it was. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, describe, test } from 'node:test';
import { type GuestAnswer, openGuest } from '../../src/steps/script/guest.ts';
import { openScriptPool } from '../../src/steps/script/script-pool.ts';
import { compileWasm } from '../../src/steps/script/web-assembly.ts';
import { escapes } from './sandbox-escapes.ts';
import { hangs } from './sandbox-hangs.ts';

const module = await compileWasm(readFileSync(new URL(import.meta.resolve('quickjs-wasi/quickjs.wasm'))));
const text = JSON.stringify({ input: { list: [1, 2] }, params: { name: 'x' } });
const control = 'return [input.list.map((x) => x + 1), Object.keys(params), typeof polluted, {}.polluted ?? null]';
const intact = '[[2,3],["name"],"undefined",null]';

describe('getting out', () => {
  const reached: string[] = [];
  const host = globalThis as { hostCanary?: (from: unknown) => void };
  host.hostCanary = (from) => reached.push(String(from));
  after(() => delete host.hostCanary);
  const guest = openGuest(module, () => performance.now());
  const run = (source: string): GuestAnswer => guest.run({ source, text, nowMs: 0, seed: 1, runMs: 200 });

  /** Calls the canary on whatever a script got hold of. */
  const probing = (payload: string): string => `
    const ring = (x) => { try { x.hostCanary(1) } catch {} try { x.globalThis.hostCanary(2) } catch {} };
    const got = (() => {${payload}\n})();
    ring(got);
    try { ring(got()) } catch {}
    try { for (const name of Object.getOwnPropertyNames(got).slice(0, 100)) ring(got[name]) } catch {}
    return got;`;

  test(`there are at least 300 ways that are tried (${escapes.length})`, () => {
    assert.ok(escapes.length >= 300);
    assert.equal(new Set(escapes).size, escapes.length);
  });

  for (const payload of escapes) {
    test(payload.slice(0, 100), () => {
      const before = hostShape();
      for (const source of [payload, probing(payload)]) {
        const answer = run(source);
        if (answer.kind === 'output') assert.doesNotMatch(answer.text, /"reached"/);
      }
      assert.deepEqual(reached, []);
      assert.deepEqual(hostShape(), before);
      assert.deepEqual(run(control), { kind: 'output', text: intact });
    });
  }

  test('the canary sings where it is reached', () => {
    const got: unknown = globalThis;
    (got as { hostCanary(from: unknown): void }).hostCanary('the test');
    assert.deepEqual(reached, ['the test']);
  });
});

/** Names that the objects a script would change on the host have. */
function hostShape(): readonly (readonly PropertyKey[])[] {
  const objects = [Object, Array, Function, String, Number, Promise, RegExp, Error, Date, Map].map(
    (each) => each.prototype,
  );
  return [globalThis, JSON, Math, Error, ...objects].map((object) => Reflect.ownKeys(object));
}

describe('taking all the time and memory', () => {
  const pool = openScriptPool({ module, threads: 3 });
  after(() => pool.close());
  const run = (source: string, workspace: string): Promise<GuestAnswer> =>
    new Promise((settle) =>
      pool.add({ workspace, request: () => ({ source, text, nowMs: 0, seed: 1, runMs: 300 }), settle }),
    );

  test(`there are at least 100 ways that are tried (${hangs.length})`, () => {
    assert.ok(hangs.length >= 100);
    assert.equal(new Set(hangs).size, hangs.length);
  });

  test('every one is stopped, and the next run finds everything as it was', { timeout: 240_000 }, async () => {
    const ended = await Promise.all(
      hangs.map(async (source, place) => {
        const workspace = `w${place % 3}`;
        const answer = await run(source, workspace);
        return { source, answer, next: await run(control, workspace) };
      }),
    );
    assert.deepEqual(
      ended.filter(({ answer }) => answer.kind === 'output').map(({ source }) => source),
      [],
    );
    assert.deepEqual(
      ended.filter(({ next }) => next.kind !== 'output' || next.text !== intact),
      [],
    );
    const stopped = ended.filter(({ answer }) => answer.kind === 'timeout').length;
    assert.ok(stopped >= 50, `${stopped} were stopped by time`);
  });
});
