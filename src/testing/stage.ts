/**
 * One execution on a stage: the engine as it is, over a store in memory, a clock that leaps and random numbers of a seed.
 *
 * The world beyond it is the test's. Functions of executors and connectors are replaced by what the case answers; a call
 * that nothing answers ends the run and is told, so no test ever reaches a network. What the server does by itself
 * (transforms, conditions, waits, scripts …) is done by the engine. The same case gives the same run, event for event.
 */
import { openCache } from '../cache/drivers.ts';
import type { ExecutionEvent } from '../core/events.ts';
import type { Program } from '../core/program.ts';
import { isEnded, statusOf } from '../core/state.ts';
import type { Engine } from '../engine/engine.ts';
import { openEngineOver } from '../engine/open-engine.ts';
import { Fault } from '../kit/fault.ts';
import { canonicalJson, type Json } from '../kit/json.ts';
import { seededRandom } from '../kit/random.ts';
import type { TestCase } from '../model/workflow-test.ts';
import { openStore } from '../storage/drivers.ts';
import type { Store } from '../storage/store.ts';
import { nextMoment } from './agenda.ts';
import { openCast } from './cast.ts';
import { clockDefaultMs, eventsPage, momentsMax, seedDefault, virtualTimeMax } from './limits.ts';
import { openMockBook } from './mock-book.ts';
import {
  type Performance,
  type PerformOptions,
  type Play,
  type PlayedExecution,
  type Setting,
  type StageProblem,
  workspace,
} from './play.ts';
import { openScript, type Script } from './script.ts';
import { secretOf } from './secret-values.ts';
import { stagedParse } from './staged-parse.ts';
import { openVirtualClock, type VirtualClock } from './virtual-clock.ts';
// Loaded beforehand: what is loaded on first use would take time that a leaping clock does not know.
import '../core/compile/compile-program.ts';
import '../engine/definitions/deployments.ts';

export async function perform(
  play: Play,
  given: TestCase,
  setting: Setting,
  options: PerformOptions = {},
): Promise<Performance> {
  const startMs = setting.clock ?? clockDefaultMs;
  const seed = setting.seed ?? seedDefault;
  const clock = openVirtualClock(startMs);
  const store = await openStore('memory:');
  const problems: StageProblem[] = [];
  const mocks = setting.mocks;
  const book = openMockBook({ mocks, workflow: play.workflow, nowMs: clock.nowMs, random: seededRandom(seed + 1) });
  const cast = openCast({
    ...options,
    play,
    book,
    clock,
    store,
    startMs,
    secrets: setting.secrets,
    report: (problem) => problems.push(problem),
  });
  const engine = openEngineOver({
    store,
    clock,
    random: seededRandom(seed),
    parse: async () => stagedParse(play, mocks),
    env: (name) => (Object.hasOwn(setting.env, name) ? setting.env[name] : undefined),
    secret: (_workspace, name) => secretOf(setting.secrets, name),
    cache: await openCache({ type: 'memory', maxMemoryBytes: cacheBytesMax }, clock),
    connectors: cast.connectors,
    programs: programsFor(play, setting.env),
    sweepMs: 1,
    warn: (message, error) => problems.push({ code: 'ENDLESS', message: `${message}: ${String(error)}` }),
  });
  cast.register(engine);
  await engine.versions.deploy(workspace, '');
  const script = openScript({ engine, store, clock, startMs, given, report: (problem) => problems.push(problem) });
  const started = await start(engine, play, given.input ?? {});
  if (started instanceof Fault) return refused(started, { cast, problems });
  await runOn({ engine, store, clock, cast, script, problems }, started);
  script.close();
  return observe({ engine, store, clock, startMs, cast, problems }, started);
}

/** A program sees the environment that its engine was opened with. */
function programsFor({ programs }: Play, env: Setting['env']): Map<string, Program> {
  const key = canonicalJson(env);
  const known = programs.get(key) ?? new Map<string, Program>();
  programs.set(key, known);
  return known;
}

const cacheBytesMax = 16 * 1024 * 1024;

