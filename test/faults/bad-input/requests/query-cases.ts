/** Query parameters, headers and parts of paths that no route can read. */
import { type BadCase, type Place, unfit, type Writer } from '../bad-case.ts';
import type { Addresses } from './bodies.ts';

type Row = readonly [code: string, value: string];

const rows = (code: string, ...values: readonly string[]): readonly Row[] => values.map((value) => [code, value]);
const nul = rows('TEXT_INVALID', '%00', 'a%00b');
const whole = (min: number, max: number): readonly Row[] => [
  ...rows(
    'TYPE_WRONG',
    'x',
    '1.5',
    '1e9x',
    'NaN',
    'Infinity',
    '1,5',
    '%20',
    'true',
    '[]',
    '%F0%9F%99%82',
    '0x10',
    '--1',
  ),
  ...rows('VALUE_INVALID', String(min - 1), String(max + 1)),
];
const truth = rows('TYPE_WRONG', 'maybe', 'yes', '1', '0', 'TRUE', '%20', 'null');
const words = (max: number): readonly Row[] => [...nul, ...rows('VALUE_INVALID', 'x'.repeat(max + 1))];
const time = [
  ...rows(
    'TIME_INVALID',
    'yesterday',
    '2026-13-01',
    '2026-01-32',
    '1700000000',
    '2026-01-01T25:00:00Z',
    '%20',
    '-',
    '12:00',
    '2026-1-1',
  ),
  ...words(64),
];
const version = [...rows('VERSION_INVALID', 'latest', '1.0', 'v1', '1.0.0.0', '%20'), ...words(64)];
const duration = [
  ...rows('DURATION_INVALID', 'soon', '5', '-1s', '1%20s', '1x', 'PT', '1h-30m', '%D9%A3s', '99999999d'),
  ...nul,
  ...rows('VALUE_INVALID', '', '1'.repeat(65)),
];
const status = [
  ...rows('VALUE_INVALID', 'runing', 'running,', ',', 'RUNNING', 'done', '%20', 'running;failed'),
  ...words(200),
];
const labels = [...rows('VALUE_INVALID', 'team', ':web', 'team:web,', ',', '%20'), ...words(1_024)];
const wait = [...duration, ...rows('VALUE_INVALID', '61s', '1h', '7d')];

interface QueryRoute {
  readonly line: string;
  readonly parameters: Readonly<Record<string, readonly Row[]>>;
  readonly body?: unknown;
}

