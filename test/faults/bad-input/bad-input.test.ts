/**
 * Thousands of bad inputs against the real program (goal G16): each is answered at once by the one right status and code,
 * naming the one right place, and the server is none the worse.
 */
import assert from 'node:assert/strict';
import { after, before, describe, type TestContext, test } from 'node:test';
import { openTestApi } from '../../../src/api/test-api.ts';
import { parseWorkerIdleMs } from '../../../src/engine/limits.ts';
import { workflowSchema } from '../../../src/model/published-schema.ts';
import { until } from '../../support/platform.ts';
import { type BadCase, fingerprintOf } from './bad-case.ts';
import { type Corpus, corpusFor } from './corpus.ts';
import { objectPlaces } from './definitions/bad-definitions.ts';
import { untriedObjects } from './definitions/untried.ts';
import { judge } from './judge.ts';
import { openLeases } from './lease-cases.ts';
import { figuresOf, type ProcessFigures } from './process-figures.ts';
import { rawCases, sendRaw } from './raw-cases.ts';
import { openScene, type Scene } from './scene.ts';
import { type GuardedRoute, guardedRows, keyOf } from './token-cases.ts';
import { answerMaxMs, openWire, type Wire } from './wire.ts';

const casesMin = 3_000;
/** Of the answers, how many name what is wrong in the sentence that people read. */
const namedShareMin = 0.99;
/** What an answer should take; printed, for a busy machine may miss it. */
const goalMs = 250;
/** By how much the second half may leave the server larger than the first. */
const grownMiBMax = 64;

describe('bad input', () => {
  let scene: Scene;
  let wire: Wire;
  let routes: readonly GuardedRoute[];
  let corpus: Corpus;
  before(async () => {
    scene = await openScene();
    wire = openWire(scene.platform.url);
    const { api } = await openTestApi();
    routes = api.routes.map(({ method, url, permission = 'public' }) => ({ method, url, permission }));
    corpus = corpusFor(scene, routes);
  });
  after(async () => {
    wire?.close();
    await scene?.close();
  });

  test('every route that asks for a credential has a row, and every field of the language a wrong value', () => {
    const guarded = routes.filter(({ permission }) => permission !== 'public').map(keyOf);
    assert.deepEqual(guarded.sort(), Object.keys(guardedRows).sort());
    assert.deepEqual(untriedObjects(workflowSchema(), objectPlaces), []);
  });

  test(`of at least ${casesMin} kinds, no two the same, is answered by the one right status, code and place`, async (t) => {
    const cases = Object.values(corpus).flat();
    assert.ok(cases.length >= casesMin, `${cases.length} cases`);
    const different = new Set(cases.map(({ request }) => fingerprintOf(request)));
    assert.equal(different.size, cases.length, 'no two requests are the same, byte by byte');
    const stood = await standing(scene);
    const { descriptors } = figuresOf(scene.platform.pid);
    // The hostile bodies are in the first half: it asks for more memory than all that follows.
    const half = Math.ceil(cases.length / 2);
    const first = await judgeAll(cases.slice(0, half), wire);
    const { peakMiB } = figuresOf(scene.platform.pid);
    const second = await judgeAll(cases.slice(half), wire);
    report(t, corpus, [first, second]);
    const wrong = [...first.wrong, ...second.wrong];
    assert.deepEqual(wrong.slice(0, 20), [], `${wrong.length} of ${cases.length}`);
    const share = (first.named + second.named) / cases.length;
    assert.ok(share >= namedShareMin, `${share} of the answers name what is wrong`);
    assert.deepEqual(await standing(scene), stood, 'nothing of it has changed anything');
    wire.close();
    const isCalm = ({ rssMiB, descriptors: open }: ProcessFigures): boolean =>
      open <= descriptors && rssMiB <= peakMiB + grownMiBMax;
    // Workers that read large texts stay for a while after the last one.
    const calm = { what: 'the server to be calm', deadlineMs: parseWorkerIdleMs + 10_000 };
    const figures = await until(() => [figuresOf(scene.platform.pid)].find(isCalm), calm);
    t.diagnostic(`${descriptors} → ${figures.descriptors} descriptors`);
    t.diagnostic(`at most ${peakMiB.toFixed(0)} MiB in the first half, ${figures.rssMiB.toFixed(0)} MiB in the end`);
  });

  test('of those whose lease is no longer theirs is refused, and the results of the holders count', async (t) => {
    const leases = await openLeases(scene);
    const stale = await staleResults(scene);
    const judged = await judgeAll(leases.cases, wire, leases.keep);
    assert.deepEqual(judged.wrong, []);
    const results = leases.cases.filter(({ request }) => request.path.endsWith('/complete')).length;
    assert.equal(await staleResults(scene), stale + results, 'each stale result is counted');
    t.diagnostic(`${leases.cases.length} stale leases refused, ${await leases.settle()} results of holders accepted`);
  });

  test('that is no HTTP is told so, and hung up on', async () => {
    for (const { title, bytes, status, code } of rawCases) {
      assert.deepEqual(await sendRaw(scene.platform.url, bytes), { status, code }, title);
    }
  });

  test('leaves a server that works as before', async () => {
    const { platform } = scene;
    assert.equal((await platform.call('GET /ready')).status, 200);
    const ended = await platform.post('workflows/picky/execute?wait=5s', { input: { text: 'abc', probe: 'aaa' } });
    assert.equal(ended.status, 'completed');
    const { execution_id: id } = await platform.post('workflows/orders/execute');
    const { tasks } = await platform.post('tasks/claim', { executor: 'nobody', worker_id: 'w', max_tasks: 100 });
    const task = tasks.find(({ execution_id }: { execution_id: string }) => execution_id === id);
    const { task_id, lease_token } = task;
    await platform.post('tasks/complete', {
      results: [{ task_id, lease_token, status: 'completed', output: { paid: true } }],
    });
    const execution = await platform.ended(id);
    assert.deepEqual([execution.status, execution.output], ['completed', { paid: true }]);
    assert.equal(platform.stderr(), '');
  });
});

