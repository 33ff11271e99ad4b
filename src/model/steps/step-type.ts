import { type Fields, type Read, readFields } from '../fields/field.ts';
import type { Sink } from '../sink.ts';
import type { Spot } from '../yaml/tree.ts';
import type { OwnDraft } from './draft.ts';
import type { CommonFields } from './step-fields.ts';

/** One type of step: its table, and what its fields become. */
export interface StepType {
  readonly name: string;
  readonly aliases: readonly string[];
  readonly doc: string;
  /** Common fields first. */
  readonly fields: Fields;
  /** Takes the workflow's retry policy: its attempts are calls of something outside. */
  readonly inheritsRetry: boolean;
  read(spot: Spot, sink: Sink): { readonly common: Read<CommonFields>; readonly own: OwnDraft };
}

interface StepTypeParts<F extends Fields> {
  readonly name: string;
  readonly aliases?: readonly string[];
  readonly doc: string;
  readonly common: CommonFields;
  readonly own: F;
  readonly inheritsRetry?: boolean;
  draft(read: Read<F>, at: { readonly spot: Spot; readonly sink: Sink }): OwnDraft;
}

export function stepType<F extends Fields>(parts: StepTypeParts<F>): StepType {
  const fields = { ...parts.common, ...parts.own };
  return {
    name: parts.name,
    aliases: parts.aliases ?? [],
    doc: parts.doc,
    fields,
    inheritsRetry: parts.inheritsRetry ?? false,
    read(spot, sink) {
      const read = readFields(fields, spot, sink, articled(parts.name));
      return { common: pick(read, parts.common), own: parts.draft(pick(read, parts.own), { spot, sink }) };
    },
  };
}

/** The members that belong to one table. */
function pick<F extends Fields>(read: Readonly<Record<string, unknown>>, fields: F): Read<F> {
  return Object.fromEntries(Object.entries(read).filter(([member]) => Object.hasOwn(fields, member))) as Read<F>;
}

const articled = (name: string): string => `${/^[aeiou]/.test(name) ? 'an' : 'a'} ${name} step`;
