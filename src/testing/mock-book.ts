/**
 * The answers that a case gives in the place of whoever its steps call.
 *
 * Answers with a condition come first and answer every call that they hold for. The others answer one call each, in
 * their order; the last one stays. So a case that fails twice and then succeeds is a list of three.
 */
import { compileExpression, compileTemplate } from '../expression/compile.ts';
import type { Compiled, Scope } from '../expression/expression.ts';
import { present } from '../kit/assert.ts';
import type { Json } from '../kit/json.ts';
import type { Random } from '../kit/random.ts';
import type { MockAnswer, Mocks } from '../model/workflow-test.ts';
import { type Call, keysOf } from './call.ts';

export interface MockBook {
  /** The key of the mock that answers the call; undefined where none does. */
  keyFor(call: Pick<Call, 'workflow' | 'step' | 'name' | 'target'>): string | undefined;
  isPassthrough(key: string): boolean;
  /** The next answer; undefined where no condition holds and there is no other. Throws ExpressionFault. */
  answer(key: string, call: Call): Answer | undefined;
}

export interface Answer {
  readonly mock: MockAnswer;
  /** Fills its response; it throws ExpressionFault. */
  response(): Json;
}

export interface MockBookDeps {
  readonly mocks: Mocks;
  /** The workflow under test. */
  readonly workflow: string;
  readonly nowMs: () => number;
  readonly random: Random;
}

export function openMockBook({ mocks, workflow, nowMs, random }: MockBookDeps): MockBook {
  const taken = new Map<string, number>();
  const calls = new Map<string, number>();

  const scopeOf = (call: Call, count: number): Scope => {
    const roots = new Map<string, unknown>([
      ['input', call.input],
      ['call', count],
      ['attempt', call.attempt],
    ]);
    return {
      root: (name) => (name === '' ? Object.fromEntries(roots) : roots.get(name)),
      nowMs: nowMs(),
      random: () => random.next(),
      env: () => undefined,
    };
  };

  return {
    keyFor: (call) => keysOf(call, workflow).find((key) => Object.hasOwn(mocks, key)),
    isPassthrough: (key) => mocks[key] === 'passthrough',
    answer(key, call) {
      const mock = mocks[key];
      if (mock === undefined || mock === 'passthrough') return undefined;
      const count = (calls.get(key) ?? 0) + 1;
      calls.set(key, count);
      const scope = scopeOf(call, count);
      const chosen = mock.find(({ when }) => when !== undefined && holds(when, scope)) ?? inTurn(key, mock);
      return chosen && { mock: chosen, response: () => fill(chosen, scope) };
    },
  };

  function inTurn(key: string, answers: readonly MockAnswer[]): MockAnswer | undefined {
    const plain = answers.filter(({ when }) => when === undefined);
    const place = taken.get(key) ?? 0;
    taken.set(key, place + 1);
    return plain[Math.min(place, plain.length - 1)];
  }
}

const holds = (when: string, scope: Scope): boolean => Boolean(compiled(compileExpression(when)).evaluate(scope));

const fill = ({ output, response = output ?? null }: MockAnswer, scope: Scope): Json =>
  compiled(compileTemplate(response)).fill(scope) as Json;

/** The document was checked when it was read. */
const compiled = <T>(outcome: Compiled<T>): T => present(outcome.ok ? outcome.value : undefined, 'a compiled mock');
