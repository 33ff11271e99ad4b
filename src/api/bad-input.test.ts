import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { helloYaml, openTestApi, type TestApi } from './test-api.ts';

/** What is sent, and what must come back: status, code of the problem, pointer of its first error. */
interface Case {
  readonly line: string;
  readonly body?: unknown;
  readonly raw?: string | Buffer;
  readonly headers?: Record<string, string>;
  readonly expect: readonly [status: number, code: string, pointer?: string];
}

const json = { 'content-type': 'application/json' };
const v1 = '/api/v1';
const execute = `POST ${v1}/workflows/hello/execute`;
const claim = `POST ${v1}/tasks/claim`;
const complete = `POST ${v1}/tasks/complete`;
const claimed = { executor: 'hello', worker_id: 'w' };
const lease = { task_id: 't', lease_token: 'l' };
const invalid = (pointer: string) => [422, 'REQUEST_INVALID', pointer] as const;
const broken = (pointer = '') => [400, 'BODY_INVALID', pointer] as const;
const nested = (depth: number): string => `{"input":${'['.repeat(depth)}${']'.repeat(depth)}}`;

const brokenJson: readonly string[] = [
  '{',
  '}',
  '[',
  '{"input":}',
  '{"input":1,}',
  '{input:1}',
  "{'input':1}",
  '{"input":1}}',
  '{"input":01}',
  '{"input":.5}',
  '{"input":1.}',
  '{"input":+1}',
  '{"input":NaN}',
  '{"input":Infinity}',
  '{"input":undefined}',
  '{"input":tru}',
  '{"input":"a\nb"}',
  '{"input":"\\x"}',
  '{"input":"\\u12"}',
  '{"input":"open}',
  '{"input" 1}',
  '{"input":1 "b":2}',
  '{"input":[1}',
  '{"input":[1,]}',
  '{"a":1}{"b":2}',
  'input: 1',
  '<xml/>',
  '{"input":1} //',
  '\u0000',
];

const flawed: readonly (readonly [string, string])[] = [
  ['{"input":"\\u0000"}', '/input'],
  ['{"input":{"a":["x","b\\u0000"]}}', '/input/a/1'],
  ['{"input":{"\\u0000":1}}', '/input/\u0000'],
  ['{"input":"\\ud800"}', '/input'],
  ['{"input":"\\udc00x"}', '/input'],
  ['{"input":{"a/b":{"c~d":"\\udfff"}}}', '/input/a~1b/c~0d'],
  ['{"input":{"\\ud800":1}}', '/input/\ufffd'],
  ['{"input":{"__proto__":{"admin":true}}}', '/input/__proto__'],
  ['{"__proto__":{"input":1}}', '/__proto__'],
  ['{"input":{"\\u005f_proto__":1}}', '/input/__proto__'],
  ['{"input":{"constructor":{"prototype":{"x":1}}}}', '/input/constructor'],
  ['{"input":1e999}', '/input'],
  ['{"input":[-1e400]}', '/input/0'],
  [nested(64), `/input${'/0'.repeat(63)}`],
  [nested(5_000), `/input${'/0'.repeat(63)}`],
  [`{"input":{${Array.from({ length: 10_001 }, (_, index) => `"k${index}":1`).join(',')}}}`, '/input'],
  ['{"metadata":{"a":"\\u0000"}}', '/metadata/a'],
];

