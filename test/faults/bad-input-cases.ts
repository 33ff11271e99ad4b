/**
 * The corpus of bad input: what users, programs and attackers send, made from tables, the same each time. Every case says
 * what it sends and which answers are right; one that is not a 4xx says why.
 */
import {
  type BadRow,
  badSpecs,
  badSteps,
  badTexts,
  withSchema,
  withSpec,
  withStep,
  withSteps,
} from '../../src/model/testing/sample-bad-documents.ts';
import { badFlows, badSchemas } from '../../src/model/testing/sample-bad-flows.ts';
import type { CallOptions } from '../support/api-caller.ts';

export interface BadCase {
  readonly name: string;
  readonly line: string;
  readonly options?: CallOptions & { readonly raw?: string };
  readonly status: readonly number[];
  /** A word that the answer's text must hold: the code, the field or the place. */
  readonly names?: string;
}

const quoted = JSON.stringify;
const sound = (spec: string): string =>
  `apiVersion: magicflow.io/v2\nkind: Workflow\nmetadata: {name: bad, version: 1.0.0}\nspec:\n${spec}`;
const step = (fields: string): string =>
  sound(`  steps: [{name: s, type: function, executor: e, function: f, ${fields}}]`);

/** Documents with an error, by text and by JSON, deployed and only checked. */
export function documentCases(): BadCase[] {
  const wrap = (rows: readonly BadRow[], write: (text: string) => string): BadRow[] =>
    rows.map(([code, pointer, text]) => [code, pointer, write(text)]);
  const written = [
    ...badTexts.slice(1),
    ...wrap(badSpecs, withSpec),
    ...wrap(badSteps, withStep),
    ...wrap(badFlows, withSteps),
    ...wrap(badSchemas, withSchema),
  ];
  return [...written, ...badValues()].flatMap(([code, pointer, marked], index) => {
    // The tables mark the place of the problem.
    const text = marked.replaceAll('«', '');
    const name = `document ${index}: ${code} at ${pointer}`;
    return [
      {
        name,
        line: 'POST /api/v1/workflows?strict=true',
        options: { body: text },
        status: [409, 413, 422],
        names: code,
      },
      { name, line: 'POST /api/v1/workflows/validate', options: { body: text }, status: [200, 413, 422], names: code },
      {
        name,
        line: 'POST /api/v1/workflows/validate',
        options: { body: { yaml_content: text } },
        status: [200, 413, 422],
        names: code,
      },
    ];
  });
}

const badDurations = [
  '5',
  'ten',
  '-1s',
  '1x',
  '1s1',
  's',
  '1 s',
  'PT',
  'P',
  '1e3s',
  '99999999d',
  '1h-30m',
  '٣s',
  '0x1s',
  '1..5s',
];
const badExpressions = [
  '$.',
  '$.input.',
  '$[',
  '$.input[',
  '$.input.a ==',
  '== 1',
  '$.input.a = 1',
  '$.input.a & 1',
  '1 +',
  '(1',
  '1)',
  'foo(',
  'nope(1)',
  '$.input.a ? 1',
  "'open",
  '"open',
  '$.input[?',
  '$.nowhere.x',
  '{a: 1',
  '[1, 2',
  'x => x',
  '$.input.a b',
  '!!',
  '&&',
  '1 2',
  '$$',
  '@.x',
];

