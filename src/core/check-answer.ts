/** Whether an answer is one: it fits the form, and its outcome is one that the task has. */
import { isObject, type Json } from '../kit/json.ts';
import type { SchemaError } from '../model/json-schema.ts';
import type { HumanWork } from './program.ts';
import type { HumanTask } from './state.ts';

export interface GivenAnswer {
  readonly answer: Json | undefined;
  readonly outcome: string | undefined;
}

export type CheckedAnswer =
  | { readonly ok: true; readonly answer: Json; readonly outcome: string }
  /** Pointers lead into `{answer, outcome}`. */
  | { readonly ok: false; readonly errors: readonly SchemaError[] };

/** Outcomes of a task that names none; the first is the one that an answer has by itself. */
export const outcomesDefault = ['completed', 'rejected'] as const;

/** Fields that are left out hold what stood in the form. Whoever rejects need not fill it in. */
export function checkAnswer(work: HumanWork, task: HumanTask, given: GivenAnswer): CheckedAnswer {
  const allowed = work.outcomes ?? outcomesDefault;
  const outcome = given.outcome ?? (work.outcomes ? undefined : outcomesDefault[0]);
  if (outcome === undefined || !allowed.includes(outcome)) return { ok: false, errors: [outcomeError(given, allowed)] };
  const { answer } = given;
  if (answer === undefined && outcome === 'rejected') return { ok: true, answer: null, outcome };
  const whole = task.defaults && (answer === undefined || isObject(answer)) ? { ...task.defaults, ...answer } : answer;
  if (!work.check) return { ok: true, answer: whole ?? null, outcome };
  const checked = work.check().check(whole === undefined ? {} : whole);
  if (checked.ok) return { ok: true, answer: checked.value, outcome };
  return { ok: false, errors: checked.errors.map((error) => ({ ...error, pointer: `/answer${error.pointer}` })) };
}

function outcomeError({ outcome }: GivenAnswer, allowed: readonly string[]): SchemaError {
  const choices = `"outcome" must be one of ${allowed.join(', ')}`;
  const message = outcome === undefined ? choices : `${choices}, it is ${JSON.stringify(outcome)}`;
  return { code: outcome === undefined ? 'REQUIRED' : 'ENUM', message, pointer: '/outcome' };
}
