// biome-ignore-all lint/suspicious/noTemplateCurlyInString: variables of configuration files look like this
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Environment } from './config.ts';
import { checkConfig, readPlatformFile } from './config-file.ts';
import { formatProblem } from './config-problem.ts';
import { resolveConfig } from './config-resolve.ts';
import { readOverlay } from './config-settings.ts';

function read(text: string, env: Environment = {}) {
  const { value, problems } = readPlatformFile(text, { file: 'f', env });
  assert.deepEqual(problems.map(formatProblem), []);
  return JSON.parse(JSON.stringify(resolveConfig([value])));
}

const problemsOf = (text: string) => checkConfig(text, 'f').problems.map(formatProblem);

describe('the configuration of what goes out', () => {
  it('allows nothing beyond the defaults where it says nothing', () => {
    const { outbound, services, connections } = read('');
    assert.deepEqual([outbound, services, connections], [{}, {}, {}]);
  });

  it('names what may be reached', () => {
    const text =
      'outbound: { allow: ["127.0.0.1:8080", "*.internal", 10.0.0.0/8, "::1"], ports: [443], max_response: 1mb }';
    assert.deepEqual(read(text).outbound, {
      allow: ['127.0.0.1:8080', '*.internal', '10.0.0.0/8', '::1'],
      ports: [443],
      responseBytesMax: 1_048_576,
    });
  });

  it('takes the allowed from a variable, in one text', () => {
    const { value, problems } = readOverlay('variable', { 'outbound.allow': '127.0.0.1:3000, *.internal,' });
    assert.deepEqual([value.outbound?.allow, problems], [['127.0.0.1:3000', '*.internal'], []]);
    const bad = readOverlay('variable', { 'outbound.allow': 'localhost, *' });
    assert.match(
      bad.problems[0]?.message ?? '',
      /^MAGICFLOW_OUTBOUND_ALLOW: "allow\[\d\]" must be an address.*it is "\*"/,
    );
  });

  it('knows services and how to sign in at them', () => {
    const text = `services:
  crm: { base_url: "https://crm.example/api", headers: { X-Tenant: 7 }, timeout: 3s, auth: { bearer: "\${TOKEN}" } }
  old: { base_url: "http://old.internal:8080", auth: { basic: { username: u, password: "\${TOKEN}" } } }
  key: { base_url: "https://key.example", auth: { api_key: { header: X-Key, value: "\${TOKEN}" } } }`;
    assert.deepEqual(read(text, { TOKEN: 't0' }).services, {
      crm: {
        baseUrl: 'https://crm.example/api',
        headers: { 'X-Tenant': '7' },
        timeoutMs: 3_000,
        auth: { bearer: 't0' },
      },
      old: { baseUrl: 'http://old.internal:8080', auth: { basic: { username: 'u', password: 't0' } } },
      key: { baseUrl: 'https://key.example', auth: { apiKey: { header: 'X-Key', value: 't0' } } },
    });
  });

  it('knows connections of every kind', () => {
    const text = `connections:
  ops: { type: slack, url: "\${HOOK}" }
  team: { type: teams, url: "\${HOOK}" }
  oncall: { type: pagerduty, routing_key: r1 }
  bus: { type: webhook, url: "\${HOOK}", secret: s, headers: { a: b } }
  mail: { type: smtp, host: mail.example, port: 2525, username: u, password: p, from: flow@example.com, secure: true }
  plain: { type: smtp, host: mail.example, from: flow@example.com, secure: none }`;
    const url = 'https://hooks.example/x';
    assert.deepEqual(read(text, { HOOK: url }).connections, {
      ops: { type: 'slack', url },
      team: { type: 'teams', url },
      oncall: { type: 'pagerduty', routingKey: 'r1' },
      bus: { type: 'webhook', url, secret: 's', headers: { a: 'b' } },
      mail: {
        type: 'smtp',
        host: 'mail.example',
        port: 2525,
        username: 'u',
        password: 'p',
        from: 'flow@example.com',
        secure: 'tls',
      },
      plain: { type: 'smtp', host: 'mail.example', from: 'flow@example.com', secure: 'none' },
    });
  });

  const refusals: readonly (readonly [text: string, message: RegExp])[] = [
    ['outbound: { allow: ["*"] }', /^f:1:21: "allow\[0\]" must be an address, a subnet, a host.*it is "\*"/],
    ['outbound: { allow: [10.0.0.0/40] }', /must be an address/],
    ['outbound: { alow: [] }', /did you mean "allow"/],
    ['outbound: { ports: [70000] }', /from 0 to 65535/],
    ['services: { crm: {} }', /a service needs "base_url"/],
    ['services: { crm: { base_url: "ftp://x" } }', /begins with ftp:/],
    ['services: { crm: { base_url: "https://u:p@x" } }', /must hold no user or password/],
    ['services: { crm: { base_url: "https://x?a=1" } }', /must hold no query or fragment/],
    ['services: { crm: { base_url: "https://" } }', /is no address/],
    ['services: { "a b": { base_url: "https://x" } }', /the name "a b" must be/],
    [
      'services: { crm: { base_url: "https://x", auth: { bearer: a, basic: { username: u, password: p } } } }',
      /keep one/,
    ],
    ['services: { crm: { base_url: "https://x", auth: {} } }', /"bearer" or "basic" or "api_key"/],
    ['connections: { a: { url: "https://x" } }', /"a" needs "type": one of slack, teams/],
    ['connections: { a: { type: slak } }', /it is "slak"; did you mean "slack"/],
    ['connections: { a: { type: [slack] } }', /must be one of slack/],
    ['connections: { a: slack }', /must be a connection: an object/],
    ['connections: { a: { type: slack, url: "https://" } }', /"url" is no address/],
    ['connections: { a: { type: slack } }', /a connection of type slack needs "url"/],
    [
      'connections: { a: { type: slack, url: "https://x", chanel: c } }',
      /a connection of type slack has no field "chanel"/,
    ],
    ['services: { crm: { base_url: "https://x", auth: { bearer: "" } } }', /"bearer" must be a text that is not empty/],
    ['services: { crm: { base_url: "https://x", auth: { api_key: { value: "" } } } }', /"value" must be .* not empty/],
    ['connections: { a: { type: webhook, url: "https://x", secret: "" } }', /"secret" must be .* not empty/],
    ['connections: { a: { type: pagerduty, routing_key: "" } }', /"routing_key" must be .* not empty/],
    ['connections: { a: { type: smtp, host: h } }', /a connection of type smtp needs "from"/],
    ['connections: { a: { type: smtp, host: h, from: f, secure: maybe } }', /one of tls, starttls, none/],
  ];
  for (const [text, message] of refusals) {
    it(`refuses ${text} with its place`, () => {
      const problems = problemsOf(text);
      assert.ok(
        problems.some((problem) => message.test(problem)),
        problems.join('\n'),
      );
    });
  }

  it('refuses credentials of a variable that holds nothing', () => {
    const text = 'services: { crm: { base_url: "https://x", auth: { bearer: "${TOKEN}" } } }';
    const { problems } = readPlatformFile(text, { file: 'f', env: { TOKEN: '' } });
    assert.match(problems.map(formatProblem).join(), /"bearer" must be a text that is not empty/);
  });

  it('leaves values whose variables are not set here to the machine where the file is used', () => {
    const text = `connections: { ops: { type: slack, url: "\${HOOK}" } }
services: { crm: { base_url: "https://x", auth: { bearer: "\${TOKEN}" } } }`;
    assert.deepEqual(problemsOf(text), []);
    assert.match(problemsOf('connections: { ops: { type: slack } }').join(), /needs "url"/);
    const { problems } = readPlatformFile(text, { file: 'f', env: {} });
    assert.match(
      problems.map(formatProblem).join('\n'),
      /the variable HOOK is not set[\s\S]*the variable TOKEN is not set/,
    );
  });

  it('never shows a secret in a message', () => {
    for (const text of [
      'services: { a: { base_url: "https://u:hunter2@x" } }',
      'connections: { a: { type: slack, url: "hunter2" } }',
    ]) {
      assert.ok(!problemsOf(text).join('').includes('hunter2'));
    }
  });
});