const wrongExecute: readonly (readonly [unknown, string])[] = [
  [[], ''],
  ['text', ''],
  [1, ''],
  [null, ''],
  [true, ''],
  [{ inputs: {} }, '/inputs'],
  [{ input: {}, extra: 1 }, '/extra'],
  [{ 'a/b': 1 }, '/a~1b'],
  [{ metadata: 'x' }, '/metadata'],
  [{ metadata: [] }, '/metadata'],
  [{ metadata: null }, '/metadata'],
  [{ options: 'x' }, '/options'],
  [{ options: { versions: '1' } }, '/options/versions'],
  [{ options: { version: 1 } }, '/options/version'],
  [{ options: { version: '' } }, '/options/version'],
  [{ options: { version: 'latest' } }, '/options/version'],
  [{ options: { version: '1.0' } }, '/options/version'],
  [{ options: { version: `1.0.${'9'.repeat(80)}` } }, '/options/version'],
  [{ options: { timeout: 30 } }, '/options/timeout'],
  [{ options: { timeout: 'soon' } }, '/options/timeout'],
  [{ options: { timeout: '-5s' } }, '/options/timeout'],
  [{ options: { timeout: '' } }, '/options/timeout'],
  [{ options: { timeout: '900000000000d' } }, '/options/timeout'],
  [{ options: { priority: 10 } }, '/options/priority'],
  [{ options: { priority: -1 } }, '/options/priority'],
  [{ options: { priority: 1.5 } }, '/options/priority'],
  [{ options: { priority: '5' } }, '/options/priority'],
  [{ options: { priority: null } }, '/options/priority'],
  [{ options: { async: 'false' } }, '/options/async'],
  [{ options: { idempotency_key: '' } }, '/options/idempotency_key'],
  [{ options: { idempotency_key: 'k'.repeat(256) } }, '/options/idempotency_key'],
  [{ options: { tags: 'a' } }, '/options/tags'],
  [{ options: { tags: [1] } }, '/options/tags/0'],
  [{ options: { tags: [''] } }, '/options/tags/0'],
  [{ options: { tags: Array.from({ length: 51 }, () => 'a') } }, '/options/tags'],
];

const wrongQueries: readonly (readonly [string, string])[] = [
  ['executions?limit=0', '/limit'],
  ['executions?limit=201', '/limit'],
  ['executions?limit=ten', '/limit'],
  ['executions?limit=1.5', '/limit'],
  ['executions?limit=1&limit=2', '/limit'],
  ['executions?limit=%20', '/limit'],
  ['executions?limit=0x10', '/limit'],
  ['executions?limit=1e1', '/limit'],
  ['executions?limit=99999999999999999999', '/limit'],
  ['executions?count=1', '/count'],
  ['executions/exec_0001/results?wait=1s', '/wait'],
  ['workflows/hello?version=1.0.0', '/version'],
  ['tokens?role=admin', '/role'],
  ['system/status?__proto__=1', '/__proto__'],
  ['executions?page=0', '/page'],
  ['executions?page=-1', '/page'],
  ['executions?page=100000&limit=200', '/page'],
  ['executions?status=runing', '/status'],
  ['executions?status=running,', '/status'],
  ['executions?statuses=running', '/statuses'],
  ['executions?from=yesterday', '/from'],
  ['executions?from=2026-13-01', '/from'],
  ['executions?to=1700000000', '/to'],
  ['executions?version=latest', '/version'],
  ['executions?labels=team', '/labels'],
  ['executions?labels=:web', '/labels'],
  ['executions?label.=web', '/label.'],
  ['executions?label=web', '/label'],
  ['executions?label.team=a&label.team=b', '/label.team'],
  ['executions?labels=team:a&label.team=b', '/label.team'],
  ['executions?label.team=%00', '/label.team'],
  ['limits?limit=101', '/limit'],
  ['limits?key=', '/key'],
  ['limits?keys=a', '/keys'],
  ['executions?count=maybe', '/count'],
  ['executions?search=%00', '/search'],
  ['executions?tag=%00', '/tag'],
  [`executions?search=${'x'.repeat(201)}`, '/search'],
  ['executions?__proto__=1', '/__proto__'],
  ['workflows?limit=999', '/limit'],
  ['workflows?name=x', '/name'],
  ['workflows?page=2002&limit=50', '/page'],
  ['workflows/hello/metrics?period=long', '/period'],
  ['workflows/hello/metrics?granularity=1ms', '/granularity'],
  ['workflows/hello/metrics?granularity=0s', '/granularity'],
  ['workflows/hello/metrics?period=365d&granularity=1s', '/granularity'],
  ['executions/exec_0001?steps_limit=201', '/steps_limit'],
  ['executions/exec_0001?steps_offset=-1', '/steps_offset'],
  ['executions/exec_0001/journal?after=-1', '/after'],
  ['executions/exec_0001/journal?after=x', '/after'],
  ['executions/exec_0001/journal?limit=1001', '/limit'],
  ['executions/exec_0001/stream?after=1e999', '/after'],
  ['executions/exec_0001/stream?after=%20', '/after'],
  ['workflows/hello/versions/newest', '/version'],
];

