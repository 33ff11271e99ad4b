/** The tests that lie beside the examples, run as `magicflow test examples` runs them. */
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { shareOf } from './coverage.ts';
import { runSuite } from './suite.ts';

const root = new URL('../../', import.meta.url).pathname;
const folders = globSync('examples/*', { cwd: root }).filter((folder) => !folder.endsWith('.ts'));

describe('the tests of the examples', () => {
  for (const folder of folders) {
    test(`${folder} passes all of its own, and they reach what can be reached`, async () => {
      const files = globSync(`${folder}/*.yaml`, { cwd: root }).map((path) => ({
        path,
        text: readFileSync(`${root}${path}`, 'utf8'),
      }));
      const { cases, problems, coverage } = await runSuite(files);
      assert.deepEqual(problems, []);
      assert.deepEqual(
        cases.flatMap(({ name, failures }) => failures.map(({ message, lines }) => [name, message, ...lines])),
        [],
      );
      assert.ok(cases.length >= 3, `${cases.length} cases`);
      assert.ok(shareOf(coverage.steps) >= 0.8, JSON.stringify(coverage));
    });
  }
});
