/** Values inside an item by the names of their members, as `validate` and `aggregate` steps name them. */
import { member } from '../../kit/json.ts';

export type MemberPath = readonly string[];

export const memberPathOf = (path: string): MemberPath => path.split('.');

/** The value, or null where it is missing. */
export function valueAt(item: unknown, path: MemberPath): unknown {
  let value: unknown = item;
  for (const name of path) {
    value = member(value, name);
    if (value === undefined) return null;
  }
  return value;
}

/** JSON pointer to the value inside the item. */
export const pointerTo = (path: MemberPath): string => path.map((name) => `/${name}`).join('');
