import { present } from '../../kit/assert.ts';
import type { ConditionCase } from '../definition.ts';
import { expression } from '../fields/expression.ts';
import { type Fields, object, optional, type Read, required } from '../fields/field.ts';
import { either, type Kind, list, reportLength, reportType } from '../fields/kind.ts';
import { branchesMax } from '../limits.ts';
import { purposes, type Sink } from '../sink.ts';
import { entrySpot, findEntry, isList, isMap, type Spot } from '../yaml/tree.ts';
import type { DraftList, Finish, OwnDraft } from './draft.ts';
import { guardedContainerFields } from './step-fields.ts';
import { stepList } from './step-list.ts';
import { stepType } from './step-type.ts';

/**
 * `condition`: three ways to write one choice. `condition` with `then`/`else`; `cases` as a list of tests; `value` with
 * `cases` by literal. All become a list of cases, each with the text of a test, and what runs otherwise.
 */
interface DraftCase {
  readonly when: string | undefined;
  /** Instead of `when`: the literal that `value` must equal, as JSON text. */
  readonly literal?: string;
  readonly list: DraftList | undefined;
}

const caseFields = {
  when: required('when', expression(purposes.condition), 'The first case whose test holds is run.'),
  steps: required('steps', stepList, 'What the case runs.'),
} satisfies Fields;

const caseList: Kind<readonly DraftCase[]> = {
  ...list(object('a case', caseFields), { min: 1, max: branchesMax }),
  read(spot, sink) {
    const cases = list(object('a case', caseFields), { min: 1, max: branchesMax }).read(spot, sink);
    return cases?.map(({ when, steps }: Read<typeof caseFields>) => ({ when, list: steps }));
  },
};

/** Keys keep the type they are written in: `1` is a number, `"1"` a text. */
const caseTable: Kind<readonly DraftCase[]> = {
  expected: 'an object of lists of steps by literal',
  read(spot, sink) {
    if (!isMap(spot)) return reportType(spot, sink, 'a list of cases or an object of lists of steps by literal');
    if (!reportLength(spot, sink, { min: 1, max: branchesMax })) return undefined;
    return spot.node.entries.map((entry) => ({
      when: undefined,
      literal: JSON.stringify(entry.keyValue),
      list: stepList.read(entrySpot(spot, entry), sink),
    }));
  },
  schema: () => ({ type: 'object', additionalProperties: stepList.schema() }),
};

const conditionFields = {
  test: optional('condition', expression(purposes.condition), 'The test; `when` is the guard of the step.'),
  whenTrue: optional('then', stepList, 'Runs where the test holds.'),
  whenFalse: optional('else', stepList, 'Runs where it does not.'),
  value: optional('value', expression(purposes.condition), 'What is compared with the literals of `cases`.'),
  cases: optional(
    'cases',
    either((spot) => isList(spot), caseList, caseTable),
    'A list of {when, steps}, or lists of steps by literal.',
  ),
  default: optional('default', stepList, 'Runs where no case holds.'),
} satisfies Fields;

type Own = Read<typeof conditionFields>;

export const conditionType = stepType({
  name: 'condition',
  aliases: ['switch'],
  doc: 'Chooses one list of steps and runs it.',
  common: guardedContainerFields,
  own: conditionFields,
  draft(own, { spot, sink }): OwnDraft {
    reportForm(spot, sink);
    const cases: readonly DraftCase[] = own.cases ?? [{ when: own.test, list: own.whenTrue }];
    const otherwise = own.whenFalse ?? own.default;
    const lists = [...cases.map((each) => each.list), otherwise].filter((each) => each !== undefined);
    return {
      lists,
      build: (common, finish) => ({
        ...common,
        type: 'condition',
        cases: cases.map((each) => buildCase(each, own, finish)),
        ...(otherwise === undefined ? {} : { otherwise: finish.list(otherwise) }),
      }),
    };
  },
});

function buildCase({ when, literal, list: draft }: DraftCase, own: Own, finish: Finish): ConditionCase {
  const test = literal === undefined ? when : equalTo(present(own.value, 'value of a condition'), literal);
  return { when: present(test, 'test of a case'), list: finish.list(present(draft, 'steps of a case')) };
}

/** `${…}` may leave `$.` out, so what it holds keeps its braces. */
function equalTo(value: string, literal: string): string {
  return value.startsWith('${') ? `\${(${value.slice(2, -1)}) == ${literal}}` : `(${value}) == ${literal}`;
}

/** Which fields belong together: exactly one of the three ways, and nothing of the others. */
function reportForm(spot: Spot, sink: Sink): void {
  const cases = findEntry(spot, 'cases');
  const [form, needed, foreign] =
    cases === undefined
      ? ['"condition" with "then"', ['condition', 'then'], ['value', 'default']]
      : isList(cases)
        ? ['a list of "cases"', ['cases'], ['condition', 'then', 'else', 'value']]
        : ['"value" with "cases"', ['value', 'cases'], ['condition', 'then', 'else']];
  for (const name of needed) {
    if (findEntry(spot, name) === undefined) sink.report('FIELD_MISSING', spot, `${form} needs "${name}"`);
  }
  for (const name of foreign) {
    const entry = findEntry(spot, name);
    if (entry)
      sink.report(
        'FIELD_CONFLICT',
        entry,
        `${form} has no "${name}": use "condition" with "then" and "else", or "cases" with "default"`,
      );
  }
}