/** Durations, expressions, names, numbers and enums that no field takes. */
function badValues(): (readonly [string, string, string])[] {
  const times: Readonly<Record<string, (value: string) => string>> = {
    timeout: (value) => step(`timeout: ${value}`),
    queue_timeout: (value) => step(`queue_timeout: ${value}`),
    heartbeat_timeout: (value) => step(`heartbeat_timeout: ${value}`),
    initial_delay: (value) => step(`retry_config: {initial_delay: ${value}}`),
    max_delay: (value) => step(`retry_policy: {max_delay: ${value}}`),
    recovery_timeout: (value) => step(`circuit_breaker: {recovery_timeout: ${value}}`),
    spec: (value) => sound(`  timeout: ${value}\n  steps: [{name: s, type: fail, code: X}]`),
    wait: (value) => sound(`  steps: [{name: s, type: wait, duration: ${value}}]`),
  };
  const durations = Object.entries(times).flatMap(([field, write]) =>
    badDurations.map((value) => ['DURATION_INVALID', field, write(quoted(value))] as const),
  );
  const conditions = ['condition', 'when'].flatMap((field) =>
    badExpressions.map((value) => ['EXPRESSION_INVALID', field, step(`${field}: ${quoted(value)}`)] as const),
  );
  const mapped = ['input', 'output', 'set'].flatMap((field) =>
    badExpressions.map(
      (value) => ['EXPRESSION_INVALID', field, step(`${field}: {a: ${quoted(`\${${value}}`)}}`)] as const,
    ),
  );
  const names = ['', ' ', 'A b', 'ä', 'a.b', 'x'.repeat(64), 'a/b', '__proto__', 'constructor', 'a#1', '-'].map(
    (name) => ['NAME', 'name', sound(`  steps: [{name: ${quoted(name)}, type: fail, code: X}]`)] as const,
  );
  return [...durations, ...conditions, ...mapped, ...names].map(([code, field, text]) => [code, field, text]);
}

export interface Route {
  readonly method: string;
  readonly path: string;
  readonly isPublic: boolean;
}

const badTokens: readonly (string | null)[] = [
  null,
  'x',
  'mf_',
  `mf_${'a'.repeat(60)}`,
  'Bearer',
  '../../etc/passwd',
  `mf_${'0'.repeat(500)}`,
];

/** Every route that needs a credential, with none and with wrong ones. */
export function tokenCases(routes: readonly Route[]): BadCase[] {
  const guarded = routes.filter((route) => !route.isPublic);
  return [...guarded, ...guarded.map((route) => ({ ...route, path: route.path.replace('/v1/', '/v2/') }))].flatMap(
    ({ method, path }) =>
      badTokens.map((token) => ({
        name: `${method} ${path} with the token ${String(token).slice(0, 12)}`,
        line: `${method} ${path.replaceAll(/\{\w+\}/g, 'x')}`,
        options: { token, ...(method === 'GET' || method === 'DELETE' ? {} : { body: {} }) },
        status: [401],
        names: 'UNAUTHENTICATED',
      })),
  );
}

const deep = `${'['.repeat(70)}${']'.repeat(70)}`;
const badBodies: readonly (readonly [string, string, string])[] = [
  ['no JSON', '{', 'application/json'],
  ['a list', '[]', 'application/json'],
  ['a number', '7', 'application/json'],
  ['a text', '"x"', 'application/json'],
  ['nothing', 'null', 'application/json'],
  ['a trailing comma', '{"input": 1,}', 'application/json'],
  ['NUL', '{"input": "a\\u0000b", "payload": "\\u0000", "results": "\\u0000"}', 'application/json'],
  ['half a surrogate pair', '{"input": "\\ud800", "payload": "\\ud800", "results": "\\ud800"}', 'application/json'],
  ['too deep', `{"input": ${deep}, "payload": ${deep}, "results": ${deep}}`, 'application/json'],
  ['__proto__', '{"__proto__": {"a": 1}, "input": {}}', 'application/json'],
  ['an unknown field', '{"input": {}, "no_such_field": 1}', 'application/json'],
  ['another type of content', '<a/>', 'application/xml'],
  ['a form', 'a=1', 'multipart/form-data; boundary=x'],
];

/** Bodies that no route with a JSON body takes. */
export function bodyCases(): BadCase[] {
  const lines = [
    'POST /api/v1/workflows/orders/execute',
    'POST /api/v1/workflows/orders/execute-batch',
    'POST /api/v1/tasks/claim',
    'POST /api/v1/tasks/complete',
    'POST /api/v1/tasks/heartbeat',
    'POST /api/v1/tasks/release',
    'POST /api/v1/tokens',
    'POST /api/v2/workflows/orders/execute',
    'POST /api/v2/tasks/complete',
    'POST /api/v2/tasks/claim',
  ];
  return lines.flatMap((line) =>
    badBodies.map(([name, raw, type]) => ({
      name: `${line} with ${name}`,
      line,
      options: { raw, headers: { 'content-type': type } },
      status: [400, 404, 413, 415, 422],
    })),
  );
}

