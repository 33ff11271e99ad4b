import type { Json } from '../kit/json.ts';

/** One attempt of a step that calls somebody, as a test sees it. */
export interface Call {
  readonly workflow: string;
  readonly executionId: string;
  /** Path of the step, and its name. */
  readonly step: string;
  readonly name: string;
  /** `executor/function`, or the name of the connector. */
  readonly target: string;
  readonly attempt: number;
  readonly input: Json;
  /** Milliseconds after the start of the case. */
  readonly at: number;
}

const nameOf = (path: string): string => path.slice(path.lastIndexOf('.') + 1);

/** The last name of a path; in a loop a path ends with the name of the step too. */
export const stepNameOf = (path: string): string => nameOf(path).replace(/\[\d+\]$/, '');

/** The names that a call answers to, the most exact first. Steps of a called workflow need its name before theirs. */
export function keysOf(call: Pick<Call, 'workflow' | 'step' | 'name' | 'target'>, workflow: string): readonly string[] {
  const own = [...new Set([call.step, call.name])];
  const inside = own.map((key) => `${call.workflow}:${key}`);
  return call.workflow === workflow ? [...own, ...inside, call.target] : [...inside, call.target];
}

export function answersTo(call: Call, key: string, workflow: string): boolean {
  return keysOf(call, workflow).includes(key);
}
