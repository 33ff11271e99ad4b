import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { helloYaml, openTestApi, type TestApi } from '../test-api.ts';

const yaml = { 'content-type': 'application/yaml' };
const second = helloYaml.replace('1.0.0', '1.1.0');
const context =
  'apiVersion: workflow.magic-flow.io/v2\nkind: WorkflowContext\nmetadata:\n  name: hello-context\nspec:\n  input_schema:\n    type: object\n';

let subject: TestApi;
const call: TestApi['call'] = (line, body, options) => subject.call(line.replace(' /', ' /api/v1/'), body, options);
const deploy = (text: string, headers: Record<string, string> = yaml) =>
  call('POST /workflows', undefined, { raw: text, headers });

beforeEach(async () => {
  subject = await openTestApi();
});
afterEach(() => subject.api.close());

describe('deploying', () => {
  test("the seed's workflow deploys under whatever content type curl gives it", async () => {
    const text = readFileSync(new URL('../../../examples/user-onboarding/workflow.yaml', import.meta.url), 'utf8');
    const types = [
      'application/x-www-form-urlencoded',
      'text/plain',
      'text/yaml',
      'application/x-yaml',
      'application/octet-stream',
    ];
    for (const [index, type] of types.entries()) {
      const { status, body } = await deploy(text, { 'content-type': type });
      assert.equal(status, index === 0 ? 201 : 200, type);
      assert.equal(body['name'], 'user-onboarding');
      assert.equal(body['validation_status'], 'valid_with_warnings');
      assert.equal((body['diagnostics'] as unknown[]).length, 4);
    }
  });

  test('JSON with yaml_content does the same, with its context and description', async () => {
    const sent = { yaml_content: helloYaml, context_yaml: context, description: 'says hello', metadata: { a: 1 } };
    const { status, body, headers } = await call('POST /workflows', sent);
    assert.equal(status, 201);
    assert.deepEqual(body['endpoints'], {
      self: '/api/v1/workflows/hello',
      execute: '/api/v1/workflows/hello/execute',
      versions: '/api/v1/workflows/hello/versions',
      metrics: '/api/v1/workflows/hello/metrics',
    });
    assert.match(String(headers['etag']), /^"\w+"$/);
    const [, , options] = subject.engine.calls.at(-1)?.arguments ?? [];
    assert.deepEqual(options, { context, description: 'says hello', metadata: { a: 1 } });
  });

  test('metadata stands in the details of the version and in the list of versions', async () => {
    const metadata = { commit: 'f00d', ci: { run: 7 } };
    await call('POST /workflows', { yaml_content: helloYaml, metadata });
    await deploy(second);
    assert.deepEqual((await call('GET /workflows/hello')).body['metadata'], {});
    assert.deepEqual((await call('GET /workflows/hello/versions/1.0.0')).body['metadata'], metadata);
    const { body } = await call('GET /workflows/hello/versions');
    const listed = (body['versions'] as Record<string, unknown>[]).map((version) => version['metadata']);
    assert.deepEqual(listed, [{}, metadata]);
  });

  test('metadata of more than 16 KiB is refused with its place', async () => {
    const sent = (length: number) =>
      call('POST /workflows', { yaml_content: helloYaml, metadata: { a: 'x'.repeat(length) } });
    const { status, body } = await sent(16_384 - 7);
    assert.deepEqual([status, body['code']], [422, 'REQUEST_INVALID']);
    assert.equal((body['errors'] as { pointer: string }[])[0]?.pointer, '/metadata');
    assert.equal((await sent(16_384 - 8)).status, 201);
  });

  test('a context alone waits for its workflow', async () => {
    const { status, body } = await deploy(context);
    assert.deepEqual([status, body['status'], body['version']], [202, 'waiting_for_workflow', null]);
  });

  test('errors of a definition come with line and column', async () => {
    const { status, body } = await deploy(helloYaml.replace('executor: hello', 'executr: hello'));
    assert.equal(status, 422);
    const [first] = body['errors'] as { code: string; line: number; column: number; severity: string }[];
    assert.ok(first && first.line > 5 && first.column > 0);
    assert.equal(first.severity, 'error');
  });

  test('validate tells the same problems and changes nothing', async () => {
    const bad = await call('POST /workflows/validate', undefined, { raw: 'kind: Workflow', headers: yaml });
    assert.deepEqual([bad.status, bad.body['valid'], bad.body['validation_status']], [200, false, 'invalid']);
    const good = await call('POST /workflows/validate', { yaml_content: helloYaml });
    assert.deepEqual(good.body, { valid: true, validation_status: 'valid', diagnostics: [] });
    assert.equal((await call('GET /workflows/hello')).status, 404);
    await deploy(helloYaml);
    assert.equal((await call('POST /workflows/hello/validate')).body['valid'], true);
    const other = await call('POST /workflows/hello/validate', undefined, { raw: 'a', headers: yaml });
    assert.equal(other.body['valid'], false);
  });

  test('a PUT with the ETag of what was read goes through once', async () => {
    await deploy(helloYaml);
    const { headers } = await call('GET /workflows/hello');
    const match = { ...yaml, 'if-match': String(headers['etag']) };
    assert.equal((await call('PUT /workflows/hello', undefined, { raw: second, headers: match })).status, 201);
    const third = helloYaml.replace('1.0.0', '1.2.0');
    assert.equal((await call('PUT /workflows/hello', undefined, { raw: third, headers: match })).status, 412);
    const fresh = { headers: { 'if-none-match': String(headers['etag']) } };
    assert.equal((await call('GET /workflows/hello/versions/v1.0.0', undefined, fresh)).status, 304);
    assert.equal((await call('GET /workflows/hello', undefined, fresh)).status, 200);
    const absent = { raw: helloYaml.replace('name: hello', 'name: other'), headers: { ...yaml, 'if-none-match': '*' } };
    assert.equal((await call('PUT /workflows/other', undefined, absent)).status, 201);
  });
});