const wrongTasks: readonly (readonly [string, unknown, string])[] = [
  [claim, {}, '/executor'],
  [claim, { executor: 'hello' }, '/worker_id'],
  [claim, { ...claimed, executor: '' }, '/executor'],
  [claim, { ...claimed, executor: 7 }, '/executor'],
  [claim, { ...claimed, executer: 'x' }, '/executer'],
  [claim, { ...claimed, max_tasks: 0 }, '/max_tasks'],
  [claim, { ...claimed, max_tasks: 1_001 }, '/max_tasks'],
  [claim, { ...claimed, max_tasks: '5' }, '/max_tasks'],
  [claim, { ...claimed, functions: 'greet' }, '/functions'],
  [claim, { ...claimed, functions: [''] }, '/functions/0'],
  [claim, { ...claimed, wait: 20 }, '/wait'],
  [claim, { ...claimed, wait: 'a while' }, '/wait'],
  [claim, { ...claimed, wait: '61s' }, '/wait'],
  [complete, {}, '/results'],
  [complete, { results: {} }, '/results'],
  [complete, { results: [1] }, '/results/0'],
  [complete, { results: [{ ...lease }] }, '/results/0/status'],
  [complete, { results: [{ ...lease, status: 'done' }] }, '/results/0/status'],
  [complete, { results: [{ ...lease, status: 7 }] }, '/results/0/status'],
  [complete, { results: [{ ...lease, status: 'failed' }] }, '/results/0/error'],
  [complete, { results: [{ ...lease, status: 'failed', error: 'x' }] }, '/results/0/error'],
  [complete, { results: [{ ...lease, status: 'failed', error: { message: 'm' } }] }, '/results/0/error/code'],
  [complete, { results: [{ ...lease, status: 'failed', error: { code: '', message: 'm' } }] }, '/results/0/error/code'],
  [complete, { results: [{ task_id: 't', status: 'completed' }] }, '/results/0/lease_token'],
  [complete, { results: [{ ...lease, status: 'completed', result: 1 }] }, '/results/0/result'],
  [complete, { results: [], claim: { executor: 'hello' } }, '/claim/worker_id'],
  [complete, { results: [], claim: { ...claimed, wait: 'x' } }, '/claim/wait'],
  [`POST ${v1}/tasks/heartbeat`, {}, '/tasks'],
  [`POST ${v1}/tasks/heartbeat`, { tasks: [{ task_id: 't' }] }, '/tasks/0/lease_token'],
  [`POST ${v1}/tasks/release`, { tasks: [{ ...lease, reason: 'x' }] }, '/tasks/0/reason'],
];

