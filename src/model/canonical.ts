import { canonicalJson } from '../kit/json.ts';
import type { Definition } from './definition.ts';

/** One text for definitions that mean the same, whatever their spelling or order of members: what a version's hash is taken of. */
export function canonicalDefinition(definition: Definition): string {
  return canonicalJson(definition);
}
