/** An object of the workflow language, put into a document that is sound around it. */
import type { WrongValue } from './wrong-values.ts';

export type Fields = Readonly<Record<string, readonly WrongValue[]>>;

export interface ObjectPlace {
  /** For titles: "a retry policy". */
  readonly title: string;
  /** Of the object, from its document's root. */
  readonly pointer: string;
  /** The lines that make the object sound, one member each; those of required members first. */
  readonly sound: readonly string[];
  readonly required?: readonly string[];
  /** What each field must not hold, by every name it may be written by. */
  readonly fields: Fields;
  /** Fields that another place tries in full; here they get a few wrong values each. */
  readonly shared?: Fields;
  /** Lines that a field excludes, by the names they begin with. */
  readonly excludes?: Readonly<Record<string, readonly string[]>>;
  /** Two names of one field, and a value that is right for it. */
  readonly twins?: readonly (readonly [name: string, alias: string, value: string])[];
  /** Fields that it may not have although others like it may, with a value that would be right for them. */
  readonly useless?: readonly (readonly [name: string, value: string])[];
  /** Fields that are read and not acted on: a warning beside whatever is wrong with them. */
  readonly reserved?: readonly string[];
  /** Codes that stand in the answer whatever is sent, as with a step type that is not run yet. */
  readonly beside?: readonly string[];
  /** What the object as a whole must not be. Default: a text, a number, a list. */
  readonly wrong?: readonly WrongValue[];
  /** The whole document, with the object's lines in it. */
  write(lines: readonly string[]): string;
}

/** A document in which the line that holds `@` stands for the lines of the object, at its column. */
export function documentAround(template: string): (lines: readonly string[]) => string {
  const [, before = '', indent = '', after = ''] = /^([\s\S]*?)([ ]*)@\n([\s\S]*)$/.exec(template) ?? [];
  return (lines) => `${before}${lines.map((line) => `${indent}${line}\n`).join('')}${after}`;
}

const head = `apiVersion: workflow.magic-flow.io/v2
kind: Workflow
metadata: {name: shop, version: 1.0.0}
`;

/** A workflow with these lines below `spec`; `@` stands for the object. */
export const inSpec = (lines: string): ((lines: readonly string[]) => string) =>
  documentAround(`${head}spec:\n${lines}`);

/** A workflow of one step with these lines; `@` stands for the object. */
export const inStep = (lines: string): ((lines: readonly string[]) => string) =>
  inSpec(`  steps:\n    -\n${lines.replaceAll(/^/gm, '      ').trimEnd()}\n`);

export const atStep = '/spec/steps/0';