async function start(engine: Engine, { workflow, version }: Play, input: Json): Promise<string | Fault> {
  try {
    return (await engine.executions.start({ workspace, workflow, version, input })).executionId;
  } catch (error) {
    if (Fault.is(error)) return error;
    throw error;
  }
}

interface Running {
  readonly engine: Engine;
  readonly store: Store;
  readonly clock: VirtualClock;
  readonly cast: ReturnType<typeof openCast>;
  readonly script: Script;
  readonly problems: StageProblem[];
}

/** From moment to moment until everything has ended, nothing can happen any more, or a problem is found. */
async function runOn(running: Running, executionId: string): Promise<void> {
  const { engine, clock, cast, script, problems } = running;
  const beganAt = clock.nowMs();
  for (let moments = 0; moments <= momentsMax; moments += 1) {
    let isMoving = true;
    while (isMoving) {
      await clock.settle();
      const hasActed = await script.act();
      isMoving = (await cast.settled()) || hasActed;
    }
    if (problems.length > 0) return;
    const next = await nextMoment(running, workspace);
    if (next === undefined) return;
    const isOver = await engine.executions.read(workspace, executionId, isEnded);
    if (next - beganAt > virtualTimeMax) return;
    // What goes on after the end is played too: a detached child, an operator's retry.
    if (isOver && script.nextAt() === undefined && !(await hasOthers(running))) return;
    await clock.leap(next);
  }
  problems.push({
    code: 'ENDLESS',
    message: `it goes on after ${momentsMax} moments: a loop or retry that never ends`,
  });
}

async function hasOthers({ engine }: Running): Promise<boolean> {
  const counts = await engine.executions.counts(workspace);
  return openStatuses.some((status) => (counts[status] ?? 0) > 0);
}

const openStatuses = ['running', 'waiting', 'queued', 'compensating'];

type Observed = Omit<Running, 'script'> & { readonly startMs: number };

async function observe(
  { engine, store, clock, startMs, cast, problems }: Observed,
  executionId: string,
): Promise<Performance> {
  const state = await engine.executions.read(workspace, executionId, (each) => each);
  const { rows } = await store.views.list({ workspace, limit: 1_000 });
  const ids = [
    executionId,
    ...rows
      .map((row) => row.executionId)
      .filter((id) => id !== executionId)
      .reverse(),
  ];
  const executions: PlayedExecution[] = [];
  for (const id of ids) {
    const { workflow, version } = await engine.executions.read(workspace, id, (each) => each);
    executions.push({ executionId: id, workflow, version, events: await eventsOf(engine, id) });
  }
  const isOver = isEnded(state);
  return {
    state,
    status: statusOf(state),
    refusal: undefined,
    executions,
    calls: cast.calls,
    problems,
    stuck: isOver ? undefined : await whyStuck(engine, cast, executionId),
    durationMs: (isOver ? (state.endedAt ?? startMs) : clock.nowMs()) - startMs,
  };
}

async function whyStuck(engine: Engine, cast: Running['cast'], executionId: string): Promise<string> {
  const [silent] = cast.silent();
  if (silent) {
    return `step "${silent.step}" waits for an answer that its mock never gives, and has no timeout: give the step one, or mock an error`;
  }
  return (await engine.executions.explain(workspace, executionId)).summary;
}

async function eventsOf(engine: Engine, executionId: string): Promise<readonly ExecutionEvent[]> {
  const events: ExecutionEvent[] = [];
  for (let after = 0; ; ) {
    const page = await engine.executions.journal(workspace, executionId, { after, limit: eventsPage });
    events.push(...page.map(({ event }) => event));
    const last = page.at(-1)?.position;
    if (last === undefined || page.length < eventsPage) return events;
    after = last;
  }
}

function refused(refusal: Fault, { cast, problems }: Pick<Running, 'cast' | 'problems'>): Performance {
  const { calls } = cast;
  return {
    state: undefined,
    status: 'refused',
    refusal,
    executions: [],
    calls,
    problems,
    stuck: undefined,
    durationMs: 0,
  };
}
