/** Picks up what a crash has left: everything promised is there, comes to its proper end, and was done once. */
import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import { statusOf } from '../../src/core/state.ts';
import type { Engine } from '../../src/engine/engine.ts';
import { openSqliteStore } from '../../src/storage/sqlite/sqlite-store.ts';
import type { Store } from '../../src/storage/store.ts';
import { kinds, openPlannedEngine, sendSignal, workspace } from './crash-plan.ts';

const endDeadlineMs = 10_000;

/** `promised` are lines of the workload's ledger: a kind and an execution id. Rejects where a promise is broken. */
export async function checkAfterCrash(directory: string, promised: readonly string[]): Promise<void> {
  const store = await openSqliteStore({ directory });
  const effects = new Map<string, number>();
  const engine = openPlannedEngine(store, (key) => effects.set(key, (effects.get(key) ?? 0) + 1));
  try {
    assert.equal((await store.diagnostics()).integrity, 'ok');
    for (const line of promised) await checkExecution(engine, line);
    await checkRest(engine, store);
  } finally {
    await engine.close();
  }
}

async function checkExecution(engine: Engine, line: string): Promise<void> {
  const [name = '', executionId = ''] = line.split(' ');
  const kind = kinds.find((each) => each.name === name);
  assert.ok(kind, line);
  if (kind.signal !== undefined) await sendAgain(engine, executionId, kind.signal);
  const state = await engine.executions.waitForEnd(workspace, executionId, endDeadlineMs);
  assert.ok(state, `${line} does not end`);
  assert.equal(statusOf(state), kind.end, line);
  const journal = await engine.executions.journal(workspace, executionId, { after: 0, limit: 1_000 });
  assert.deepEqual(
    journal.map((event) => event.position),
    journal.map((_, index) => index + 1),
    `${line}: its journal has a gap`,
  );
  const completed = journal.flatMap(({ event }) => (event.type === 'step.completed' ? [`${event.step}#1`] : []));
  assert.deepEqual(completed.sort(), kind.completes, line);
}

/** Whoever sent the signal before the crash does not know whether it arrived. */
async function sendAgain(engine: Engine, executionId: string, name: string): Promise<void> {
  try {
    await sendSignal(engine, executionId, name);
  } catch (error) {
    assert.equal((error as { code?: string }).code, 'STATE_CONFLICT');
  }
}

/** What was started and not yet promised ends too; then nothing waits for anything, and lists say what journals say. */
async function checkRest(engine: Engine, store: Store): Promise<void> {
  const { rows } = await engine.executions.list({ workspace, limit: 200 });
  for (const { executionId, workflow } of rows) {
    const signal = kinds.find((kind) => kind.name === workflow)?.signal;
    if (signal !== undefined) await sendAgain(engine, executionId, signal);
    const state = await engine.executions.waitForEnd(workspace, executionId, endDeadlineMs);
    assert.ok(state, `${executionId} does not end`);
    assert.equal((await store.views.find(workspace, executionId))?.status, statusOf(state), executionId);
    assert.deepEqual(await store.tasks.of(executionId), []);
  }
  // A child that has ended tells its parent, and is over a moment later.
  const deadline = performance.now() + endDeadlineMs;
  const wakes = () => store.journal.dueWakes(Number.MAX_SAFE_INTEGER, 10);
  while ((await wakes()).length > 0 && performance.now() < deadline) await delay(10);
  assert.deepEqual(await wakes(), []);
}
