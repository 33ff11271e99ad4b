/** An API over a test engine, with one caller a role; for tests of routes. */
import { makeFirstToken, openAuth } from '../auth/auth.ts';
import { type Role, roles } from '../auth/permission.ts';
import { openTokens, type StoredToken } from '../auth/tokens.ts';
import { type BrokerOnDemand, brokerOnDemand } from '../broker/drivers.ts';
import type { Engine } from '../engine/engine.ts';
import type { Clock } from '../kit/clock.ts';
import { systemClock } from '../kit/clock.ts';
import type { ApiConfig } from './http-app.ts';
import { type Api, openApi } from './server.ts';
import { openAnswerCheck } from './test-answers.ts';
import { openTestEngine, type TestEngine, testNowMs } from './test-engine.ts';

/** The roles are of workspace `default`, the stranger is the admin of another one, the server's admin reaches each. */
type Caller = Role | 'stranger' | 'server';

export interface TestApi {
  readonly api: Api;
  readonly engine: TestEngine;
  readonly tokens: Readonly<Record<Caller, string>>;
  readonly logged: unknown[];
  /** A request as JSON, by the admin of workspace `default` unless the options say otherwise. */
  call(line: string, body?: unknown, options?: CallOptions): Promise<Answer>;
}

export interface CallOptions {
  readonly as?: Caller | 'nobody' | undefined;
  readonly headers?: Record<string, string>;
  /** The body as it stands, instead of JSON. */
  readonly raw?: string | Buffer;
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | number | undefined>>;
  readonly text: string;
  /** Parsed where it is JSON. */
  readonly body: Record<string, unknown>;
}

export const helloYaml = `apiVersion: workflow.magic-flow.io/v2
kind: Workflow
metadata:
  name: hello
  version: 1.0.0
spec:
  steps:
    - name: greet
      type: function
      executor: hello
      function: greet
`;

export async function openTestApi(
  options: { config?: Partial<ApiConfig>; clock?: Clock; auth?: boolean; over?: Engine; broker?: BrokerOnDemand } = {},
): Promise<TestApi> {
  const engine = openTestEngine();
  const clock = options.clock ?? { ...systemClock, nowMs: () => testNowMs + 1_000 };
  let saved: readonly StoredToken[] = [];
  const shelf = await openTokens({
    load: async () => saved,
    save: async (next) => {
      saved = next;
    },
    clock,
  });
  const made = new Map<string, string>([['server', (await makeFirstToken(shelf)) ?? '']]);
  for (const role of roles) made.set(role, (await shelf.create({ name: role, role, workspace: 'default' })).token);
  made.set('stranger', (await shelf.create({ name: 'stranger', role: 'admin', workspace: 'other' })).token);
  const logged: unknown[] = [];
  const api = await openApi({
    engine: options.over ?? engine,
    broker: options.broker ?? brokerOnDemand({ type: 'embedded' }, { clock, warn: () => undefined }),
    auth: openAuth({ tokens: shelf, enabled: options.auth ?? true }),
    clock,
    log: { error: (fields) => logged.push(fields) },
    config: { host: '127.0.0.1', port: 0, dashboardPort: 0, version: '2.0.0-test', ...options.config },
  });
  const checkAnswer = openAnswerCheck(api.routes);
  const tokens = Object.fromEntries(made) as Record<Caller, string>;

  const call = async (line: string, body?: unknown, { as = 'admin', headers = {}, raw }: CallOptions = {}) => {
    const [method = '', url = ''] = line.split(' ');
    const answer = await api.server.inject({
      method: method as 'GET',
      url,
      headers: {
        ...(as === 'nobody' ? {} : { authorization: `Bearer ${tokens[as]}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(raw !== undefined ? { payload: raw } : body === undefined ? {} : { payload: JSON.stringify(body) }),
    });
    const isJson = String(answer.headers['content-type']).includes('json');
    const answered = { status: answer.statusCode, body: isJson ? answer.json() : {} };
    checkAnswer({ method, url, ...answered });
    return { ...answered, headers: answer.headers, text: answer.body };
  };
  return { api, engine, tokens, logged, call };
}
