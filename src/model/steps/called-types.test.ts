// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the language under test writes them
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { ConnectorStep } from '../definition.ts';
import { parseDocuments } from '../parse.ts';
import { withSpec, withSteps } from '../testing/sample-bad-documents.ts';

/** The normal form of the first step of a text without any problem. */
function stepOf(text: string): ConnectorStep {
  const { workflows, diagnostics } = parseDocuments(text);
  assert.deepEqual(diagnostics, []);
  const [step] = workflows[0]?.definition?.steps.steps ?? [];
  return JSON.parse(JSON.stringify(step)) as ConnectorStep;
}
const read = (step: string) => {
  const { connector, request, settings, target } = stepOf(withSteps(step));
  return { connector, request, settings, target };
};

describe('an http step', () => {
  test('has what may hold expressions in its request, and the rest in its settings', () => {
    const text = `- name: ask
  type: http
  method: POST
  url: "https://api.example.com/\${input.id}"
  headers: {X-A: $.input.a}
  query: {page: 1}
  body: {id: $.input.id}
  auth: {bearer: "\${secrets.token}"}
  follow_redirects: true
  expect: {status: [2xx, 404], schema: {type: object}, condition: $.response.body.ok}
  paginate: {next: $.response.body.next, items: $.response.body.items, max_pages: 3}`;
    assert.deepEqual(read(text), {
      connector: 'http',
      request: {
        url: 'https://api.example.com/${input.id}',
        headers: { 'X-A': '$.input.a' },
        query: { page: 1 },
        body: { id: '$.input.id' },
        auth: { bearer: '${secrets.token}' },
      },
      settings: {
        method: 'POST',
        followRedirects: true,
        expect: { status: ['2xx', '404'], schema: { type: 'object' }, condition: '$.response.body.ok' },
        paginate: { next: '$.response.body.next', items: '$.response.body.items', maxPages: 3 },
      },
      target: 'https://api.example.com/${input.id}',
    });
  });

  test('at a service is watched by the name of the service', () => {
    const { request, settings, target } = read(
      '- {name: a, type: service_call, service: crm, endpoint: /users, auth: crm}',
    );
    assert.deepEqual(request, { endpoint: '/users' });
    assert.deepEqual(settings, { method: 'GET', service: 'crm', auth: 'crm' });
    assert.equal(target, 'crm');
  });

  test('sends its input mapping as the query of a GET and as the body of a POST', () => {
    const get = read('- {name: a, type: http, url: u, input: {q: $.input.q}}');
    const post = read('- {name: a, type: http, method: POST, url: u, data_mapping: {input: {q: $.input.q}}}');
    assert.deepEqual(
      [get.request, post.request],
      [
        { url: 'u', query: { q: '$.input.q' } },
        { url: 'u', body: { q: '$.input.q' } },
      ],
    );
  });

  test('keeps credentials of every kind', () => {
    const authOf = (auth: string) => read(`- {name: a, type: http, url: u, auth: ${auth}}`).request['auth'];
    assert.deepEqual(authOf('{basic: {username: u, password: $.secrets.p}}'), {
      basic: { username: 'u', password: '$.secrets.p' },
    });
    assert.deepEqual(authOf('{api_key: {header: X-Key, value: $.secrets.k}}'), {
      apiKey: { header: 'X-Key', value: '$.secrets.k' },
    });
  });
});

test('a webhook sends the input unless it says what, signed with one secret or several', () => {
  assert.deepEqual(read('- {name: a, type: webhook, url: u, secret: $.secrets.s}'), {
    connector: 'webhook',
    request: { url: 'u', body: '$.input', secret: ['$.secrets.s'] },
    settings: { method: 'POST' },
    target: 'u',
  });
  const more = read(
    '- {name: a, type: webhook, url: u, method: PUT, payload: {a: 1}, secret: [$.secrets.n, $.secrets.o]}',
  );
  assert.deepEqual(more.request, { url: 'u', body: { a: 1 }, secret: ['$.secrets.n', '$.secrets.o'] });
});

test('a notify step names its channels, and the connections that it uses', () => {
  assert.deepEqual(read('- {name: a, type: notify, channel: slack, message: "hi ${input.name}"}'), {
    connector: 'notify',
    request: { message: 'hi ${input.name}' },
    settings: { channels: ['slack'], severity: 'error' },
    target: 'slack',
  });
  const both = read(
    '- {name: a, type: notify, channels: [email, pagerduty], to: a@b.c, subject: s, message: m, severity: critical, connection: [mail, oncall]}',
  );
  assert.deepEqual(both, {
    connector: 'notify',
    request: { to: ['a@b.c'], subject: 's', message: 'm' },
    settings: { channels: ['email', 'pagerduty'], severity: 'critical', connections: ['mail', 'oncall'] },
    target: 'mail oncall',
  });
});

test('what calls the outside takes the retry policy of the workflow', () => {
  for (const type of ['http, url: u', 'webhook, url: u', 'notify, channel: slack, message: m']) {
    const text = withSpec('retry_policy: {max_attempts: 4}').replace(/type: function.*?}/, `type: ${type}}`);
    assert.deepEqual(stepOf(text).retry, [{ maxAttempts: 4 }], type);
  }
});