const badIds = [
  'x',
  'exec_',
  'exec_0',
  '..',
  '%2e%2e',
  '%00',
  '%ff',
  'exec_01m83v2rm2wkmz7bwtg8hpsyb7',
  "'; DROP TABLE records; --",
  '__proto__',
  'constructor',
  '🙂',
  'a'.repeat(255),
  'a'.repeat(300),
  '-1',
  '0',
  'null',
  '[object Object]',
  '${input.id}',
  '$.input',
];
const operations = [
  '',
  '/results',
  '/journal',
  '/stream',
  '/cancel',
  '/terminate',
  '/pause',
  '/resume',
  '/retry',
  '/signals/go',
];

/** Ids of nothing, with everything that may be asked of an execution. */
export function idCases(): BadCase[] {
  const places = ['v1', 'v2'].flatMap((version) => badIds.map((id) => ({ version, id })));
  return places.flatMap(({ version, id }) =>
    operations.flatMap((operation) => {
      const isReading = ['', '/results', '/journal', '/stream'].includes(operation);
      const line = `${isReading ? 'GET' : 'POST'} /api/${version}/executions/${encodeURIComponent(decodeSafely(id))}${operation}`;
      return [{ name: line, line, ...(isReading ? {} : { options: { body: {} } }), status: [400, 404, 414] }];
    }),
  );
}

function decodeSafely(id: string): string {
  try {
    return decodeURIComponent(id);
  } catch {
    return id;
  }
}

/** Leases and tasks that are nobody's: an answer for each, never an error. */
export function leaseCases(): BadCase[] {
  const ids = [...badIds, 'exec_0/s#1/1', 'exec_0/s#1', '/', 'exec_0/s#1/x', 'exec_0/../s#1/1'];
  return ids.flatMap((task_id) => {
    const complete = { task_id, lease_token: 'stale', status: 'completed', output: {} };
    const failed = { task_id, lease_token: 'stale', status: 'failed', error: { code: 'X', message: 'x' } };
    return [
      {
        name: `complete ${task_id}`,
        line: 'POST /api/v1/tasks/complete',
        options: { body: { results: [complete] } },
        status: [200, 422],
        names: 'STALE_LEASE',
      },
      {
        name: `fail ${task_id}`,
        line: 'POST /api/v1/tasks/complete',
        options: { body: { results: [failed] } },
        status: [200, 422],
        names: 'STALE_LEASE',
      },
      {
        name: `heartbeat ${task_id}`,
        line: 'POST /api/v1/tasks/heartbeat',
        options: { body: { tasks: [{ task_id, lease_token: 'stale' }] } },
        status: [200, 422],
      },
    ].map((given) => (task_id.length > 250 || task_id === '' ? { ...given, names: '' } : given));
  });
}

const badNumbers = [
  '-1',
  '1.5',
  'x',
  '1e9',
  'NaN',
  'Infinity',
  '1,5',
  '',
  ' ',
  '99999999999999999999',
  '[]',
  'true',
  '%00',
];

/** Query parameters that are no numbers, times, states or cursors. */
export function queryCases(): BadCase[] {
  const numbers = ['executions?limit', 'executions?page', 'workflows?limit', 'workflows?page'].flatMap((path) =>
    badNumbers.map((value) => [path, value] as const),
  );
  const texts = [
    'executions?cursor',
    'executions?from',
    'executions?to',
    'executions?status',
    'workflows/orders/metrics?period',
    'workflows/orders/metrics?granularity',
  ];
  const others = texts.flatMap((path) =>
    ['x', '-', '%7B%7D', '2026-13-45', '1x', "' OR 1=1"].map((value) => [path, encodeURIComponent(value)] as const),
  );
  const unknown = ['executions', 'workflows'].map((path) => [`${path}?no_such_parameter`, '1'] as const);
  return [...numbers, ...others, ...unknown].map(([path, value]) => ({
    name: `${path}=${value}`,
    line: `GET /api/v1/${path}=${value}`,
    status: [400, 404, 422],
  }));
}