interface Judged {
  readonly wrong: readonly string[];
  readonly named: number;
  readonly times: readonly number[];
}

/** One after the other, so that a time is the server's own. `between` is called about every quarter of a second. */
async function judgeAll(cases: readonly BadCase[], wire: Wire, between?: () => Promise<void>): Promise<Judged> {
  const wrong: string[] = [];
  const times: number[] = [];
  let named = 0;
  let last = performance.now();
  for (const given of cases) {
    const answer = await wire.send(given.request);
    const verdict = judge(given, answer);
    times.push(answer.ms);
    if (verdict.isNamed) named += 1;
    if (verdict.wrong !== undefined) wrong.push(`${given.title}: ${verdict.wrong}`);
    if (answer.ms > answerMaxMs) wrong.push(`${given.title}: ${answer.ms.toFixed(0)} ms`);
    if (between === undefined || performance.now() < last + goalMs) continue;
    last = performance.now();
    await between();
  }
  return { wrong, named, times };
}

function report(t: TestContext, corpus: Corpus, halves: readonly Judged[]): void {
  const times = halves.flatMap((half) => half.times).sort((a, b) => a - b);
  const named = halves.reduce((count, half) => count + half.named, 0);
  const at = (share: number): string => (times[Math.ceil(times.length * share) - 1] ?? 0).toFixed(1);
  const slow = times.filter((ms) => ms > goalMs).length;
  for (const [subject, cases] of Object.entries(corpus)) t.diagnostic(`${subject}: ${cases.length}`);
  t.diagnostic(`${times.length} cases, ${((100 * named) / times.length).toFixed(2)} % name what is wrong`);
  t.diagnostic(`p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, slowest ${at(1)} ms, ${slow} over ${goalMs} ms`);
}

/** What is there, as far as anybody can see it. */
async function standing({ platform }: Scene): Promise<unknown> {
  const { executions } = await platform.get('system/status');
  const { workflows } = await platform.get('workflows?limit=200');
  const { tokens } = await platform.get('tokens');
  return { executions, workflows, tokens };
}

async function staleResults({ platform }: Scene): Promise<number> {
  const { body } = await platform.call('GET /metrics');
  return Number(/^magicflow_stale_results_total (\d+)$/m.exec(body)?.[1]);
}
