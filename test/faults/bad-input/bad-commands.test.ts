/** Command lines that are wrong in one way each: the exit code, and a first line that names the word at fault. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { runWords } from '../../../src/cli/test-io.ts';
import { type CommandCase, commandCases } from './command-cases.ts';

const casesMin = 500;

describe('bad command lines', () => {
  let folder: string;
  let cases: readonly CommandCase[];
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'bad-commands-'));
    cases = await commandCases();
  });
  after(() => rmSync(folder, { recursive: true }));

  test(`of at least ${casesMin} kinds, no two the same, end with the right code and name the word at fault`, async (t) => {
    assert.ok(cases.length >= casesMin, `${cases.length} cases`);
    assert.equal(new Set(cases.map(({ words }) => words.join('\0'))).size, cases.length, 'no two are the same');
    const wrong: string[] = [];
    for (const { words, code, names } of cases) {
      const env = { MAGICFLOW_DATA_DIR: join(folder, 'data'), MAGICFLOW_SERVER: 'http://127.0.0.1:9' };
      const ran = await runWords(words, { directory: folder, env });
      const [first = '', second = ''] = ran.err.split('\n');
      const isRight = ran.code === code && first.startsWith('magicflow: ') && first.includes(names) && ran.out === '';
      const isShown = code !== 2 || words.length < 2 || second.startsWith('usage: magicflow ');
      if (!isRight || !isShown) wrong.push(`${JSON.stringify(words)} exits ${ran.code}: ${ran.err.slice(0, 200)}`);
    }
    assert.deepEqual(wrong.slice(0, 40), [], `${wrong.length} of ${cases.length}`);
    t.diagnostic(`${cases.length} command lines`);
  });
});
