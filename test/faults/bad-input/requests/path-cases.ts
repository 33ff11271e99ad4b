/** Addresses of nothing: ids and names that nobody has, routes that are not there, methods that a route has not. */
import type { BadCase, RightAnswer, Writer } from '../bad-case.ts';

/** Parts of a path as they are written in it. None is the id of anything. */
const strangeIds = [
  'x',
  'exec_',
  'exec_0',
  'exec_01m83v2rm2wkmz7bwtg8hpsyb7',
  'EXEC_01M83V2RM2WKMZ7BWTG8HPSYB7',
  '..',
  '.',
  '%2e%2e',
  '%00',
  'a%00b',
  '%0a',
  '..%2f..%2fetc%2fpasswd',
  '%27%3B%20DROP%20TABLE%20records%3B%20--',
  '%25',
  '__proto__',
  'constructor',
  'toString',
  '%F0%9F%99%82',
  'a'.repeat(128),
  'a'.repeat(129),
  'a'.repeat(255),
  '-1',
  '0',
  'null',
  'undefined',
  '%5Bobject%20Object%5D',
  '%24%7Binput.id%7D',
  '$.input',
  '*',
  'exec_0%2Fcancel',
];
/** No route takes a part like these. */
const unroutable = ['a'.repeat(256), 'a'.repeat(2_000), '%ff', '%C3%28', '%E0%A4%A', '%zz', '%'];

/** Of topics, every name that could be one is one: of these none can. */
const noTopics = ['a%20b', 'a%2Fb', '%24%7Binput.id%7D', '$.input', '*', '%25', '%0a', 'a'.repeat(250), '%5Ba%5D'];

interface Asked {
  readonly line: (id: string) => string;
  readonly body?: unknown;
}

const read = (rest: string): Asked => ({ line: (id) => `GET /api/v1/executions/${id}${rest}` });
const steer = (rest: string): Asked => ({ line: (id) => `POST /api/v1/executions/${id}${rest}`, body: {} });
const ofExecutions: readonly Asked[] = [
  ...['', '/results', '/explain', '/journal', '/stream'].map(read),
  ...['/cancel', '/terminate', '/pause', '/resume', '/retry', '/signals/go'].map(steer),
  { ...steer('/rerun'), body: { from_step: 'pay' } },
];

const strangeNames = [...strangeIds.filter((id) => id !== 'x'), 'Orders', 'orders%20', 'a'.repeat(63), 'a'.repeat(64)];
const ofWorkflows: readonly Asked[] = [
  ...['', '/versions', '/metrics'].map((rest) => ({ line: (name: string) => `GET /api/v1/workflows/${name}${rest}` })),
  { line: (name) => `GET /api/v1/workflows/${name}/versions/1.0.0` },
  { line: (name) => `DELETE /api/v1/workflows/${name}` },
  { line: (name) => `POST /api/v1/workflows/${name}/execute`, body: {} },
  { line: (name) => `POST /api/v1/workflows/${name}/execute-batch`, body: { executions: [{}] } },
  { line: (name) => `POST /api/v1/workflows/${name}/versions/1.0.0/activate`, body: {} },
  { line: (name) => `POST /api/v1/workflows/${name}/versions/1.0.0/promote`, body: {} },
  { line: (name) => `POST /api/v1/workflows/${name}/rollback`, body: { version: '1.0.0' } },
  { line: (name) => `POST /api/v1/workflows/${name}/validate` },
];

export function idCases(writer: Writer): BadCase[] {
  const noRoute: RightAnswer = { status: 404, code: 'ROUTE_NOT_FOUND', names: 'path' };
  const ask = (asked: Asked, id: string, answer: RightAnswer): BadCase => {
    const line = asked.line(id);
    return {
      title: line.slice(0, 120),
      request: asked.body === undefined ? writer.bare(line) : writer.json(line, asked.body),
      answer,
    };
  };
  const noExecution: RightAnswer = { status: 404, code: 'EXECUTION_NOT_FOUND', names: 'execution' };
  const noWorkflow: RightAnswer = { status: 404, code: 'WORKFLOW_NOT_FOUND', names: 'workflow' };
  const noTopic: RightAnswer = { status: 422, code: 'TOPIC_INVALID', names: 'topic' };
  const ofTopics: Asked = { line: (name) => `GET /api/v1/topics/${name}/messages` };
  const noToken: RightAnswer = { status: 404, code: 'TOKEN_NOT_FOUND', names: 'token' };
  const ofTokens: Asked = { line: (id) => `DELETE /api/v1/tokens/${id}` };
  return [
    ...ofExecutions.flatMap((asked) => strangeIds.map((id) => ask(asked, id, noExecution))),
    ...ofWorkflows.flatMap((asked) => strangeNames.map((name) => ask(asked, name, noWorkflow))),
    ...strangeIds.map((id) => ask(ofTokens, id, noToken)),
    ...noTopics.map((name) => ask(ofTopics, name, noTopic)),
    ...[...ofExecutions, ...ofWorkflows, ofTokens, ofTopics].flatMap((asked) =>
      unroutable.map((id) => ask(asked, id, noRoute)),
    ),
  ];
}