describe('workflows and versions', () => {
  test('details hold the text, the schemas and the steps', async () => {
    await call('POST /workflows', { yaml_content: helloYaml, context_yaml: context });
    const { body } = await call('GET /workflows/hello');
    assert.equal(body['yaml_content'], helloYaml);
    assert.equal(body['context_yaml'], context);
    assert.deepEqual(body['schema'], { input_schema: null, output_schema: null });
    const [step] = body['steps'] as { name: string; type: string }[];
    assert.deepEqual([step?.name, step?.type], ['greet', 'function']);
  });

  test('the list is read page by page and by cursor', async () => {
    for (const name of ['a', 'b', 'c']) await deploy(helloYaml.replace('name: hello', `name: ${name}`));
    const names = (body: Record<string, unknown>) => (body['workflows'] as { name: string }[]).map(({ name }) => name);
    const first = await call('GET /workflows?limit=2');
    assert.deepEqual(names(first.body), ['a', 'b']);
    const { next_cursor, has_more, total } = first.body['pagination'] as Record<string, unknown>;
    assert.deepEqual([has_more, total], [true, 3]);
    const rest = await call(`GET /workflows?limit=2&cursor=${next_cursor}`);
    assert.deepEqual(names(rest.body), ['c']);
    assert.deepEqual(rest.body['pagination'], { page: null, limit: 2, total: 3, has_more: false, next_cursor: null });
    assert.deepEqual(names((await call('GET /workflows?limit=2&page=2')).body), ['c']);
  });

  test('promote and rollback move the active version', async () => {
    await deploy(helloYaml);
    const added = await call('POST /workflows/hello/versions', undefined, { raw: second, headers: yaml });
    assert.equal(added.status, 201);
    const active = async () => (await call('GET /workflows/hello')).body['version'];
    assert.equal(await active(), '1.1.0');
    assert.equal((await call('POST /workflows/hello/rollback')).body['version'], '1.0.0');
    assert.equal(await active(), '1.0.0');
    assert.equal((await call('POST /workflows/hello/versions/v1.1.0/promote')).body['active'], true);
    assert.equal(await active(), '1.1.0');
    await call('POST /workflows/hello/rollback', { version: 'v1.0.0' });
    assert.equal(await active(), '1.0.0');
    const { body } = await call('GET /workflows/hello/versions');
    assert.deepEqual(
      (body['versions'] as { version: string; active: boolean }[]).map(({ version, active: on }) => [version, on]),
      [
        ['1.1.0', false],
        ['1.0.0', true],
      ],
    );
  });

  test('a removed workflow is gone', async () => {
    await deploy(helloYaml);
    assert.equal((await call('DELETE /workflows/hello')).status, 204);
    assert.equal((await call('GET /workflows/hello')).status, 404);
  });
});
