/** The guide's samples are one folder: its workflow, and tests that pass. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { runSuite } from './suite.ts';

const guide = readFileSync(new URL('../../docs/guides/testing.md', import.meta.url), 'utf8');
const samples = [...guide.matchAll(/^```yaml\n([\s\S]*?)^```$/gm)].map(([, text = ''], index) => ({
  path: `${index}.yaml`,
  text,
}));

test('every case of the guide passes', async () => {
  const { cases, problems } = await runSuite(samples);
  assert.deepEqual(problems, []);
  assert.deepEqual(
    cases.flatMap(({ name, failures }) => failures.map(({ message, lines }) => [name, message, ...lines])),
    [],
  );
  assert.equal(cases.length, 9);
});

test('the table of failures in the guide is what is printed', async () => {
  const { drillLines, plain } = await import('./report/text-report.ts');
  const { drills } = await runSuite(samples, { failEachStep: true, filter: 'a small refund' });
  const printed = drillLines(drills, plain);
  const [, table = ''] = /```\n( {2}STEP[\s\S]*?)```/.exec(guide) ?? [];
  for (const line of table.trimEnd().split('\n')) assert.ok(printed.includes(line), `${line}\n${printed.join('\n')}`);
});
