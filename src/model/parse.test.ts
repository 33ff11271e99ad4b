import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type Parsed, parseDocuments } from './parse.ts';
import {
  type BadRow,
  badSpecs,
  badSteps,
  badTexts,
  withSchema,
  withSpec,
  withStep,
  withSteps,
} from './testing/sample-bad-documents.ts';
import { badFlows, badSchemas } from './testing/sample-bad-flows.ts';
import { badWaits } from './testing/sample-bad-waits.ts';

const mark = '«';

const list = (parsed: Parsed): string[] =>
  parsed.diagnostics.map(({ code, pointer, line, column }) => `${code} ${pointer} ${line}:${column}`);

function checkRows(title: string, rows: readonly BadRow[], whole: (text: string) => string): void {
  describe(title, () => {
    rows.forEach(([code, pointer, text], index) => {
      test(`row ${index + 1}: ${code} at ${pointer || 'the document'}`, () => {
        const marked = whole(text);
        // Where no place is marked, only code and pointer are claimed.
        const before = marked.split(mark)[0]?.split('\n') ?? [];
        const place = marked.includes(mark) ? `${before.length}:${(before.at(-1)?.length ?? 0) + 1}` : '';
        const found = list(parseDocuments(marked.replace(mark, '')));
        assert.ok(
          found.some((each) => each.startsWith(`${code} ${pointer} ${place}`)),
          `${code} ${pointer} ${place} is not in\n${found.join('\n')}`,
        );
      });
    });
  });
}

checkRows('texts that are no workflow are refused with their place', badTexts, (text) => text);
checkRows('specs are refused with their place', badSpecs, withSpec);
checkRows('steps are refused with their place', badSteps, withStep);
checkRows('flows are refused with their place', badFlows, withSteps);
checkRows('waits and human tasks are refused with their place', badWaits, withSteps);
checkRows('schemas are refused with their place', badSchemas, withSchema);

test('the table of bad documents is long', () => {
  assert.ok([badTexts, badSpecs, badSteps, badFlows, badSchemas].flat().length >= 150);
});
