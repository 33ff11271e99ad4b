/** The samples of the README and of Getting started, run as they stand. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { parseDocuments } from '../../src/model/parse.ts';
import { type ExampleProcess, openExample, runCommand } from '../support/example.ts';
import { openPlatform, type PlatformProcess } from '../support/platform.ts';

const root = new URL('../../', import.meta.url).pathname;
const readme = readFileSync(`${root}README.md`, 'utf8');
const guide = readFileSync(`${root}docs/getting-started.md`, 'utf8');

/** The blocks of a language, in their order. */
function blocks(text: string, language: string): string[] {
  return [...text.matchAll(new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``, 'g'))].map(([, block = '']) => block);
}

describe('the samples of the docs', () => {
  let platform: PlatformProcess;
  let executors: ExampleProcess;

  before(async () => {
    platform = await openPlatform();
    executors = await openExample('user-onboarding', platform);
  });
  after(async () => {
    await executors.close();
    await platform.close();
  });

  test('the README shows the two commands', () => {
    const [commands = ''] = blocks(readme, 'sh');
    assert.match(commands, /^npm install && npm start /m);
    assert.match(commands, /^npm install && npm test /m);
  });

  test('its commands lead to a completed execution', async () => {
    const lines = (blocks(readme, 'sh')[1] ?? '').split('\n').filter((line) => line.startsWith('bin/magicflow'));
    assert.equal(lines.length, 2);
    const printed: string[] = [];
    for (const line of lines) printed.push(await runCommand(line, platform));
    assert.match(printed.join(''), /status +completed/);
  });

  test('its YAML is a workflow without a problem', () => {
    const [steps = ''] = blocks(readme, 'yaml');
    const text =
      `apiVersion: workflow.magic-flow.io/v2\nkind: Workflow\nmetadata: { name: sample, version: 1.0.0 }\nspec:\n${steps
        .split('\n')
        .map((line) => `  ${line}`)
        .join('\n')}`.replace('$.total.amount', '$.input.amount');
    assert.deepEqual(parseDocuments(text).diagnostics, []);
  });

  test('Getting started works with nothing but curl', async () => {
    const block = blocks(guide, 'sh').find((sample) => sample.startsWith('TOKEN=')) ?? '';
    const commands = block
      .replace('$(cat data/admin-token)', platform.token)
      .replaceAll('http://localhost:8080', platform.url)
      .replaceAll('curl ', 'curl -sS ');
    const { stdout } = await promisify(execFile)('bash', ['-ec', commands], { cwd: root });
    assert.match(stdout, /"status":"completed"/);
  });

  test('the sample of library mode runs', async () => {
    const sample = blocks(guide, 'ts').find((block) => block.includes('openEngine')) ?? '';
    const folder = mkdtempSync(join(tmpdir(), 'magicflow-docs-'));
    try {
      const yaml = [
        'apiVersion: magicflow.io/v2',
        'kind: Workflow',
        'metadata: { name: user-onboarding, version: 1.0.0 }',
        'spec: { steps: [{ name: validate, type: function, executor: user-service, function: validateUserData }] }',
      ].join('\n');
      const script = sample
        .replace("from 'magicflow'", `from '${root}src/library.ts'`)
        .replace('sqlite:./data', `sqlite:${folder}/data`)
        .replace('yamlText', JSON.stringify(yaml));
      writeFileSync(join(folder, 'sample.mts'), `${script}\nconsole.log(ended.status, JSON.stringify(ended.output));`);
      const { stdout } = await promisify(execFile)(process.execPath, [join(folder, 'sample.mts')]);
      assert.equal(stdout.trim(), 'completed {"valid":true}');
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
