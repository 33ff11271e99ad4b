import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, beforeEach, describe, it } from 'node:test';
import { type TestCall, TestPlatform, type Verdict } from '../../sdk/typescript/test-platform.ts';
import { commandNames } from './commands.ts';
import { runWords, type TestIo } from './test-io.ts';

const root = join(import.meta.dirname, '../..');
const folder = mkdtempSync(join(tmpdir(), 'cli-'));
after(() => rmSync(folder, { recursive: true }));
mkdirSync(join(folder, 'data'));
writeFileSync(join(folder, 'data/admin-token'), 'mf_local\n');

const workflow = `apiVersion: workflow.magic-flow.io/v2
kind: Workflow
metadata: { name: hello, version: 1.0.0 }
spec:
  steps:
    - { name: greet, type: function, executor: greeter, function: greet }
`;
mkdirSync(join(folder, 'workflows/deep'), { recursive: true });
writeFileSync(join(folder, 'workflows/deep/hello.yaml'), workflow);
writeFileSync(join(folder, 'workflows/values.yml'), 'replicas: 3\n');
writeFileSync(join(folder, 'input.json'), '{"a":1}');

const executionId = `exec_${'0'.repeat(26)}`;

describe('commands without a server', () => {
  const run = (words: string, options: TestIo = {}) => runWords(words.split(' '), { directory: folder, ...options });

  it('help lists every command, and explains each with its flags and examples', async () => {
    const { out, code } = await runWords([]);
    assert.equal(code, 0);
    for (const name of commandNames) {
      assert.match(out, new RegExp(`^  ${name} `, 'm'));
      const explained = await runWords([name, '--help']);
      assert.equal(explained.code, 0);
      assert.match(explained.out, new RegExp(`^magicflow ${name}`));
      assert.match(explained.out, /examples\n {2}magicflow /);
      assert.deepEqual(await runWords(['help', name]), explained);
    }
  });

  it('version is printed by three words', async () => {
    for (const word of ['version', '--version', '-v']) assert.match((await run(word)).out, /^magicflow \d+\.\d+\.\d+/);
  });

  it('completion names every command for each shell, and bash takes its script', async () => {
    for (const shell of ['bash', 'zsh', 'fish']) {
      const { out } = await run(`completion ${shell}`);
      for (const name of commandNames) assert.ok(out.includes(name), `${shell}: ${name}`);
    }
    execFileSync('bash', ['-n'], { input: (await run('completion bash')).out });
  });

  it('schema is JSON', async () => {
    assert.equal(JSON.parse((await run('schema')).out).$schema, 'https://json-schema.org/draft/2020-12/schema');
  });

  it('validate finds the definitions of a folder and passes over other files', async () => {
    assert.deepEqual(await run('validate --workflows workflows'), {
      code: 0,
      out: '1 file: 0 errors, 0 warnings\n',
      err: '',
    });
  });

  it('validate takes a definition from stdin, and tells its problems as of "-"', async () => {
    assert.equal((await run('validate -', { stdin: workflow })).code, 0);
    const { code, out, err } = await run('validate -', { stdin: workflow.replace('greet, type', 'greet, tipe') });
    assert.equal(code, 3);
    assert.match(`${out}${err}`, /^-:\d+:\d+: error FIELD_/m);
  });

  it('validate prints each problem with its place, and warnings stop only --strict', async () => {
    const path = join(root, 'examples/user-onboarding/workflow.yaml');
    const lenient = await run(`validate ${path}`);
    assert.equal(lenient.code, 0);
    assert.match(lenient.out, /workflow\.yaml:\d+:\d+: warning STEP_UNDEFINED .*notify-validation-error/);
    assert.match(lenient.out, /1 file: 0 errors, 4 warnings/);
    assert.equal((await run(`validate --strict ${path}`)).code, 3);
    const json = await run(`validate -o json ${path}`);
    assert.equal(JSON.parse(json.out).length, 4);
  });

  it('config check tells the kind of file and its problems', async () => {
    const seed = join(root, 'test/support/seed/config');
    const { code, out } = await run(`config check ${seed}/magicflow.yaml ${seed}/executor.yaml`);
    assert.equal(code, 0);
    assert.match(out, /platform configuration, no problems[\s\S]*executor configuration, no problems/);
    writeFileSync(join(folder, 'broken.yaml'), 'server: { prt: 1 }\n');
    const broken = await run('config check broken.yaml');
    assert.match(broken.out, /^broken\.yaml:1:11: server has no field "prt"/);
  });
});

