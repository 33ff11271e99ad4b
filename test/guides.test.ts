/** Every YAML sample of the guides is what it says: a document, steps of a workflow, or a configuration. */
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { checkConfig } from '../src/app/config-file.ts';
import { formatProblem } from '../src/app/config-problem.ts';
import { parseDocuments } from '../src/model/parse.ts';

const root = new URL('../', import.meta.url).pathname;

interface Sample {
  readonly place: string;
  readonly text: string;
}

function samplesOf(file: string): Sample[] {
  const lines = readFileSync(`${root}${file}`, 'utf8').split('\n');
  return lines.flatMap((line, index) => {
    if (!/^```ya?ml\b/.test(line)) return [];
    const end = lines.indexOf('```', index + 1);
    return [{ place: `${file}:${index + 1}`, text: `${lines.slice(index + 1, end).join('\n')}\n` }];
  });
}

/** What the first line begins says what the sample is. */
function problemsOf(text: string): readonly string[] {
  const [first = ''] = text.split('\n').filter((line) => line.trim() !== '' && !line.startsWith('#'));
  if (first.startsWith('apiVersion:')) return diagnosticsOf(text);
  if (!first.startsWith('steps:')) return checkConfig(text, 'sample').problems.map(formatProblem);
  const head =
    'apiVersion: workflow.magic-flow.io/v2\nkind: Workflow\nmetadata: { name: sample, version: 1.0.0 }\nspec:\n';
  return diagnosticsOf(head + text.replace(/^(?=.)/gm, '  '));
}

const diagnosticsOf = (text: string): string[] =>
  parseDocuments(text).diagnostics.map(({ code, pointer, message }) => `${code} at ${pointer}: ${message}`);

describe('the samples of the guides', () => {
  const guides = globSync('docs/guides/**/*.md', { cwd: root }).sort();
  for (const guide of guides) {
    for (const { place, text } of samplesOf(guide)) {
      test(`${place} has no problem`, () => assert.deepEqual(problemsOf(text), []));
    }
  }

  test('are found, and a wrong one would be', () => {
    assert.ok(guides.length > 0 && samplesOf('docs/guides/connectors.md').length >= 8);
    assert.match(problemsOf('steps:\n  - { name: a, type: http, ulr: x }\n').join(), /FIELD_UNKNOWN/);
    assert.match(problemsOf('outbund: {}\n').join(), /did you mean "outbound"/);
  });
});
