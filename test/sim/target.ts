/** What executors change in the world: an idempotent target, and every answer that was ever given for an attempt. */
import type { Json } from '../../src/kit/json.ts';

export interface Target {
  /** Does the work once per key and answers the same ever after. */
  apply(key: string, output: Json): Json;
  /** An executor is about to answer for an attempt. */
  answered(executionId: string, attempt: string, output: Json): void;
  answers(executionId: string, attempt: string): readonly Json[];
  /** A function of an execution will never answer. */
  hung(executionId: string): void;
  hangs(executionId: string): boolean;
}

export function makeTarget(): Target {
  const applied = new Map<string, Json>();
  const hanging = new Set<string>();
  const answers = new Map<string, Json[]>();
  return {
    apply(key, output) {
      if (!applied.has(key)) applied.set(key, output);
      return applied.get(key) ?? null;
    },
    answered(executionId, attempt, output) {
      const key = `${executionId}/${attempt}`;
      const known = answers.get(key) ?? [];
      known.push(output);
      answers.set(key, known);
    },
    answers: (executionId, attempt) => answers.get(`${executionId}/${attempt}`) ?? [],
    hung: (executionId) => void hanging.add(executionId),
    hangs: (executionId) => hanging.has(executionId),
  };
}
