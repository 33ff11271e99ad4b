/** Every function of the language by name. `has`, `env` and `secret` are the parser's: they take more than values. */
import { nearest } from '../nearest.ts';
import type { Builtin } from './call.ts';
import { codecFunctions } from './codecs.ts';
import { listFunctions } from './lists.ts';
import { numberFunctions } from './numbers.ts';
import { textFunctions } from './text.ts';
import { timeFunctions } from './times.ts';
import { valueFunctions } from './values.ts';

const builtins: ReadonlyMap<string, Builtin> = new Map(
  [textFunctions, numberFunctions, listFunctions, valueFunctions, codecFunctions, timeFunctions].flatMap((group) =>
    Object.entries(group),
  ),
);

/** For documentation, completion and tests. */
export const functionNames: readonly string[] = [...builtins.keys(), 'has', 'env', 'secret'].sort();

export function findBuiltin(name: string): Builtin | undefined {
  return builtins.get(name);
}

export function suggestBuiltin(name: string): string | undefined {
  return nearest(name, functionNames);
}
