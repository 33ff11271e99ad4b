/** Thousands of bad inputs against the real program: each gets a clear 4xx at once, and the server is none the worse. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import { after, before, describe, test } from 'node:test';
import { compileSchema } from '../../src/model/json-schema.ts';
import { parseDocuments } from '../../src/model/parse.ts';
import { openPlatform, type PlatformProcess } from '../support/platform.ts';
import {
  type BadCase,
  bodyCases,
  documentCases,
  hostileCases,
  idCases,
  inputCases,
  leaseCases,
  queryCases,
  type Route,
  tokenCases,
} from './bad-input-cases.ts';

const casesMin = 3_000;
/** An answer that takes longer is a failure; the goal is 250 ms, which a busy machine may miss. */
const answerMaxMs = 2_000;
const goalMs = 250;

const orders = readFileSync(
  new URL('../../examples/order-processing/workflow.yaml', import.meta.url),
  'utf8',
).replaceAll('order_processing', 'orders');
const probe = `apiVersion: magicflow.io/v2
kind: Workflow
metadata: {name: probe, version: 1.0.0}
spec:
  input_schema: {type: object, properties: {text: {type: string, pattern: "^(a+)+$"}}}
  steps: [{name: echo, type: transform, mapping: "$.input.text"}]`;

describe('bad input', () => {
  let platform: PlatformProcess;
  let cases: readonly BadCase[];

  before(async () => {
    platform = await openPlatform();
    await platform.deploy(orders);
    await platform.deploy(probe);
    const schema = parseDocuments(orders).contexts[0]?.context.inputSchema ?? true;
    const check = compileSchema(schema);
    cases = [
      ...hostileCases(),
      ...documentCases(),
      ...tokenCases(await routesOf(platform)),
      ...bodyCases(),
      ...idCases(),
      ...leaseCases(),
      ...queryCases(),
      ...inputCases((input) => check.check(input).ok),
    ];
  });
  after(() => platform.close());

  test(`of at least ${casesMin} kinds is answered clearly, by no 5xx, at once`, async (t) => {
    assert.ok(cases.length >= casesMin, `${cases.length} cases`);
    const wrong: string[] = [];
    const times: number[] = [];
    for (const given of cases) {
      const began = performance.now();
      const answer = await send(platform, given);
      times.push(performance.now() - began);
      const text = JSON.stringify(answer.body);
      const isNamed = given.names === undefined || text.includes(given.names) || given.names === 'NAME';
      if (!given.status.includes(answer.status) || !isNamed) {
        wrong.push(`${given.name}: ${answer.status} ${text.slice(0, 200)}`);
      }
      if (answer.status >= 400 && !/"code":"[A-Z][A-Z_]+"/.test(text))
        wrong.push(`${given.name}: no code in ${text.slice(0, 200)}`);
    }
    times.sort((a, b) => a - b);
    const slowest = times.at(-1) ?? 0;
    const late = times.filter((ms) => ms > goalMs).length;
    t.diagnostic(
      `${cases.length} cases, p99 ${times[Math.floor(times.length * 0.99)]?.toFixed(1)} ms, slowest ${slowest.toFixed(0)} ms, ${late} over ${goalMs} ms`,
    );
    assert.deepEqual(wrong.slice(0, 20), [], `${wrong.length} of ${cases.length}`);
    assert.ok(slowest <= answerMaxMs, `the slowest answer took ${slowest} ms`);
  });

  test('leaves the server as it was', async () => {
    assert.equal((await platform.call('GET /ready')).status, 200);
    const ended = await platform.post('workflows/probe/execute?wait=5s', { input: { text: 'aaa' } });
    assert.deepEqual([ended.status, ended.output], ['completed', {}]);
    assert.doesNotMatch(platform.stderr(), /error|unhandled/i);
  });
});

/** Routes as the server itself describes them. */
async function routesOf(platform: PlatformProcess): Promise<Route[]> {
  const { body } = await platform.call('GET /api/docs/openapi.json');
  return Object.entries(body.paths as Record<string, Record<string, { security?: unknown[] }>>).flatMap(
    ([path, methods]) =>
      Object.entries(methods).map(([method, route]) => ({
        method: method.toUpperCase(),
        path,
        isPublic: route.security !== undefined && route.security.length === 0,
      })),
  );
}

async function send(platform: PlatformProcess, { line, options = {} }: BadCase) {
  const { raw, ...rest } = options;
  if (raw === undefined) return platform.call(line, rest);
  const [method = 'POST', path = '/'] = line.split(' ');
  const headers = { authorization: `Bearer ${platform.token}`, ...rest.headers };
  const response = await fetch(`${platform.url}${path}`, { method, headers, body: raw });
  return { status: response.status, body: (await response.json()) as unknown };
}
