/** What a case does to its execution beside answering calls: signals, what people answer, what operators do. */

import type { Engine } from '../engine/engine.ts';
import type { Json } from '../kit/json.ts';
import type { TestAnswer, TestCase } from '../model/workflow-test.ts';
import type { StoredHumanTask } from '../storage/human-tasks.ts';
import type { Store } from '../storage/store.ts';
import type { Moments } from './agenda.ts';
import { type StageProblem, workspace } from './play.ts';
import type { VirtualClock } from './virtual-clock.ts';

export interface Script extends Moments {
  /** Plans what became possible (a question that is answered later) and does what is due; true where it did something. */
  act(): Promise<boolean>;
  /** Tells what was never done. */
  close(): void;
}

export interface ScriptDeps {
  readonly engine: Engine;
  readonly store: Store;
  readonly clock: VirtualClock;
  readonly startMs: number;
  readonly given: TestCase;
  readonly report: (problem: StageProblem) => void;
}

interface Planned {
  readonly at: number;
  readonly pointer: string;
  readonly what: string;
  act(executionId: string): Promise<unknown>;
}

/** The name of whoever answers where a case does not say. */
const someone = 'someone';

export function openScript(deps: ScriptDeps): Script {
  const { engine, store, clock, startMs, given, report } = deps;
  const planned = new Set<Planned>([...signalsOf(engine, given, startMs), ...operationsOf(engine, given, startMs)]);
  const answers = new Map((given.humanTasks ?? []).map((answer, index) => [`/human_tasks/${index}`, answer] as const));
  const asked = new Set<string>();

  /** The execution under test is the oldest one. */
  async function underTest(): Promise<string | undefined> {
    const { rows } = await store.views.list({ workspace, limit: 1_000 });
    return rows.at(-1)?.executionId;
  }

  function doNow(action: Planned, executionId: string): void {
    planned.delete(action);
    action.act(executionId).catch((error: unknown) => {
      const reason = error instanceof Error ? error.message : String(error);
      report({ code: 'NOT_SENT', message: `${action.what} was refused: ${reason}`, pointer: action.pointer });
    });
  }

  /** Each question takes the first answer that is for its step and was not given yet. */
  async function planAnswers(): Promise<void> {
    if (answers.size === 0) return;
    const { rows } = await store.humanTasks.list({ workspace, status: ['open'], limit: 1_000 });
    for (const task of [...rows].reverse()) {
      const id = `${task.humanTaskId}#${task.visit}/${task.attempt}`;
      if (asked.has(id)) continue;
      const [pointer, answer] =
        [...answers].find(([, each]) => each.step === task.name || each.step === task.step) ?? [];
      if (pointer === undefined || answer === undefined) continue;
      asked.add(id);
      answers.delete(pointer);
      planned.add({
        at: task.createdAt + (answer.after ?? 0),
        pointer,
        what: `the answer to "${answer.step}"`,
        act: () => give(engine, task, answer),
      });
    }
  }

  return {
    nextAt: () => (planned.size === 0 ? undefined : Math.min(...[...planned].map(({ at }) => at))),
    async act() {
      await planAnswers();
      const due = [...planned].filter(({ at }) => at <= clock.nowMs()).sort((a, b) => a.at - b.at);
      const executionId = due.length === 0 ? undefined : await underTest();
      if (executionId === undefined) return false;
      for (const action of due) doNow(action, executionId);
      await clock.settle();
      return true;
    },
    close() {
      for (const { what, pointer, at } of planned) {
        const message = `${what} was never sent: the execution was over before its time, ${at - startMs} ms after the start`;
        report({ code: 'NOT_SENT', message, pointer });
      }
      for (const [pointer, { step }] of answers) {
        report({ code: 'NOT_SENT', message: `nobody was asked by "${step}", or not so often`, pointer });
      }
    },
  };
}

function signalsOf(engine: Engine, { signals = [] }: TestCase, startMs: number): Planned[] {
  return signals.map(({ name, at = 0, payload = null, key }, index) => ({
    at: startMs + at,
    pointer: `/signals/${index}`,
    what: `the signal "${name}"`,
    act: (executionId) =>
      engine.executions.operate(workspace, executionId, {
        type: 'signal',
        name,
        payload,
        ...(key === undefined ? {} : { key }),
      }),
  }));
}

function operationsOf(engine: Engine, { operations = [] }: TestCase, startMs: number): Planned[] {
  return operations.map(({ type, at = 0 }, index) => ({
    at: startMs + at,
    pointer: `/operations/${index}`,
    what: `"${type}"`,
    act: (executionId) => engine.executions.operate(workspace, executionId, { type }),
  }));
}

function give(engine: Engine, task: StoredHumanTask, { answer, outcome, by, comment }: TestAnswer): Promise<unknown> {
  const caller = { workspace, name: by ?? task.assignees[0] ?? someone, isOperator: false };
  const given: { answer: Json | undefined; outcome: string | undefined } = { answer, outcome };
  return engine.humanTasks.complete(caller, task.humanTaskId, {
    ...given,
    ...(comment === undefined ? {} : { comment }),
  });
}