const others: readonly Case[] = [
  { line: execute, raw: '{}', headers: { 'content-type': 'text/plain' }, expect: [415, 'MEDIA_TYPE_UNSUPPORTED'] },
  {
    line: execute,
    raw: 'a=b',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    expect: [415, 'MEDIA_TYPE_UNSUPPORTED'],
  },
  {
    line: execute,
    raw: '{}',
    headers: { ...json, 'content-encoding': 'gzip' },
    expect: [415, 'MEDIA_TYPE_UNSUPPORTED'],
  },
  { line: execute, raw: Buffer.from([0x7b, 0xff, 0x7d]), headers: json, expect: broken() },
  { line: execute, raw: `{"input":"${'x'.repeat(1_048_576)}"}`, headers: json, expect: [413, 'BODY_TOO_LARGE'] },
  { line: `${execute}?wait=61s`, body: {}, expect: invalid('/wait') },
  { line: `${execute}?wait=`, body: {}, expect: invalid('/wait') },
  { line: `${execute}?wiat=1s`, body: {}, expect: invalid('/wiat') },
  { line: execute, body: {}, headers: { 'idempotency-key': 'k'.repeat(256) }, expect: invalid('/idempotency-key') },
  {
    line: execute,
    body: { options: { idempotency_key: 'a' } },
    headers: { 'idempotency-key': 'b' },
    expect: invalid('/options/idempotency_key'),
  },
  { line: `POST ${v1}/workflows/nope/execute`, body: {}, expect: [404, 'WORKFLOW_NOT_FOUND'] },
  { line: `POST ${v1}/workflows/NOPE/execute`, body: {}, expect: [404, 'WORKFLOW_NOT_FOUND'] },
  { line: `POST ${v1}/workflows/a%00b/execute`, body: {}, expect: [404, 'WORKFLOW_NOT_FOUND'] },
  { line: `POST ${v1}/workflows/%E0%A4%A/execute`, body: {}, expect: [404, 'ROUTE_NOT_FOUND'] },
  { line: `POST ${v1}/workflows/${'a'.repeat(300)}/execute`, body: {}, expect: [404, 'ROUTE_NOT_FOUND'] },
  { line: execute, body: { options: { version: '9.9.9' } }, expect: [404, 'VERSION_NOT_FOUND'] },
  { line: `POST ${v1}/workflows/hello/execute-batch`, body: {}, expect: invalid('/executions') },
  { line: `POST ${v1}/workflows/hello/execute-batch`, body: { executions: [] }, expect: invalid('/executions') },
  {
    line: `POST ${v1}/workflows/hello/execute-batch`,
    body: { executions: [{ inputs: 1 }] },
    expect: invalid('/executions/0/inputs'),
  },
  {
    line: `POST ${v1}/workflows/hello/execute-batch`,
    body: { executions: Array.from({ length: 1_001 }, () => ({})) },
    expect: invalid('/executions'),
  },
  { line: `GET ${v1}/executions/nope`, expect: [404, 'EXECUTION_NOT_FOUND'] },
  { line: `GET ${v1}/executions/a%00b`, expect: [404, 'EXECUTION_NOT_FOUND'] },
  { line: `GET ${v1}/executions/..%2f..%2fetc`, expect: [404, 'EXECUTION_NOT_FOUND'] },
  { line: `GET ${v1}/executions/__proto__/stream`, expect: [404, 'EXECUTION_NOT_FOUND'] },
  { line: `GET ${v1}/executions?cursor=nonsense`, expect: [400, 'CURSOR_INVALID', '/cursor'] },
  { line: `GET ${v1}/executions?cursor=WyJhIiwxXQ`, expect: [400, 'CURSOR_INVALID', '/cursor'] },
  { line: `GET ${v1}/workflows?cursor=WzFlOV0`, expect: [400, 'CURSOR_INVALID', '/cursor'] },
  {
    line: `GET ${v1}/executions/exec_0001/stream`,
    headers: { 'last-event-id': 'x' },
    expect: invalid('/last-event-id'),
  },
  { line: `POST ${v1}/executions/exec_0001/signals/a%20b`, body: {}, expect: invalid('/name') },
  { line: `POST ${v1}/executions/exec_0001/signals/go`, body: { data: 1 }, expect: invalid('/data') },
  { line: `POST ${v1}/executions/exec_0001/signals/go`, body: { key: '' }, expect: invalid('/key') },
  { line: `POST ${v1}/executions/exec_0001/signals/go`, body: { key: 7 }, expect: invalid('/key') },
  { line: `POST ${v1}/executions/exec_0001/signals/go`, body: { key: 'k'.repeat(256) }, expect: invalid('/key') },
  {
    line: `POST ${v1}/executions/exec_0001/signals/go`,
    body: { id: 'a' },
    headers: { 'idempotency-key': 'b' },
    expect: invalid('/id'),
  },
  { line: `GET ${v1}/human-tasks/nope`, expect: [404, 'HUMAN_TASK_NOT_FOUND'] },
  { line: `GET ${v1}/human-tasks/a%00b`, expect: [404, 'HUMAN_TASK_NOT_FOUND'] },
  { line: `GET ${v1}/human-tasks?status=done`, expect: invalid('/status') },
  { line: `GET ${v1}/human-tasks?assignee=`, expect: invalid('/assignee') },
  { line: `GET ${v1}/human-tasks?limit=201`, expect: invalid('/limit') },
  { line: `GET ${v1}/human-tasks?asignee=ada`, expect: invalid('/asignee') },
  { line: `GET ${v1}/human-tasks?cursor=nonsense`, expect: [400, 'CURSOR_INVALID'] },
  { line: `POST ${v1}/human-tasks/nope/claim`, body: {}, expect: [404, 'HUMAN_TASK_NOT_FOUND'] },
  { line: `POST ${v1}/human-tasks/nope/claim`, body: { by: 'ada' }, expect: invalid('/by') },
  { line: `POST ${v1}/human-tasks/nope/complete`, body: { answr: 1 }, expect: invalid('/answr') },
  { line: `POST ${v1}/human-tasks/nope/complete`, body: { outcome: '' }, expect: invalid('/outcome') },
  { line: `POST ${v1}/human-tasks/nope/complete`, body: { comment: 'x'.repeat(4_097) }, expect: invalid('/comment') },
  { line: `POST ${v1}/human-tasks/nope/complete`, body: {}, expect: [404, 'HUMAN_TASK_NOT_FOUND'] },
  { line: `POST ${v1}/executions/exec_0001/cancel`, body: { reason: 5 }, expect: invalid('/reason') },
  { line: `POST ${v1}/executions/exec_0001/pause`, body: { reason: 'x' }, expect: invalid('/reason') },
  { line: `POST ${v1}/executions/nope/cancel`, body: {}, expect: [404, 'EXECUTION_NOT_FOUND'] },
  { line: `POST ${v1}/workflows`, body: {}, expect: invalid('/yaml_content') },
  { line: `POST ${v1}/workflows`, expect: invalid('') },
  { line: `POST ${v1}/workflows`, body: { yaml_content: 'x', yaml: 'x' }, expect: invalid('/yaml') },
  { line: `POST ${v1}/workflows`, body: { yaml_content: '' }, expect: invalid('/yaml_content') },
  { line: `POST ${v1}/workflows`, body: { yaml_content: 5 }, expect: invalid('/yaml_content') },
  { line: `POST ${v1}/workflows`, raw: 'a: \u0000', headers: { 'content-type': 'application/yaml' }, expect: broken() },
  {
    line: `POST ${v1}/workflows`,
    raw: 'kind: Nope',
    headers: { 'content-type': 'text/yaml' },
    expect: [422, 'DEFINITION_INVALID', '/kind'],
  },
  {
    line: `POST ${v1}/workflows`,
    raw: 'x',
    headers: { 'content-type': 'multipart/form-data; boundary=x' },
    expect: [415, 'MEDIA_TYPE_UNSUPPORTED'],
  },
  {
    line: `POST ${v1}/workflows?strict=perhaps`,
    raw: helloYaml,
    headers: { 'content-type': 'text/yaml' },
    expect: invalid('/strict'),
  },
  {
    line: `POST ${v1}/workflows`,
    raw: `${helloYaml}      description: other\n`,
    headers: { 'content-type': 'text/yaml' },
    expect: [409, 'VERSION_CONFLICT'],
  },
  {
    line: `PUT ${v1}/workflows/other`,
    raw: helloYaml,
    headers: { 'content-type': 'text/yaml' },
    expect: [422, 'DEFINITION_INVALID', '/metadata/name'],
  },
  {
    line: `PUT ${v1}/workflows/hello`,
    raw: helloYaml,
    headers: { 'content-type': 'text/yaml', 'if-match': '"old"' },
    expect: [412, 'PRECONDITION_FAILED'],
  },
  {
    line: `PUT ${v1}/workflows/hello`,
    raw: helloYaml,
    headers: { 'content-type': 'text/yaml', 'if-none-match': '*' },
    expect: [412, 'PRECONDITION_FAILED'],
  },
  { line: `DELETE ${v1}/workflows/nope`, expect: [404, 'WORKFLOW_NOT_FOUND'] },
  { line: `DELETE ${v1}/workflows/hello`, headers: { 'if-match': '"old"' }, expect: [412, 'PRECONDITION_FAILED'] },
  { line: `POST ${v1}/workflows/hello/versions/2.0.0/activate`, expect: [404, 'VERSION_NOT_FOUND'] },
  { line: `POST ${v1}/workflows/hello/rollback`, body: {}, expect: [409, 'STATE_CONFLICT'] },
  { line: `POST ${v1}/workflows/hello/rollback`, body: { version: 'x' }, expect: invalid('/version') },
  { line: `POST ${v1}/tokens`, body: { name: 'a', role: 'root' }, expect: invalid('/role') },
  { line: `POST ${v1}/tokens`, body: { name: '', role: 'admin' }, expect: invalid('/name') },
  { line: `POST ${v1}/tokens`, body: { name: 'a', role: 'admin', expires_in: 'x' }, expect: invalid('/expires_in') },
  { line: `DELETE ${v1}/tokens/nope`, expect: [404, 'TOKEN_NOT_FOUND'] },
  { line: `PATCH ${v1}/workflows/hello`, body: {}, expect: [405, 'METHOD_NOT_ALLOWED'] },
  { line: 'POST /health', body: {}, expect: [405, 'METHOD_NOT_ALLOWED'] },
  { line: `GET ${v1}/tasks/claim`, expect: [405, 'METHOD_NOT_ALLOWED'] },
  { line: 'GET /api/v3/workflows', expect: [404, 'ROUTE_NOT_FOUND'] },
  { line: 'POST /nowhere', raw: 'x', headers: { 'content-type': 'text/plain' }, expect: [404, 'ROUTE_NOT_FOUND'] },
  { line: execute, body: {}, headers: { origin: 'https://evil.example' }, expect: [403, 'FORBIDDEN'] },
  { line: execute, body: {}, headers: { origin: 'null' }, expect: [403, 'FORBIDDEN'] },
  {
    line: complete,
    raw: '{"results":[],"claim":{"executor":"\\u0000","worker_id":"w"}}',
    headers: json,
    expect: broken('/claim/executor'),
  },
  {
    line: complete,
    raw: '{"results":[{"task_id":"\\u0000","lease_token":"l","status":"completed"}]}',
    headers: json,
    expect: broken('/results/0/task_id'),
  },
];