/** Numbers of versions in a path that are none, and signals that have no name. */
export function partCases(writer: Writer, { workflow, execution }: { workflow: string; execution: string }): BadCase[] {
  const at = `/api/v1/workflows/${workflow}/versions`;
  const lines = [
    (number: string) => `GET ${at}/${number}`,
    (number: string) => `POST ${at}/${number}/activate`,
    (number: string) => `POST ${at}/${number}/promote`,
  ];
  const wrong = ['latest', '1.0', '1', 'v1', '1.0.0.0', '1.0.x', '%00', '-1.0.0', '__proto__', 'newest%20one'];
  const gone = ['9.9.9', 'v9.9.9', '0.0.0', '1.0.0-beta'];
  const numbers = lines.flatMap((line) => [
    ...wrong.map((number) => ({
      title: line(number),
      request: requestOf(writer, line(number)),
      answer: {
        status: 422,
        code: 'REQUEST_INVALID',
        place: { code: 'VERSION_INVALID', pointer: '/version', in: 'path' },
      } as const,
    })),
    ...gone.map((number) => ({
      title: line(number),
      request: requestOf(writer, line(number)),
      answer: { status: 404, code: 'VERSION_NOT_FOUND', names: number.replace('v', '') },
    })),
  ]);
  const signals = ['a%20b', '%00', 'a%2fb', '%F0%9F%99%82', '%24.x', 'a'.repeat(129), '%3Cscript%3E'].map((name) => ({
    title: `a signal named ${name.slice(0, 20)}`,
    request: writer.json(`POST /api/v1/executions/${execution}/signals/${name}`, {}),
    answer: {
      status: 422,
      code: 'REQUEST_INVALID',
      place: { code: 'NAME_INVALID', pointer: '/name', in: 'path' },
    } as const,
  }));
  return [...numbers, ...signals];
}

const requestOf = (writer: Writer, line: string) =>
  line.startsWith('POST') ? writer.json(line, {}) : writer.bare(line);

const nowhere = [
  '/api',
  '/api/',
  '/api/v1',
  '/api/v1/',
  '/api/v3/workflows',
  '/api/v1/workflow',
  '/api/v1/Workflows',
  '/API/v1/workflows',
  '/api/v1//workflows',
  '/api/v1/workflows/orders/',
  '/api/v1/workflows/orders/nothing',
  '/api/v1/executions/x/y/z',
  '/api/v1/tokens/x/y',
  '/favicon.ico.exe',
  '/admin',
  '/.env',
  '/.git/config',
  '/wp-login.php',
  '/metrics/',
  '/health/live',
  '/%2e%2e/%2e%2e/etc/passwd',
  '//',
  '/api/v1/workflows%2Forders',
  '/api/docs/swagger.json',
];

export const routeCases = (writer: Writer): BadCase[] =>
  nowhere.flatMap((path) =>
    ['GET', 'POST', 'DELETE'].map((method) => ({
      title: `${method} ${path}`,
      request: method === 'POST' ? writer.json(`POST ${path}`, {}) : writer.bare(`${method} ${path}`),
      answer: { status: 404, code: 'ROUTE_NOT_FOUND', names: '/api/docs' },
    })),
  );

/** What can be read can be asked for its headers alone, except a stream. */
const heads = (path: string, methods: readonly string[]): string[] =>
  methods.includes('GET') && !path.endsWith('/stream') ? ['HEAD'] : [];

/** Of every path the methods that it has not. `methodsOf` is asked of the router. */
export function methodCases(writer: Writer, methodsOf: ReadonlyMap<string, readonly string[]>): BadCase[] {
  return [...methodsOf].flatMap(([path, methods]) =>
    ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE']
      .filter((method) => !methods.includes(method))
      .map((method) => ({
        title: `${method} ${path}`,
        request: ['GET', 'OPTIONS', 'TRACE'].includes(method)
          ? writer.bare(`${method} ${path}`)
          : writer.json(`${method} ${path}`, {}),
        answer: {
          status: 405,
          code: 'METHOD_NOT_ALLOWED',
          names: [...methods, ...heads(path, methods)].sort().join(', '),
        },
      })),
  );
}
