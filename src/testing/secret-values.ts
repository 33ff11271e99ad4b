import { secretMark } from '../expression/expression.ts';
import { isObject, type Json, type JsonObject } from '../kit/json.ts';
import type { Texts } from '../model/workflow-test.ts';

const mark = new RegExp(`${secretMark}([^\0]+)\0`, 'g');

/** The value of a secret in a case: its own, else one that says which it stands for. */
export const secretOf = (secrets: Texts, name: string): string =>
  Object.hasOwn(secrets, name) ? (secrets[name] ?? '') : `secret:${name}`;

/** What a case sees of an input: the values of its secrets where the journal holds references. */
export function withSecrets(value: Json, secrets: Texts): Json {
  if (typeof value === 'string') return value.replaceAll(mark, (_, name: string) => secretOf(secrets, name));
  if (Array.isArray(value)) return value.map((each: Json) => withSecrets(each, secrets));
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value as JsonObject).map(([name, each]) => [name, withSecrets(each, secrets)]),
  );
}