function queryRoutes({ workflow, execution }: Addresses): readonly QueryRoute[] {
  const at = `/api/v1/workflows/${workflow}`;
  const one = `/api/v1/executions/${execution}`;
  const definition = { strict: truth, file: words(1_024) };
  const yaml_content = 'kind: Workflow';
  return [
    {
      line: 'GET /api/v1/executions',
      parameters: {
        workflow: words(63),
        version,
        status,
        from: time,
        to: time,
        tag: words(200),
        labels,
        search: words(200),
        page: whole(1, 100_000),
        limit: whole(1, 200),
        count: truth,
        cursor: words(512),
      },
    },
    {
      line: 'GET /api/v1/workflows',
      parameters: {
        search: words(200),
        tag: words(200),
        page: whole(1, 100_000),
        limit: whole(1, 200),
        cursor: words(512),
      },
    },
    { line: `GET ${one}`, parameters: { steps_offset: whole(0, 10_000_000), steps_limit: whole(0, 200) } },
    {
      line: `GET ${one}/journal`,
      parameters: { after: whole(0, Number.MAX_SAFE_INTEGER).slice(0, -1), limit: whole(1, 1_000) },
    },
    { line: `GET ${one}/stream`, parameters: { after: whole(0, Number.MAX_SAFE_INTEGER).slice(0, -1) } },
    { line: 'GET /api/v1/limits', parameters: { key: words(512), after: words(512), limit: whole(1, 100) } },
    { line: `GET ${at}/metrics`, parameters: { period: duration, granularity: duration } },
    { line: `POST ${at}/execute`, parameters: { wait }, body: {} },
    { line: 'POST /api/v1/workflows', parameters: definition, body: { yaml_content } },
    { line: `PUT ${at}`, parameters: definition, body: { yaml_content } },
    { line: `POST ${at}/versions`, parameters: definition, body: { yaml_content } },
    { line: 'POST /api/v1/workflows/validate', parameters: definition, body: { yaml_content } },
    { line: `POST ${at}/validate`, parameters: definition, body: { yaml_content } },
    // Routes that take no parameter refuse each, so that none is misspelt in silence.
    { line: `GET ${one}/results`, parameters: {} },
    { line: `GET ${one}/explain`, parameters: {} },
    ...['', '/versions', '/versions/1.0.0'].map((rest) => ({ line: `GET ${at}${rest}`, parameters: {} })),
    ...['cancel', 'terminate', 'pause', 'resume', 'retry', 'signals/go'].map((verb) => ({
      line: `POST ${one}/${verb}`,
      parameters: {},
      body: {},
    })),
    { line: 'GET /api/v1/executions/bulk', parameters: { limit: whole(1, 200), cursor: words(512) } },
    {
      line: 'POST /api/v1/executions/bulk',
      parameters: {},
      body: { action: 'pause', filter: { workflow: 'nobody' } },
    },
    {
      line: 'GET /api/v1/dead-letters',
      parameters: {
        workflow: words(63),
        executor: words(255),
        code: words(128),
        reason: rows('VALUE_INVALID', 'posion', 'RULE', '%20', 'rule,poison'),
        from: time,
        to: time,
        limit: whole(1, 200),
        cursor: words(512),
      },
    },
    ...['replay', 'discard'].map((verb) => ({
      line: `POST /api/v1/dead-letters/bulk/${verb}`,
      parameters: {},
      body: { filter: {} },
    })),
    { line: `POST ${one}/rerun`, parameters: {}, body: { from_step: 'pay' } },
    { line: `POST ${at}/rollback`, parameters: {}, body: {} },
    { line: `POST ${at}/execute-batch`, parameters: {}, body: { executions: [{}] } },
    { line: `DELETE ${at}`, parameters: {} },
    { line: `POST ${at}/versions/1.0.0/activate`, parameters: {}, body: {} },
    {
      line: 'GET /api/v1/topics/orders/messages',
      parameters: {
        after: [...rows('VALUE_INVALID', ''), ...words(100)],
        limit: whole(1, 200),
        wait,
      },
    },
    { line: 'GET /api/v1/topics', parameters: {} },
    { line: 'GET /api/v1/tokens', parameters: {} },
    { line: 'GET /api/v1/system/status', parameters: {} },
    { line: 'GET /api/v1/system/retention', parameters: {} },
    { line: 'POST /api/v1/system/retention/run', parameters: {}, body: { dry_run: true } },
    { line: 'POST /api/v1/tasks/claim', parameters: {}, body: { executor: 'nobody', worker_id: 'w' } },
  ];
}

const inQuery = (code: string, pointer: string): Place => ({ code, pointer, in: 'query' });

export function queryCases(writer: Writer, addresses: Addresses): BadCase[] {
  return queryRoutes(addresses).flatMap(({ line, parameters, body }) => {
    const write = (query: string) =>
      body === undefined ? writer.bare(`${line}?${query}`) : writer.json(`${line}?${query}`, body);
    const wrong = Object.entries(parameters).flatMap(([name, values]) =>
      values.map(([code, value]) => ({
        title: `${line}?${name}=${value.slice(0, 40)}`,
        request: write(`${name}=${value}`),
        answer: unfit(inQuery(code, `/${name}`)),
      })),
    );
    const names = [
      'no_such_parameter',
      '__proto__',
      'constructor',
      ...Object.keys(parameters).map((name) => `${name}s`),
    ];
    const unknown = names.map((name) => ({
      title: `${line}?${name}=1`,
      request: write(`${name}=1`),
      answer: unfit(inQuery('FIELD_UNKNOWN', `/${name}`)),
    }));
    const twice = Object.keys(parameters).map((name) => ({
      title: `${line}: ${name} twice`,
      request: write(`${name}=1&${name}=2`),
      answer: unfit(inQuery('TYPE_WRONG', `/${name}`)),
    }));
    return [...wrong, ...unknown, ...twice];
  });
}