const cases: readonly Case[] = [
  ...brokenJson.map((raw): Case => ({ line: execute, raw, headers: json, expect: broken() })),
  ...flawed.map(([raw, pointer]): Case => ({ line: execute, raw, headers: json, expect: broken(pointer) })),
  ...wrongExecute.map(([body, pointer]): Case => ({ line: execute, body, expect: invalid(pointer) })),
  ...wrongQueries.map(([path, pointer]): Case => ({ line: `GET ${v1}/${path}`, expect: invalid(pointer) })),
  ...wrongTasks.map(([line, body, pointer]): Case => ({ line, body, expect: invalid(pointer) })),
  ...others,
];

describe('what a client gets wrong', () => {
  let test1: TestApi;
  before(async () => {
    test1 = await openTestApi();
    await test1.call(`POST ${v1}/workflows`, undefined, { raw: helloYaml, headers: { 'content-type': 'text/yaml' } });
    await test1.call(execute, {});
  });

  for (const { line, body, raw, headers = {}, expect } of cases) {
    const [status, code, pointer] = expect;
    const sent = String(raw ?? JSON.stringify(body) ?? '').slice(0, 60);
    test(`${line.slice(0, 80)} ${JSON.stringify(sent)} is ${status} ${code} ${pointer ?? ''}`, async () => {
      const answer = await test1.call(line, body, { headers, ...(raw === undefined ? {} : { raw }) });
      const problem: Record<string, unknown> = answer.body;
      assert.deepEqual([answer.status, problem['code']], [status, code], answer.text);
      if (pointer !== undefined) {
        const [first] = (problem['errors'] ?? []) as { pointer: string; message: string }[];
        assert.equal(first?.pointer, pointer, answer.text);
        assert.ok((first?.message.length ?? 0) > 3);
      }
      assert.match(String(answer.headers['content-type']), /^application\/problem\+json/);
      assert.equal(problem['request_id'], answer.headers['x-request-id']);
      assert.equal(problem['status'], status);
      assert.ok(String(problem['detail']).length > 10);
      assert.equal(test1.logged.length, 0);
    });
  }

  test('a word of the wrong type is told from one that is missing', async () => {
    const codeFor = async (result: object): Promise<unknown> => {
      const { body } = await test1.call(complete, { results: [{ ...lease, ...result }] });
      return (body['errors'] as { code: string }[])[0]?.code;
    };
    assert.deepEqual(
      [await codeFor({}), await codeFor({ status: 7 }), await codeFor({ status: 'done' })],
      ['FIELD_MISSING', 'TYPE_WRONG', 'VALUE_INVALID'],
    );
  });

  test('there are enough of them', () => assert.ok(cases.length >= 120, String(cases.length)));

  test('nothing of it started or changed anything', async () => {
    const { body } = await test1.call(`GET ${v1}/executions?count=true`);
    assert.equal((body['pagination'] as { total: number }).total, 1);
  });
});
