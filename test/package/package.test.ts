/** The package as users get it: built, packed, installed in an empty folder, run from its built JS. */
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';

const root = new URL('../..', import.meta.url).pathname;
/** Coverage of the built files would be counted for nothing. */
const env = { ...process.env, NODE_V8_COVERAGE: '', MAGICFLOW_ADMIN_TOKEN: '' };

describe('the package', () => {
  const folder = mkdtempSync(join(tmpdir(), 'magicflow-package-'));
  const run = (command: string, args: readonly string[], cwd = folder): string =>
    execFileSync(command, [...args], { cwd, encoding: 'utf8', env, stdio: ['ignore', 'pipe', 'inherit'] });

  before(() => {
    run('npm', ['pack', '--silent', '--pack-destination', folder], root);
    const [tarball] = readdirSync(folder).filter((name) => name.endsWith('.tgz'));
    writeFileSync(join(folder, 'package.json'), '{"name":"user","private":true,"type":"module"}');
    run('npm', ['install', '--silent', '--no-audit', '--no-fund', `./${tarball}`]);
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  test('holds no test and no source that is not built', () => {
    const files = run('tar', ['-tzf', readdirSync(folder).find((name) => name.endsWith('.tgz')) ?? '']).split('\n');
    assert.deepEqual(
      files.filter((file) => /\.(test|conformance)\.|(?<!\.d)\.ts$/.test(file)),
      [],
    );
    assert.ok(files.includes('package/bin/magicflow') && files.includes('package/LICENSE'));
  });

  test('installs both commands', () => {
    for (const name of ['magicflow', 'magic-flow']) {
      assert.match(run(`node_modules/.bin/${name}`, ['--version']), /\d+\.\d+\.\d+/);
    }
  });

  /** A platform of the installed package; resolves once it has said where it listens. */
  async function startPlatform(data: string): Promise<{ url: string; stop(): Promise<number> }> {
    const args = ['start', '--port', '0', '--dashboard-port', '0', '--data', join(folder, data)];
    const child = spawn(join(folder, 'node_modules/.bin/magicflow'), args, {
      cwd: folder,
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let printed = '';
    const url = await new Promise<string>((resolve, reject) => {
      const read = (chunk: Buffer): void => {
        printed += chunk.toString();
        const found = /http:\/\/\S+?:\d+/.exec(printed);
        if (found) resolve(found[0]);
      };
      child.stdout.on('data', read);
      child.stderr.on('data', read);
      child.once('exit', (code) => reject(new Error(`it ended with ${code}: ${printed}`)));
    });
    child.removeAllListeners('exit');
    return {
      url,
      async stop() {
        const exited = once(child, 'exit');
        child.kill('SIGTERM');
        return (await exited)[0] as number;
      },
    };
  }

  test('starts a platform that is ready, and ends it on SIGTERM', async () => {
    const { url, stop } = await startPlatform('data');
    assert.equal((await fetch(`${url}/ready`)).status, 200);
    assert.equal(await stop(), 0);
  });

  test('brings its threads: a long definition is read, a script runs, a message is kept, a list is answered', async () => {
    const { url, stop } = await startPlatform('data');
    try {
      const token = readFileSync(join(folder, 'data/admin-token'), 'utf8').trim();
      const call = async (path: string, init: RequestInit, type: string): Promise<Record<string, unknown>> => {
        const headers = { authorization: `Bearer ${token}`, 'content-type': type };
        const answer = await fetch(`${url}/api/v1/${path}`, { ...init, headers });
        assert.ok(answer.ok, `${path} answers ${answer.status}: ${await answer.clone().text()}`);
        return (await answer.json()) as Record<string, unknown>;
      };
      const text = `${'# A definition that is too long for the main thread.\n'.repeat(2_000)}apiVersion: magicflow.io/v2
kind: Workflow
metadata: { name: w, version: 1.0.0 }
spec:
  steps: [{ name: s, type: transform, script: 'return input.n + 1;' }, { name: t, type: publish, topic: made, message: $.s }]
  output: { n: $.s }`;
      await call('workflows', { method: 'POST', body: text }, 'application/yaml');
      const body = JSON.stringify({ input: { n: 41 } });
      const ended = await call('workflows/w/execute?wait=20s', { method: 'POST', body }, 'application/json');
      assert.deepEqual([ended['status'], ended['output']], ['completed', { n: 42 }]);
      const made = await call('topics/made/messages', { method: 'GET' }, 'application/json');
      assert.equal((made['messages'] as readonly { body: { data: unknown } }[])[0]?.body.data, 42);
      const list = await call('executions', { method: 'GET' }, 'application/json');
      assert.equal((list['executions'] as readonly unknown[]).length, 1);
    } finally {
      assert.equal(await stop(), 0);
    }
  });

  test('is a library and an executor runtime too', () => {
    const script = `
      import { openEngine } from 'magicflow';
      import { createExecutor } from 'magicflow/executor';
      import { verifyWebhook } from 'magicflow/webhook';
      const engine = await openEngine({ storage: 'sqlite:./library-data' });
      engine.executor('e').register('f', (input) => ({ doubled: input.n * 2 }));
      await engine.deploy(['apiVersion: magicflow.io/v2', 'kind: Workflow', 'metadata: { name: w, version: 1.0.0 }',
        'spec: { steps: [{ name: s, type: function, executor: e, function: f }] }'].join('\\n'));
      const ended = await engine.execute('w', { n: 21 });
      await engine.close();
      console.log(ended.status, ended.output.doubled, typeof createExecutor, typeof verifyWebhook);`;
    writeFileSync(join(folder, 'use.js'), script);
    assert.equal(run(process.execPath, ['use.js']).trim(), 'completed 42 function function');
  });
});
