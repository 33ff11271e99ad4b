/**
 * Definitions that are wrong in one way each: every object of the language with every field wrong, misspelt, missing or
 * doubled, and whole texts that are no workflow.
 */
import {
  type BadRow,
  badSpecs,
  badSteps,
  badTexts,
  withSchema,
  withSpec,
  withStep,
  withSteps,
} from '../../../../src/model/testing/sample-bad-documents.ts';
import { badFlows, badSchemas } from '../../../../src/model/testing/sample-bad-flows.ts';
import { badWaits } from '../../../../src/model/testing/sample-bad-waits.ts';
import { callPlaces } from './call-places.ts';
import { dataPlaces, flowPlaces } from './data-places.ts';
import { documentPlaces } from './document-places.ts';
import { innerPlaces } from './inner-places.ts';
import { type BadDocument, mark, mutationsOf, openShare, placeOfMark } from './mutations.ts';
import type { ObjectPlace } from './object-place.ts';
import { runStepPlaces } from './step-places.ts';
import { workflowTestPlaces } from './workflow-test-places.ts';

export const objectPlaces: readonly ObjectPlace[] = [
  ...documentPlaces,
  ...runStepPlaces,
  ...innerPlaces,
  ...callPlaces,
  ...dataPlaces,
  ...flowPlaces,
  ...workflowTestPlaces,
];

export function badDefinitions(): BadDocument[] {
  const share = openShare();
  const mutations = objectPlaces.flatMap((place) => mutationsOf(place, share));
  const texts = new Set(mutations.map(({ text }) => text));
  return [...mutations, ...writtenRows().filter(({ text }) => !texts.has(text))];
}

/** The rows that the model's own tests stand on: here they are sent to the server. */
function writtenRows(): BadDocument[] {
  const tables: readonly (readonly [readonly BadRow[], (text: string) => string])[] = [
    [badTexts.filter(([, , text]) => text !== mark), (text) => text],
    [badSpecs, withSpec],
    [badSteps, withStep],
    [badFlows, withSteps],
    [badWaits, withSteps],
    [badSchemas, withSchema],
  ];
  return tables.flatMap(([rows, write]) =>
    rows.map(([code, pointer, row]) => {
      const marked = write(row);
      const text = marked.replace(mark, '');
      return {
        title: JSON.stringify(row).slice(0, 80),
        text,
        place: { code, pointer, ...placeOfMark(marked) },
        beside: ['*'],
      };
    }),
  );
}
