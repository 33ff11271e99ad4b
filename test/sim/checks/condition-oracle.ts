/** The one form of condition that generated workflows put on their input, read by hand. Undefined for any other text. */
import { type Json, member } from '../../../src/kit/json.ts';

const form = /^\$\.input\.(\w+) ([<>]) (\d+)$/;

export function conditionHolds(text: string, input: Json): boolean | undefined {
  const [, name, operator, bound] = form.exec(text) ?? [];
  if (name === undefined) return undefined;
  const value = member(input, name);
  if (typeof value !== 'number') return false;
  return operator === '>' ? value > Number(bound) : value < Number(bound);
}
