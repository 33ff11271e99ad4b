/** Those whom the steps of a case call: they answer from its mocks, at once or after a time, or never. */

import type { Engine, LocalFunction } from '../engine/engine.ts';
import { ExpressionFault } from '../expression/expression.ts';
import type { Json } from '../kit/json.ts';
import type { Texts } from '../model/workflow-test.ts';
import { type Connector, type ConnectorCall, type Connectors, StepFailure } from '../steps/connector.ts';
import type { Store } from '../storage/store.ts';
import type { Moments } from './agenda.ts';
import { type Call, stepNameOf } from './call.ts';
import { howToMock } from './how-to-mock.ts';
import type { Answer, MockBook } from './mock-book.ts';
import { type PerformOptions, type Play, type StageProblem, workspace } from './play.ts';
import { withSecrets } from './secret-values.ts';
import { stepsOf } from './staged-parse.ts';
import { stageExecutor } from './substitute.ts';
import type { VirtualClock } from './virtual-clock.ts';

export interface Cast extends Moments {
  readonly connectors: Connectors;
  /** In the order in which they came. */
  readonly calls: readonly Call[];
  register(engine: Engine): void;
  /** Waits for what takes real time: scripts. True where something had to be waited for. */
  settled(): Promise<boolean>;
  /** Calls that nothing will ever answer. */
  silent(): readonly Call[];
}

export interface CastDeps extends PerformOptions {
  readonly play: Play;
  readonly book: MockBook;
  readonly clock: VirtualClock;
  readonly store: Store;
  readonly startMs: number;
  readonly secrets: Texts;
  readonly report: (problem: StageProblem) => void;
}

/** What a function and a connector are both told. */
interface Asked {
  readonly executionId: string;
  readonly step: string;
  readonly attempt: number;
  readonly deadlineAt: number | undefined;
  readonly signal: AbortSignal;
}

export function openCast(deps: CastDeps): Cast {
  const { play, book, clock, startMs, report } = deps;
  const calls: Call[] = [];
  const silent = new Set<Call>();
  const moments = new Set<number>();
  const scripts = new Set<Promise<unknown>>();

  async function callOf(asked: Asked, target: string, input: Json): Promise<Call> {
    const { executionId, step, attempt } = asked;
    const workflow = (await deps.store.views.find(workspace, executionId))?.workflow ?? play.workflow;
    return {
      workflow,
      executionId,
      step,
      name: stepNameOf(step),
      target,
      attempt,
      input: withSecrets(input, deps.secrets),
      at: clock.nowMs() - startMs,
    };
  }

  async function answer(asked: Asked, target: string, input: Json, passOn?: () => Promise<Json>): Promise<Json> {
    const call = await callOf(asked, target, input);
    const key = book.keyFor(call);
    if (passOn && (key === undefined || book.isPassthrough(key))) return passThrough(passOn);
    calls.push(call);
    if (asked.deadlineAt !== undefined) moments.add(asked.deadlineAt);
    const found = key === undefined ? undefined : answerOf(key, call);
    if (found) return give(found, call, asked);
    if (deps.stranger) return deps.stranger(call);
    report({ code: 'STEP_NOT_MOCKED', step: call.step, message: howToMock(call, play, key) });
    return never();
  }

  function answerOf(key: string, call: Call): Answer | undefined {
    try {
      return book.answer(key, call);
    } catch (fault) {
      return failed(fault, call);
    }
  }

  async function give({ mock, response }: Answer, call: Call, asked: Asked): Promise<Json> {
    if (mock.delay !== undefined) await pass(mock.delay, asked.signal);
    if (mock.timeout) return silence(call, asked);
    if (mock.error) {
      const { code, message = `step ${call.name} fails with ${code}, as its mock says`, ...more } = mock.error;
      throw new StepFailure(code, message, more);
    }
    try {
      return response();
    } catch (fault) {
      return failed(fault, call) ?? never();
    }
  }

  function failed(fault: unknown, call: Call): undefined {
    if (!(fault instanceof ExpressionFault)) throw fault;
    report({
      code: 'MOCK_FAILED',
      step: call.step,
      message: `the mock of "${call.step}" has no value: ${fault.message}`,
    });
  }

  function pass(delayMs: number, signal: AbortSignal): Promise<void> {
    const at = clock.nowMs() + delayMs;
    moments.add(at);
    return new Promise((resolve, reject) => {
      clock.schedule(delayMs, resolve);
      signal.addEventListener('abort', () => reject(notWanted()), { once: true });
    });
  }

  function silence(call: Call, { deadlineAt, signal }: Asked): Promise<never> {
    if (deadlineAt === undefined) silent.add(call);
    return new Promise((_, reject) => {
      signal.addEventListener('abort', () => reject(notWanted()), { once: true });
    });
  }

  function passThrough(run: () => Promise<Json>): Promise<Json> {
    const running = run();
    const over: Promise<unknown> = running.then(
      () => scripts.delete(over),
      () => scripts.delete(over),
    );
    scripts.add(over);
    return running;
  }

  const connector = (name: string): Connector => ({
    run: (call: ConnectorCall) =>
      answer(call, name, call.request, name === 'script' ? () => play.scripts.run(untimed(call)) : undefined),
  });

  const functionOf =
    (target: string): LocalFunction =>
    (input, task) =>
      answer(task, target, input);

  return {
    calls,
    connectors: Object.fromEntries(connectorsOf(play).map((name) => [name, connector(name)])),
    register({ local }) {
      for (const step of stepsOf(play)) {
        if (step.type === 'function') {
          local.register(workspace, step.executor, step.function, functionOf(`${step.executor}/${step.function}`));
        }
        local.register(workspace, stageExecutor, step.name, functionOf(step.type));
      }
    },
    async settled() {
      const waited = scripts.size > 0;
      await Promise.all(scripts);
      return waited;
    },
    nextAt() {
      for (const at of moments) if (at <= clock.nowMs()) moments.delete(at);
      return moments.size === 0 ? undefined : Math.min(...moments);
    },
    silent: () => [...silent],
  };
}

/** The time that a script may take is real, its deadline is not. */
const untimed = (call: ConnectorCall): ConnectorCall => ({ ...call, deadlineAt: undefined });

const notWanted = (): StepFailure => new StepFailure('CANCELLED', 'the answer is not wanted any more');

const never = (): Promise<never> => new Promise(() => undefined);

function connectorsOf(play: Play): readonly string[] {
  return [...new Set([...stepsOf(play)].flatMap((step) => (step.type === 'connector' ? [step.connector] : [])))];
}