describe('commands with a server', () => {
  let platform: TestPlatform;
  const answers = new Map<string, (call: TestCall) => Verdict>();
  const answer = (call: string, body: unknown, status = 200) => answers.set(call, () => ({ status, body }));
  const run = (words: readonly string[], options: TestIo = {}) =>
    runWords(words, { directory: folder, env: { MAGICFLOW_SERVER: platform.url }, ...options });
  const lastCall = () => platform.calls.at(-1);

  beforeEach(async () => {
    platform = await TestPlatform.open();
    answers.clear();
    platform.onCall = (call) => answers.get(`${call.method} ${call.path.replace(/\?.*/, '')}`)?.(call);
  });
  afterEach(() => platform.close());

  it('the token is the flag, else the variable, else the one a local server left', async () => {
    answer('GET /api/v1/workflows', { workflows: [] });
    const tokens: (string | undefined)[] = [];
    const env = { MAGICFLOW_SERVER: platform.url };
    await run(['list', '--token', 'flag'], { env: { ...env, MAGICFLOW_TOKEN: 'variable' } });
    tokens.push(lastCall()?.headers.authorization);
    await run(['list'], { env: { ...env, MAGICFLOW_TOKEN: 'variable' } });
    tokens.push(lastCall()?.headers.authorization);
    await run(['list']);
    tokens.push(lastCall()?.headers.authorization);
    await run(['list'], { directory: tmpdir() });
    tokens.push(lastCall()?.headers.authorization);
    assert.deepEqual(tokens, ['Bearer flag', 'Bearer variable', 'Bearer mf_local', undefined]);
  });

  it('the workspace is the flag, else the variable, else the token’s own', async () => {
    answer('GET /api/v1/workflows', { workflows: [] });
    const named = async (words: readonly string[], variables = {}): Promise<unknown> => {
      await run(words, { env: { MAGICFLOW_SERVER: platform.url, ...variables } });
      return lastCall()?.headers['x-magicflow-workspace'];
    };
    assert.equal(await named(['list', '--workspace', 'flag'], { MAGICFLOW_WORKSPACE: 'variable' }), 'flag');
    assert.equal(await named(['list'], { MAGICFLOW_WORKSPACE: 'variable' }), 'variable');
    assert.equal(await named(['list']), undefined);
  });

  it('deploy sends each file and prints what it became', async () => {
    const warning = { code: 'STEP_UNREACHABLE', severity: 'warning', message: 'nobody goes there', line: 3, column: 5 };
    answer(
      'POST /api/v1/workflows',
      { name: 'hello', version: '1.0.0', status: 'active', diagnostics: [warning] },
      201,
    );
    const ran = await run(['deploy', '--strict', 'workflows/deep/hello.yaml']);
    assert.deepEqual(ran, {
      code: 0,
      out: 'hello 1.0.0 active\n',
      err: 'workflows/deep/hello.yaml:3:5: warning STEP_UNREACHABLE nobody goes there\n',
    });
    assert.equal(lastCall()?.body, workflow);
    assert.match(lastCall()?.path ?? '', /strict=true/);
  });

  it('a refused definition exits 3 with every problem, a conflict 1', async () => {
    const errors = [{ code: 'FIELD_UNKNOWN', message: 'no such field', pointer: '/spec', line: 4, column: 1 }];
    answer(
      'POST /api/v1/workflows',
      { code: 'DEFINITION_INVALID', detail: 'one problem', errors, request_id: 'r1' },
      422,
    );
    const refused = await run(['deploy', 'workflows/deep/hello.yaml']);
    assert.equal(refused.code, 3);
    assert.match(refused.err, /FIELD_UNKNOWN no such field[\s\S]*one problem \(DEFINITION_INVALID, request r1\)/);
    answer('POST /api/v1/workflows', { code: 'VERSION_CONFLICT', detail: 'raise the version' }, 409);
    assert.equal((await run(['deploy', 'workflows/deep/hello.yaml'])).code, 1);
  });

  const started = { execution_id: executionId, workflow_name: 'hello', version: '1.0.0', status: 'running' };

  it('run starts with input from words, a file or stdin', async () => {
    answer('POST /api/v1/workflows/hello/execute', started, 202);
    const inputs: unknown[] = [];
    for (const input of ['{"a":1}', '@input.json', '-']) {
      const ran = await run(['run', 'hello', '--input', input, '--priority', '7', '--wait', '5s'], {
        stdin: '{"a":1}',
      });
      assert.equal(ran.code, 0);
      assert.match(ran.out, /status +running/);
      inputs.push(lastCall()?.body);
    }
    assert.deepEqual(inputs, Array(3).fill({ input: { a: 1 }, options: { priority: 7 } }));
    assert.match(lastCall()?.path ?? '', /wait=5s/);
  });

  it('run exits 1 where the execution failed within its wait', async () => {
    answer('POST /api/v1/workflows/hello/execute', { ...started, status: 'failed', error: { code: 'BOOM' } });
    const ran = await run(['run', 'hello', '-o', 'json']);
    assert.equal(ran.code, 1);
    assert.equal(JSON.parse(ran.out).error.code, 'BOOM');
  });

  const journalEvents = [
    { position: 1, at: '2026-01-01T10:00:00.000Z', type: 'execution.started' },
    { position: 2, at: '2026-01-01T10:00:00.100Z', type: 'step.scheduled', step: 'greet' },
    {
      position: 3,
      at: '2026-01-01T10:00:01.000Z',
      type: 'step.failed',
      step: 'greet',
      error: { code: 'X', message: 'evil\u001b[2J' },
    },
    { position: 4, at: '2026-01-01T10:00:01.000Z', type: 'execution.closed', status: 'failed' },
  ];
  const streamAll = () =>
    answers.set(`GET /api/v1/executions/${executionId}/stream`, ({ response }) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      const events = journalEvents.map(
        (event) => `id: ${event.position}\nevent: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`,
      );
      response.end(`${events.join('')}event: end\ndata: {}\n\n`);
      return 'hang';
    });

  it('run --watch prints plain lines in a pipe and exits by how it ended', async () => {
    answer('POST /api/v1/workflows/hello/execute', started, 202);
    answer(`GET /api/v1/executions/${executionId}`, { ...started, status: 'failed', error: { code: 'X' } });
    streamAll();
    const ran = await run(['run', 'hello', '--watch']);
    assert.equal(ran.code, 1);
    assert.match(ran.out, /^10:00:00\.000 {2}execution\.started\n10:00:00\.100 {2}step\.scheduled {8}greet\n/);
    assert.match(ran.out, /step\.failed +greet +X: evil\?\[2J/);
    assert.ok(!ran.out.includes('\u001b'));
    answer(`GET /api/v1/executions/${executionId}`, { ...started, status: 'completed' });
    const json = await run(['run', 'hello', '--watch', '-o', 'json']);
    assert.equal(json.code, 0);
    assert.equal(JSON.parse(json.out).status, 'completed');
  });

  it('on a terminal the last line shows what runs', async () => {
    streamAll();
    const { out } = await run(['logs', '-f', executionId], { isTerminal: true });
    assert.ok(out.includes('… greet'));
    assert.ok(out.includes('\u001b[31mstep.failed'));
  });

  it('logs and journal read page after page', async () => {
    answers.set(`GET /api/v1/executions/${executionId}/journal`, ({ path }) => {
      const after = Number(new URLSearchParams(path.split('?')[1]).get('after'));
      return { status: 200, body: { events: journalEvents.slice(after, after + 2), has_more: after < 2 } };
    });
    assert.equal((await run(['logs', executionId])).out.split('\n').length, 5);
    const json = await run(['journal', executionId, '-o', 'json']);
    assert.deepEqual(
      JSON.parse(json.out).map((event: { position: number }) => event.position),
      [1, 2, 3, 4],
    );
    assert.match((await run(['journal', executionId, '--after', '2'])).out, /^POSITION[\s\S]*\n3 [\s\S]*\n4 /);
  });

  it('list prints tables and tells the next page', async () => {
    answer('GET /api/v1/workflows', { workflows: [{ name: 'hello', version: '1.0.0', status: 'active' }] });
    assert.equal((await run(['list'])).out, 'NAME   VERSION  STATUS  DESCRIPTION\nhello  1.0.0    active  -\n');
    answer('GET /api/v1/executions', { executions: [started], pagination: { next_cursor: 'c2' } });
    const ran = await run(['list', 'executions', '--status', 'failed,running', '--limit', '1']);
    assert.match(ran.out, /^EXECUTION +WORKFLOW/);
    assert.equal(ran.err, 'more: --cursor c2\n');
    assert.match(lastCall()?.path ?? '', /status=failed%2Crunning&limit=1/);
    const filter = ['--version', '1.0.0', '--labels', 'team:a,tier:b', '--from', '2026-03-01', '--to', '2026-03-02'];
    await run(['list', 'executions', ...filter]);
    const asked = new URLSearchParams(lastCall()?.path.split('?')[1]);
    assert.deepEqual(
      ['version', 'labels', 'from', 'to'].map((name) => asked.get(name)),
      ['1.0.0', 'team:a,tier:b', '2026-03-01', '2026-03-02'],
    );
    const yaml = await run(['list', 'executions', '-o', 'yaml']);
    assert.match(yaml.out, /^- execution_id: exec_0/);
  });

  it('get tells executions from workflows', async () => {
    const step = { name: 'greet', type: 'function', status: 'completed', attempt: 1, duration: 0.1 };
    answer(`GET /api/v1/executions/${executionId}`, { ...started, steps: [step] });
    assert.match((await run(['get', executionId])).out, /status +running[\s\S]*greet +function +completed/);
    answer('GET /api/v1/workflows/exec_reports', { name: 'exec_reports', version: '2.0.0', steps: [step] });
    assert.match((await run(['get', 'exec_reports'])).out, /version +2\.0\.0[\s\S]*greet +function/);
    answer('GET /api/v1/workflows/none', { code: 'WORKFLOW_NOT_FOUND', detail: 'no workflow "none"' }, 404);
    const missing = await run(['get', 'none']);
    assert.deepEqual([missing.code, missing.err], [1, 'magicflow: no workflow "none" (WORKFLOW_NOT_FOUND)\n']);
  });

  it('steering commands send their operation for each execution', async () => {
    for (const operation of ['cancel', 'terminate', 'pause', 'resume', 'retry']) {
      for (const id of ['e1', 'e2']) answer(`POST /api/v1/executions/${id}/${operation}`, { status: 'done' });
      const ran = await run([operation, 'e1', 'e2']);
      assert.deepEqual([ran.code, ran.out], [0, 'e1 done\ne2 done\n']);
    }
    await run(['cancel', 'e1', '--reason', 'wrong order']);
    assert.deepEqual(lastCall()?.body, { reason: 'wrong order' });
    answer('POST /api/v1/executions/e1/signals/paid', { status: 'running' });
    assert.equal((await run(['signal', 'e1', 'paid', '--payload', '{"sum":3}'])).out, 'e1 running\n');
    assert.deepEqual(lastCall()?.body.payload, { sum: 3 });
    await run(['signal', 'e1', 'paid', '--key', 'order-7']);
    assert.deepEqual([lastCall()?.body.key, lastCall()?.body.payload], ['order-7', null]);
  });

  it('human tasks are listed, shown, taken, given back and answered', async () => {
    const task = { id: 'human_1', title: 'Pay?', status: 'open', assignees: ['ada', 'bob'], execution_id: 'e1' };
    answer('GET /api/v1/human-tasks', { human_tasks: [task], pagination: { next_cursor: 'c2' } });
    const listed = await run(['human-tasks', 'list', '--assignee', 'ada', '--status', 'open', '--limit', '1']);
    assert.match(listed.out, /^ID +TITLE[\s\S]*human_1 +Pay\? +open +ada, bob/);
    assert.equal(listed.err, 'more: --cursor c2\n');
    assert.match(lastCall()?.path ?? '', /assignee=ada&status=open&limit=1/);
    const fields = [{ name: 'sum', type: 'number', required: true, default: 3 }];
    answer('GET /api/v1/human-tasks/human_1', { ...task, fields, outcomes: ['approved'] });
    assert.match((await run(['human-tasks', 'show', 'human_1'])).out, /title +Pay\?[\s\S]*sum +number +yes +3/);
    answer('POST /api/v1/human-tasks/human_1/claim', { ...task, status: 'claimed' });
    assert.equal((await run(['human-tasks', 'claim', 'human_1'])).out, 'human_1 claimed\n');
    answer('POST /api/v1/human-tasks/human_1/unclaim', task);
    assert.equal((await run(['human-tasks', 'unclaim', 'human_1'])).out, 'human_1 open\n');
    answer('POST /api/v1/human-tasks/human_1/complete', { ...task, status: 'completed' });
    const words = ['human-tasks', 'complete', 'human_1', '--answer', '{"sum":5}', '--outcome', 'approved'];
    assert.equal((await run([...words, '--comment', 'fine'])).out, 'human_1 completed\n');
    assert.deepEqual(lastCall()?.body, { answer: { sum: 5 }, outcome: 'approved', comment: 'fine' });
    const wrong = {
      code: 'ANSWER_INVALID',
      detail: 'no',
      errors: [{ code: 'TYPE', message: 'a number', pointer: '/answer/sum' }],
    };
    answer('POST /api/v1/human-tasks/human_1/complete', wrong, 422);
    const refused = await run(words);
    assert.equal(refused.code, 3);
    assert.match(refused.err, /\/answer\/sum.*a number/);
  });

  it('tokens are made, listed and revoked', async () => {
    answer('POST /api/v1/tokens', { id: 't1', name: 'ci', role: 'viewer', token: 'mf_new' }, 201);
    assert.match(
      (await run(['token', 'create', 'ci', '--role', 'viewer', '--expires-in', '30d'])).out,
      /token +mf_new/,
    );
    assert.deepEqual(lastCall()?.body, { name: 'ci', role: 'viewer', expires_in: '30d' });
    answer('GET /api/v1/tokens', { tokens: [{ id: 't1', name: 'ci', role: 'viewer' }] });
    assert.match((await run(['token', 'list'])).out, /t1 +ci +viewer/);
    answer('DELETE /api/v1/tokens/t1', null);
    assert.equal((await run(['token', 'revoke', 't1'])).out, 't1 revoked\n');
  });
});

