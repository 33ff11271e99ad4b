import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { Script } from 'node:vm';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { faults } from '../kit/fault.ts';
import { isObject } from '../kit/json.ts';
import { dashboardScript } from './dashboard/dashboard-script.ts';
import type { OpenApiDocument } from './docs/openapi.ts';
import { escapeHtml } from './html.ts';
import { openTestApi, type TestApi } from './test-api.ts';
import { openValidation } from './validation.ts';

describe('what the API says of itself', () => {
  let subject: TestApi;
  let document: OpenApiDocument;
  before(async () => {
    subject = await openTestApi();
    const { body } = await subject.call('GET /api/docs/openapi.json', undefined, { as: 'nobody' });
    document = body as unknown as OpenApiDocument;
  });

  test('every route of version 1 stands in the document, with a summary and its permission', () => {
    for (const { method, url, permission } of subject.api.routes.filter((route) => route.url.startsWith('/api/v1'))) {
      const operation = document.paths[url.replace(/:(\w+)/g, '{$1}')]?.[method.toLowerCase()];
      assert.ok(operation, `${method} ${url}`);
      assert.equal(operation.security.length, permission === 'public' ? 0 : 1);
      assert.ok(operation.summary.length > 5, `${method} ${url}`);
    }
  });

  test('operation ids are unique, and every reference leads somewhere', () => {
    const ids = Object.values(document.paths).flatMap((path) =>
      Object.values(path).map(({ operationId }) => operationId),
    );
    assert.equal(new Set(ids).size, ids.length);
    const schemas = document.components['schemas'] as Record<string, unknown>;
    for (const [, name = ''] of JSON.stringify(document).matchAll(/#\/components\/schemas\/(\w+)/g)) {
      assert.ok(Object.hasOwn(schemas, name), name);
    }
    assert.ok(Object.keys(schemas).includes('Problem'));
  });

  test('the component schemas are valid JSON Schema', () => {
    const ajv = new Ajv2020({ strict: false });
    for (const [name, schema] of Object.entries(document.components['schemas'] as Record<string, object>)) {
      assert.equal(ajv.validateSchema(schema), true, name);
    }
  });

  test('the schema of every part of every request compiles, though none is compiled before it is asked for', () => {
    const compile = openValidation();
    let compiled = 0;
    for (const { method, url, schema } of subject.api.routes) {
      const body = isObject(schema['body']) ? schema['body'] : undefined;
      const json = isObject(body?.['content']) ? body['content']['application/json'] : { schema: body };
      const parts: Record<string, unknown> = { ...schema, body: isObject(json) ? json['schema'] : undefined };
      for (const httpPart of ['body', 'querystring', 'params', 'headers'] as const) {
        const part = parts[httpPart];
        if (part === undefined) continue;
        compiled += 1;
        const validate = compile({ schema: part as object, httpPart, method, url });
        assert.doesNotThrow(() => validate({}), `${method} ${url} ${httpPart}`);
      }
    }
    assert.ok(compiled > 20);
  });

  test('bodies of definitions may be YAML', () => {
    const content = document.paths['/api/v1/workflows']?.['post']?.requestBody?.content ?? {};
    assert.deepEqual(Object.keys(content), ['application/json', 'application/yaml']);
  });

  test('the page names every problem and loads nothing from elsewhere', async () => {
    const { text, headers } = await subject.call('GET /api/docs', undefined, { as: 'nobody' });
    for (const code of Object.keys(faults)) assert.ok(text.includes(`id="${code}"`), code);
    assert.ok(!/(src|href)="(https?:)?\/\//.test(text));
    assert.match(String(headers['content-security-policy']), /default-src 'none'/);
  });

  test('the dashboard pages hold no script of their own and point to one that parses', async () => {
    for (const path of ['/', '/executions/exec_0001']) {
      const { text, status } = await subject.call(`GET ${path}`, undefined, { as: 'nobody' });
      assert.equal(status, 200);
      assert.ok(!/<script>|onclick|style=/.test(text));
    }
    const { text, headers } = await subject.call('GET /dashboard.js', undefined, { as: 'nobody' });
    assert.equal(text, dashboardScript);
    assert.match(String(headers['content-type']), /javascript/);
    assert.doesNotThrow(() => new Script(text));
    assert.ok(!/innerHTML|insertAdjacentHTML|eval\(/.test(text));
  });

  test('the schema of the language is served to editors', async () => {
    const { body } = await subject.call('GET /api/v1/schema/workflow.json', undefined, { as: 'nobody' });
    assert.equal(new Ajv2020({ strict: false }).validateSchema(body), true);
  });
});

test('text in pages stays text', () => {
  assert.equal(escapeHtml(`<a href="x" id='y'>&`), '&lt;a href=&quot;x&quot; id=&#39;y&#39;&gt;&amp;');
});
