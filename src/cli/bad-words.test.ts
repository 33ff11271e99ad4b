import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import type { ExitCode } from './command.ts';
import { runWords } from './test-io.ts';

const folder = mkdtempSync(join(tmpdir(), 'cli-'));
after(() => rmSync(folder, { recursive: true }));
writeFileSync(join(folder, 'bad.yaml'), 'kind: Workflow\nmetadata: { nam: x }\n');
writeFileSync(join(folder, 'bad-config.yaml'), 'server:\n  prt: 1\n');
writeFileSync(join(folder, 'bad.json'), '{');

/** Nobody listens there. */
const gone = ['--server', 'http://127.0.0.1:9'];

const cases: readonly [words: readonly string[], code: ExitCode, message: RegExp][] = [
  [['stat'], 2, /no command "stat"; did you mean "start"\?/],
  [['Lits'], 2, /no command "Lits"/],
  [['constructor'], 2, /no command "constructor"/],
  [['__proto__'], 2, /no command "__proto__"/],
  [['--frobnicate'], 2, /no command "--frobnicate"/],
  [[''], 2, /no command ""/],
  [['help', 'strt'], 2, /no command "strt"; did you mean "start"/],
  [['help', 'a', 'b'], 2, /"b" is one word too many/],
  [['version', 'now'], 2, /"now" is one word too many/],
  [['schema', 'extra'], 2, /one word too many/],
  [['schema', '--format', 'json'], 2, /no flag --format/],
  [['start', '--prot', '1'], 2, /no flag --prot; did you mean "port"|no flag --prot/],
  [['start', '--dashbord-port', '1'], 2, /did you mean "dashboard-port"/],
  [['start', 'now'], 2, /"now" is one word too many/],
  [['start', '--port'], 2, /--port/],
  [['start', '--port='], 2, /--port needs a value/],
  [['start', '--port', 'x'], 3, /--port: "port" must be a whole number/],
  [['start', '--port', '70000'], 3, /--port: .* 0 to 65535/],
  [['start', '--mode', 'clstr'], 3, /--mode: .*standalone, cluster/],
  [['start', '--log-level', 'loud'], 3, /--log-level/],
  [['start', '--storage', 'oracle://x'], 3, /--storage: .*begins with oracle:/],
  [['start', '--storage', 'postgres://h/d'], 1, /storage "postgres" is not available.*DRIVER_NOT_AVAILABLE/],
  [['start', '--mode', 'cluster', '--storage', 'memory:'], 1, /DRIVER_NOT_AVAILABLE/],
  [['start', '--config', 'none.yaml'], 3, /none\.yaml cannot be read/],
  [
    ['start', '--config', join(folder, 'bad-config.yaml')],
    3,
    /bad-config\.yaml:2:3: server has no field "prt"; did you mean "port"/,
  ],
  [['start', '--dev=yes'], 2, /--dev/],
  [['dev', 'a', 'b'], 2, /one word too many/],
  [['dev', 'nowhere'], 1, /ENOENT/],
  [['dev', '--watch'], 2, /no flag --watch/],
  [['validate'], 2, /needs a file/],
  [['validate', '--workflow', 'd'], 2, /did you mean "workflows"/],
  [['validate', 'none.yaml'], 1, /ENOENT/],
  [['validate', '--workflows', 'nowhere'], 1, /ENOENT/],
  [['validate', '--format', 'xml', 'a.yaml'], 2, /one of table, json, yaml/],
  [['validate', '-o', 'jsn', 'a.yaml'], 2, /did you mean "json"/],
  [['validate', '-x', 'a.yaml'], 2, /-x/],
  [['validate', 'bad.yaml'], 3, /^$/],
  [['deploy'], 2, /FILE is missing/],
  [['deploy', '--strickt', 'bad.yaml'], 2, /did you mean "strict"/],
  [['deploy', 'none.yaml'], 1, /ENOENT/],
  [['deploy', 'bad.yaml', ...gone], 4, /no answer from http:\/\/127\.0\.0\.1:9/],
  [['run'], 2, /WORKFLOW is missing/],
  [['run', 'a', 'b'], 2, /"b" is one word too many/],
  [['run', 'a', '--input', '{x'], 2, /--input is no JSON: line 1, column 2 should be a name or "}"/],
  [['run', 'a', '--input', '@none.json'], 1, /ENOENT/],
  [['run', 'a', '--input', '@bad.json'], 2, /@bad\.json is no JSON/],
  [['run', 'a', '--input'], 2, /--input/],
  [['run', 'a', '--wait', '10'], 2, /--wait must be a duration like 10s/],
  [['run', 'a', '--wait', 'soon'], 2, /it is "soon"/],
  [['run', 'a', '--priority', '10'], 2, /from 0 to 9/],
  [['run', 'a', '--priority', 'high'], 2, /from 0 to 9/],
  [['run', 'a', '--timeout', '-1s'], 2, /--timeout/],
  [['run', 'a', '--server', 'localhost:8080'], 2, /--server: "localhost:8080" is no server address/],
  [['run', 'a', '--server', 'ftp://h'], 2, /no server address/],
  [['run', 'a', ...gone], 4, /UNREACHABLE/],
  [['list', 'things'], 2, /"things" cannot be listed: workflows or executions/],
  [['list', 'execution'], 2, /did you mean "executions"/],
  [['list', '--limit', '0'], 2, /from 1 to 200/],
  [['list', '--limit', '1.5'], 2, /from 1 to 200/],
  [['list', '--limit', '0x10'], 2, /from 1 to 200/],
  [['list', '--limit', '1e1'], 2, /from 1 to 200/],
  [['list', '--status', 'failed'], 2, /--status is for "list executions"/],
  [['list', '--workflow', 'w'], 2, /--workflow is for "list executions"/],
  [['list', ...gone], 4, /UNREACHABLE/],
  [['get'], 2, /EXECUTION\|WORKFLOW is missing/],
  [['get', 'x', ...gone], 4, /UNREACHABLE/],
  [['journal'], 2, /EXECUTION is missing/],
  [['journal', 'x', '--after', '-3'], 2, /--after/],
  [['journal', 'x', '--after', ' '], 2, /--after/],
  [['journal', 'x', '--limit', 'all'], 2, /--limit must be a whole number/],
  [['logs'], 2, /EXECUTION is missing/],
  [['logs', '-F', 'x'], 2, /-F/],
  [['cancel'], 2, /EXECUTION is missing/],
  [['pause', 'x', '--reason', 'r'], 2, /no flag --reason/],
  [['retry', 'x', ...gone], 4, /UNREACHABLE/],
  [['signal', 'x'], 2, /NAME is missing/],
  [['signal', 'x', 'y', 'z'], 2, /one word too many/],
  [['signal', 'x', 'y', '--payload', 'hello'], 2, /--payload is no JSON/],
  [['signal', 'x', 'y', '--key', ''], 2, /--key needs a value/],
  [['human-tasks'], 2, /list\|show\|claim\|unclaim\|complete is missing/],
  [['human-tasks', 'lst'], 2, /lst.*list/],
  [['human-tasks', 'show'], 2, /show needs an ID/],
  [['human-tasks', 'list', 'x'], 2, /one word too many/],
  [['human-tasks', 'show', 'x', '--answer', '1'], 2, /--answer is for "human-tasks complete"/],
  [['human-tasks', 'complete', 'x', '--assignee', 'ada'], 2, /--assignee is for "human-tasks list"/],
  [['human-tasks', 'complete', 'x', '--answer', '{'], 2, /--answer is no JSON/],
  [['human-tasks', 'list', '--limit', '0'], 2, /--limit must be/],
  [['config'], 2, /check is missing/],
  [['config', 'check'], 2, /FILE is missing/],
  [['config', 'chekc', 'f'], 2, /did you mean "check"|"config chekc" is not known/],
  [['config', 'check', 'none.yaml'], 1, /ENOENT/],
  [['config', 'check', 'bad-config.yaml'], 3, /^$/],
  [['token'], 2, /create\|list\|revoke is missing/],
  [['token', 'make', 'x'], 2, /"token make" is not known/],
  [['token', 'create'], 2, /needs a NAME/],
  [['token', 'revoke'], 2, /needs an ID/],
  [['token', 'list', 'x'], 2, /one word too many/],
  [['token', 'create', 'x', '--role', 'admn'], 2, /did you mean "admin"/],
  [['token', 'create', 'x', '--expires-in', '30'], 2, /--expires-in must be a duration/],
  [['completion'], 2, /is missing/],
  [['completion', 'bsh'], 2, /did you mean "bash"/],
  [['completion', 'powershell'], 2, /bash, zsh, fish/],
];

describe('bad words', () => {
  for (const [words, code, message] of cases) {
    it(`"magicflow ${words.join(' ')}" exits ${code}`, async () => {
      const ran = await runWords(words, { directory: folder, env: { MAGICFLOW_DATA_DIR: join(folder, 'data') } });
      assert.equal(ran.code, code, ran.err);
      assert.match(ran.err, message);
      if (code === 2) assert.match(ran.err, /^magicflow: /);
    });
  }

  it('there are enough of them to trust', () => assert.ok(cases.length >= 60));
});