describe('the platform from the command line', () => {
  const flags = (name: string) => [
    '--port',
    '0',
    '--dashboard-port',
    '0',
    '--host',
    '127.0.0.1',
    '--data',
    join(folder, name),
  ];

  it('start says where it listens, and ends on a signal', async () => {
    const stop = new AbortController();
    const onLine = (line: string) => line.startsWith('Magic Flow listens on http://') && stop.abort();
    const ran = await runWords(['start', ...flags('one')], { directory: folder, stop: stop.signal, onLine });
    assert.equal(ran.code, 0, ran.err);
    assert.match(ran.out, /admin token .*mf_[0-9a-z]+\n/);
  });

  it('dev deploys what is there and what is saved, and prints what the API answers', async () => {
    const stop = new AbortController();
    const place = join(folder, 'devflows');
    mkdirSync(place);
    writeFileSync(join(place, 'hello.yaml'), workflow);
    const seen: string[] = [];
    const onLine = (line: string) => {
      seen.push(line);
      if (line.startsWith('watching'))
        setTimeout(() => writeFileSync(join(place, 'hello.yaml'), workflow.replace('greet,', 'great,')), 20);
      if (line.includes('VERSION_CONFLICT'))
        writeFileSync(join(place, 'hello.yaml'), workflow.replace('1.0.0', '1.1.0'));
      if (line === 'hello 1.1.0 active') stop.abort();
    };
    const timer = setTimeout(() => stop.abort(), 8_000);
    const ran = await runWords(['dev', place, ...flags('two')], { directory: folder, stop: stop.signal, onLine });
    clearTimeout(timer);
    assert.equal(ran.code, 0, ran.err);
    assert.deepEqual(
      seen.filter((line) => line.startsWith('hello')),
      ['hello 1.0.0 active', 'hello 1.1.0 active'],
    );
  });

  it('the launcher gives the words on and the exit code back, and ends at once when it is told to', async () => {
    const launcher = join(root, 'bin/magicflow');
    for (const name of [launcher, join(root, 'bin/magic-flow')])
      assert.match(execFileSync(process.execPath, [name, '--version'], { encoding: 'utf8' }), /^magicflow /);
    const child = spawn(process.execPath, [launcher, 'start', ...flags('three')], { cwd: folder });
    child.stdout.on('data', (text: Buffer) => String(text).includes('listens') && child.kill('SIGTERM'));
    const code = await new Promise((resolve) => child.on('exit', resolve));
    assert.equal(code, 0);
  });
});
