/** `magicflow test`, from its words to its report and exit code. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { call, testText, workflowText } from '../testing/make-suite.ts';
import { runWords } from './test-io.ts';

const flow = workflowText(`steps:\n  - {name: pay, ${call}}\n  - {name: bill, ${call}, when: $.pay.due}`);
const sound = testText('mocks: {pay: {response: {}}}\ncases:\n  - {name: pays, expect: {status: completed}}');
const failing = testText(
  'mocks: {pay: {response: {}}}\ncases:\n  - {name: pays, expect: {}}\n  - {name: "fails <&> \\"quoted\\"", expect: {output: {a: 1}}}',
);

describe('magicflow test', () => {
  let directory = '';
  const write = (path: string, text: string): void => writeFileSync(join(directory, path), text);
  const run = (...words: string[]) => runWords(['test', ...words], { directory });

  before(() => {
    directory = mkdtempSync(join(tmpdir(), 'magicflow-test-'));
    for (const folder of ['good', 'bad', 'lost', 'none']) mkdirSync(join(directory, folder));
    write('good/flow.yaml', flow);
    write('good/flow.test.yaml', sound);
    write('bad/flow.yaml', flow);
    write('bad/flow.test.yaml', failing);
    write('lost/flow.test.yaml', sound);
    write('lost/other.yaml', 'just: some\nyaml: file\n');
    write('none/other.yaml', 'just: some\nyaml: file\n');
  });
  after(() => rmSync(directory, { recursive: true }));

  test('passes with 0, a line a case and what was not covered', async () => {
    const { code, out, err } = await run('good');
    assert.deepEqual([code, err], [0, '']);
    assert.match(out, /^flow-tests {2}good\/flow\.test\.yaml\n {2}✓ pays\n\n1 passed in \d+\.\d s\n/);
    assert.match(
      out,
      /covered: steps 1 of 2 \(50 %\), branches 1 of 2 \(50 %\)\n {2}never reached in flow 1\.0\.0 {2}good\/flow\.yaml\n {4}step {4}bill\n {4}branch {2}bill: its condition is true\n$/,
    );
  });

  test('a single file finds its workflow beside it, and runs its own tests alone', async () => {
    const { code, out } = await run('good/flow.test.yaml');
    assert.equal(code, 0, out);
    assert.match(out, /1 passed/);
  });

  test('fails with 1 and shows the place and both values', async () => {
    const { code, out } = await run('bad');
    assert.equal(code, 1);
    assert.match(
      out,
      /✗ fails <&> "quoted"\n {6}bad\/flow\.test\.yaml:\d+:\d+ output is not what is expected\n {10}output\.a is missing, expected 1\n/,
    );
    assert.match(out, /1 passed, 1 failed/);
  });

  test('a test that does not fit is 3, with its place', async () => {
    const { code, err } = await run('lost');
    assert.equal(code, 3);
    assert.match(err, /^lost\/flow\.test\.yaml:5:\d+: error TEST_MISMATCH no file beside the test/m);
  });

  test('no test at all, and no case that is meant, are a use that is wrong', async () => {
    assert.match((await run('none')).err, /no file of none holds a document of kind WorkflowTest/);
    const { code, err } = await run('good', '--filter', 'nothing like it');
    assert.equal(code, 2);
    assert.match(err, /no case of the tests in good holds "nothing like it"/);
    assert.equal((await run('nowhere')).code, 1);
  });

  test('--filter takes cases by their names and by the names of their tests', async () => {
    assert.match((await run('bad', '--filter', 'PAYS')).out, /1 passed in/);
    assert.match((await run('bad', '--filter', 'flow-tests')).out, /1 passed, 1 failed/);
  });

  test('--min-coverage fails below the share', async () => {
    assert.equal((await run('good', '--min-coverage', '50')).code, 0);
    const { code, err } = await run('good', '--min-coverage', '51');
    assert.equal(code, 1);
    assert.match(err, /covered by 50\.0 %, --min-coverage asks for 51 %/);
  });

  test('reports as JUnit, whose format the name of the file tells, beside the lines for people', async () => {
    const { code, out } = await run('bad', '--output', 'report.xml');
    assert.equal(code, 1);
    assert.match(out, /1 passed, 1 failed/);
    const xml = readFileSync(join(directory, 'report.xml'), 'utf8');
    assert.match(
      xml,
      /^<\?xml version="1\.0" encoding="UTF-8"\?>\n<testsuites tests="2" failures="1" errors="0" time="\d+\.\d{3}">\n/,
    );
    assert.match(
      xml,
      /<testcase name="fails &lt;&amp;&gt; &quot;quoted&quot;" classname="flow" file="bad\/flow\.test\.yaml" line="\d+" time="[\d.]+">\n {6}<failure message="output is not what is expected">/,
    );
  });

  test('documents with errors are errors of the JUnit report too', async () => {
    await run('lost', '--output', 'lost.xml');
    assert.match(
      readFileSync(join(directory, 'lost.xml'), 'utf8'),
      /errors="1"[\s\S]*<error message="lost\/flow\.test\.yaml:5/,
    );
  });

  test('reports as JSON on its own', async () => {
    const { out } = await run('bad', '-o', 'json');
    const report = JSON.parse(out);
    assert.deepEqual(
      [report.passed, report.failed, report.cases[1].failures[0].pointer],
      [1, 1, '/spec/cases/1/expect/output'],
    );
    assert.deepEqual(report.coverage.steps, { covered: 1, total: 2, share: 0.5 });
    assert.deepEqual(report.coverage.workflows[0].steps_missed, ['bill']);
  });

  test('validate checks the tests of a folder too', async () => {
    const { code, out } = await runWords(['validate', '--workflows', 'good'], { directory });
    assert.deepEqual([code, out], [0, '2 files: 0 errors, 0 warnings\n']);
  });

  test('--watch runs again after a change, until it is stopped', async () => {
    const stop = new AbortController();
    const seen: string[] = [];
    const running = runWords(['test', 'good', '--watch'], {
      directory,
      stop: stop.signal,
      onLine(line) {
        if (/^\d+ passed/.test(line)) seen.push(line.replace(/ in .*/, ''));
        if (!line.startsWith('waiting')) return;
        if (seen.length === 1) write('good/flow.test.yaml', sound.replace('completed', 'failed'));
        else stop.abort();
      },
    });
    const { code } = await running;
    write('good/flow.test.yaml', sound);
    assert.deepEqual([code, seen], [1, ['1 passed', '0 passed, 1 failed']]);
  });

  test('colours stand on a terminal alone', async () => {
    const { out } = await runWords(['test', 'good'], { directory, isTerminal: true });
    assert.ok(out.includes('\u001b[32m✓'));
    assert.ok(!(await run('good')).out.includes('\u001b'));
  });
});
