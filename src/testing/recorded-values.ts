/** Values of a journal as a test document may hold them: without secrets, and as literals. */
import { secretMark } from '../expression/expression.ts';
import { emptyObject, isObject, type Json, type JsonObject } from '../kit/json.ts';

const secretName = /pass(word|wd|phrase)|secret|token|api[_-]?key|authorization|credential|private[_-]?key|cvv|cvc/i;

/** Values of members that bear the name of a secret, and texts that hold a reference to one. */
export function masked(value: Json): Json {
  if (typeof value === 'string') return value.includes(secretMark) ? '***' : value;
  if (Array.isArray(value)) return value.map((each: Json) => masked(each));
  if (!isObject(value)) return value;
  const members = emptyObject();
  for (const [name, each] of Object.entries(value as JsonObject)) {
    members[name] =
      secretName.test(name) && (typeof each === 'string' || typeof each === 'number') ? '***' : masked(each);
  }
  return members;
}

/** A text of an answer stands for itself: what would be an expression is escaped. */
export function literal(value: Json): Json {
  if (typeof value === 'string') {
    const escaped = value.replaceAll('${', () => '$${');
    return value === '$' ? '$$' : escaped.startsWith('$.') || escaped.startsWith('$$.') ? `$${escaped}` : escaped;
  }
  if (Array.isArray(value)) return value.map((each: Json) => literal(each));
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value as JsonObject).map(([name, each]) => [name, literal(each)]));
}