const order = {
  order_id: 'o',
  customer_id: 'c',
  payment_method: 'credit_card',
  shipping_address: { zip: '1' },
  items: [{ product_id: 'p', quantity: 1, price: 1 }],
};
const wrong: readonly unknown[] = [
  null,
  true,
  7,
  -1,
  1.5,
  '',
  'x',
  [],
  [1],
  {},
  { a: 1 },
  [[]],
  '🙂',
  'a'.repeat(1_000),
  1e308,
];

/** Each field of an order with each value that its schema does not take. */
export function inputCases(fits: (input: unknown) => boolean): BadCase[] {
  const inputs: (readonly [string, unknown])[] = [];
  for (const field of Object.keys(order)) {
    inputs.push([`/input/${field} missing`, { ...order, [field]: undefined }]);
    for (const value of wrong) inputs.push([`/input/${field}`, { ...order, [field]: value }]);
  }
  for (const field of ['product_id', 'quantity', 'price']) {
    for (const value of wrong)
      inputs.push([`/input/items/0/${field}`, { ...order, items: [{ ...order.items[0], [field]: value }] }]);
  }
  for (const value of wrong) inputs.push(['/input', value]);
  return inputs
    .filter(([, input]) => !fits(JSON.parse(JSON.stringify(input)) as unknown))
    .flatMap(([pointer, input]) =>
      ['v1', 'v2'].map((version) => ({
        name: `${pointer} of an order is ${quoted(input)?.slice(0, 60)}`,
        line: `POST /api/${version}/workflows/orders/execute`,
        options: { body: { input } },
        status: [422],
        names: '/input',
      })),
    );
}

/** What is sent to hurt. */
export function hostileCases(): BadCase[] {
  const aliases = Array.from(
    { length: 30 },
    (_, n) =>
      `a${n}: &a${n} [${
        n === 0
          ? 'x'
          : Array(9)
              .fill(`*a${n - 1}`)
              .join(', ')
      }]`,
  ).join('\n');
  return [
    {
      name: '1 MiB of nested lists',
      line: 'POST /api/v1/workflows',
      options: { body: '['.repeat(1_040_000) },
      status: [413, 422],
    },
    {
      name: '1 MiB of nested maps',
      line: 'POST /api/v1/workflows',
      options: { body: '{a: '.repeat(260_000) },
      status: [413, 422],
    },
    {
      name: 'indented 1 MiB',
      line: 'POST /api/v1/workflows',
      options: { body: Array.from({ length: 1_400 }, (_, n) => `${' '.repeat(n)}a:`).join('\n') },
      status: [413, 422],
    },
    {
      name: 'more than 1 MiB',
      line: 'POST /api/v1/workflows',
      options: { body: `# ${'x'.repeat(1_100_000)}` },
      status: [413],
    },
    { name: 'an alias bomb', line: 'POST /api/v1/workflows', options: { body: aliases }, status: [422] },
    {
      name: '__proto__ as a step',
      line: 'POST /api/v1/workflows',
      options: { body: sound('  steps: [{name: __proto__, type: fail, code: X}]') },
      status: [422],
      names: '__proto__',
    },
    {
      name: 'a pattern that backtracks',
      line: 'POST /api/v1/workflows/probe/execute',
      options: { body: { input: { text: `${'a'.repeat(40)}b` } } },
      status: [422],
      names: '/input/text',
    },
    {
      name: 'a compressed body',
      line: 'POST /api/v1/workflows/orders/execute',
      options: { raw: 'x', headers: { 'content-type': 'application/json', 'content-encoding': 'gzip' } },
      status: [415],
    },
  ];
}
