import { deepEqual, isObject } from '../kit/json.ts';
import type { Definition } from './definition.ts';
import { pointerPart } from './yaml/tree.ts';

/**
 * What differs between two definitions, in the words of a reader: steps and branches are compared by name, so that one
 * step put in front does not change all others.
 */
export interface Change {
  /** Like a JSON pointer, with names of steps and branches instead of their places: `/steps/pay/timeout`. */
  readonly path: string;
  readonly kind: 'added' | 'removed' | 'changed';
  readonly before?: unknown;
  readonly after?: unknown;
}

/** Empty where both mean the same. An order that changed stands at the path of its list, with the names before and after. */
export function diffDefinitions(before: Definition, after: Definition): readonly Change[] {
  return diff('', before, after);
}

function diff(path: string, before: unknown, after: unknown): readonly Change[] {
  if (deepEqual(before, after)) return [];
  if (before === undefined) return [{ path, kind: 'added', after }];
  if (after === undefined) return [{ path, kind: 'removed', before }];
  if (isStepList(before) && isStepList(after)) return diffStepLists(path, before, after);
  if (isNamedList(before) && isNamedList(after)) return diffNamed(path, before, after);
  if (isObject(before) && isObject(after)) return diffMembers(path, before, after);
  return [{ path, kind: 'changed', before, after }];
}

type Named = Readonly<Record<string, unknown>> & { readonly name: string };

interface Steps {
  readonly flow: unknown;
  readonly steps: readonly Named[];
}

function isStepList(value: unknown): value is Steps {
  return isObject(value) && 'flow' in value && isNamedList(value['steps']);
}

function isNamedList(value: unknown): value is readonly Named[] {
  return Array.isArray(value) && value.every((item) => isObject(item) && typeof item['name'] === 'string');
}

function diffStepLists(path: string, before: Steps, after: Steps): readonly Change[] {
  const flow: Change[] =
    before.flow === after.flow ? [] : [{ path, kind: 'changed', before: before.flow, after: after.flow }];
  return [...flow, ...diffNamed(path, before.steps, after.steps)];
}

function diffNamed(path: string, before: readonly Named[], after: readonly Named[]): readonly Change[] {
  const old = new Map(before.map((item) => [item.name, item]));
  const fresh = new Map(after.map((item) => [item.name, item]));
  const changes = [...new Set([...old.keys(), ...fresh.keys()])].flatMap((name) =>
    diff(`${path}/${pointerPart(name)}`, old.get(name), fresh.get(name)),
  );
  const kept = {
    before: [...old.keys()].filter((name) => fresh.has(name)),
    after: [...fresh.keys()].filter((name) => old.has(name)),
  };
  return deepEqual(kept.before, kept.after) ? changes : [...changes, { path, kind: 'changed', ...kept }];
}

function diffMembers(path: string, before: Record<string, unknown>, after: Record<string, unknown>): readonly Change[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
  const own = (value: Record<string, unknown>, name: string): unknown =>
    Object.hasOwn(value, name) ? value[name] : undefined;
  return names.flatMap((name) => diff(`${path}/${pointerPart(name)}`, own(before, name), own(after, name)));
}
