/**
 * The HTTP side of the platform: one application behind two ports (API and dashboard), versions 1 and 2 of the API alike.
 *
 * It promises that no answer is a 500 for what a client sent, that every answer carries a request id, and that closing
 * lets requests under way end: new ones are refused, waiting ones answer early, streams are told to come back.
 */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import Fastify, { type FastifyReply, type FastifyRequest, type FastifyServerOptions } from 'fastify';
import { Empty } from '../contract/values.ts';
import { present } from '../kit/assert.ts';
import { Fault } from '../kit/fault.ts';
import { makeId } from '../kit/ids.ts';
import { systemRandom } from '../kit/random.ts';
import { readJsonBodies } from './body.ts';
import { refuseBrokenRequest } from './broken-request.ts';
import { type Closing, openClosing } from './closing.ts';
import { type DocumentedRoute, documentedRoutes } from './docs/openapi.ts';
import { guard } from './gate.ts';
import { type ApiDeps, bodyBytesDefault, type HttpApp } from './http-app.ts';
import { openKnownPaths } from './known-paths.ts';
import { problemOf, problemType } from './problem.ts';
import { openRateLimiter } from './rate-limit.ts';
import { bulkRoutes } from './routes/bulk.ts';
import { deadLetterRoutes } from './routes/dead-letters.ts';
import { definitionRoutes } from './routes/definitions.ts';
import { openExecutionAnswers } from './routes/execution-answers.ts';
import { executionRoutes } from './routes/executions.ts';
import { humanTaskRoutes } from './routes/human-tasks.ts';
import { journalRoutes } from './routes/journal.ts';
import { limitRoutes } from './routes/limits.ts';
import { metricsRoutes } from './routes/metrics.ts';
import { operationRoutes } from './routes/operations.ts';
import { rerunRoutes } from './routes/reruns.ts';
import { retentionRoutes } from './routes/retention.ts';
import { startRoutes } from './routes/starts.ts';
import { healthRoutes, metricsTextRoute, systemRoutes } from './routes/system.ts';
import { taskRoutes } from './routes/tasks.ts';
import { tokenRoutes } from './routes/tokens.ts';
import { topicRoutes } from './routes/topics.ts';
import { versionRoutes } from './routes/versions.ts';
import { webPageRoutes } from './routes/web-pages.ts';
import { workflowRoutes } from './routes/workflows.ts';
import { openStreams, type Streams } from './sse.ts';
import { openUrls, type Urls } from './urls.ts';
import { openValidation } from './validation.ts';

export interface Api {
  /** Rejects where a port is taken; then neither listens. */
  listen(): Promise<{ readonly port: number; readonly dashboardPort: number }>;
  /** Resolves once nothing is served any more, at the latest after `closeWaitMs`. The engine is not touched. */
  close(): Promise<void>;
  readonly server: HttpApp;
  readonly routes: readonly DocumentedRoute[];
}

const streamsDefault = 1_000;
const closeWaitDefaultMs = 10_000;
/** How long a client may take to send a request. */
const requestTimeoutMs = 60_000;
const serverOptions = {
  requestTimeout: requestTimeoutMs,
  /** Peers that vanished without a word are found by the system, so that no stream is kept for them. */
  keepAlive: true,
  keepAliveInitialDelay: 30_000,
  /** The gate asks for it, and its answer says why. */
  requireHostHeader: false,
};
/** The rest of a body that is refused is read and thrown away, where it was said to be no longer than this. */
const drainedBytesMax = 67_108_864;
const requestIdForm = /^[\w.:-]{1,128}$/;

export async function openApi(deps: ApiDeps): Promise<Api> {
  const { engine, clock, config } = deps;
  const closing = openClosing();
  const streams = openStreams({
    executions: engine.executions,
    clock,
    streamsMax: config.streamsMax ?? streamsDefault,
  });
  const ports = { port: config.port, dashboardPort: config.dashboardPort };
  const routes: DocumentedRoute[] = [];

  const app = openApp(deps);
  const limiter = config.rateLimit && openRateLimiter(config.rateLimit, clock);
  guard(app, { auth: deps.auth, limiter, isClosing: () => closing.isClosing });
  readJsonBodies(app);
  answerProblems(app, deps);
  app.addHook('onRoute', (route) => {
    routes.push(...documentedRoutes(route));
  });

  healthRoutes(app, deps);
  metricsTextRoute(app, engine, streams);
  const shared = { ...deps, closing, streams, urls: openUrls(config, ports) };
  const register = (scope: HttpApp, _options: unknown, done: () => void): void => {
    apiRoutes(scope, shared);
    done();
  };
  await app.register(register, { prefix: '/api/v1' });
  webPageRoutes(app, { routes, version: config.version ?? '2' });
  await app.ready();
  const dashboard = createServer(serverOptions, (request, response) => app.routing(request, response));
  dashboard.on('clientError', refuseBrokenRequest);

  return {
    server: app,
    routes,
    async listen() {
      ports.port = await listenOn(app.server, { host: config.host, port: config.port });
      try {
        ports.dashboardPort = await listenOn(dashboard, { host: config.host, port: config.dashboardPort });
      } catch (error) {
        app.server.close();
        throw error;
      }
      return { ...ports };
    },
    async close() {
      closing.begin();
      streams.closeAll();
      const servers = [app.server, dashboard];
      const cancel = clock.schedule(config.closeWaitMs ?? closeWaitDefaultMs, () => {
        for (const server of servers) server.closeAllConnections();
      });
      await Promise.all(servers.map(closeServer));
      cancel();
      await app.close();
    },
  };
}

function apiRoutes(app: HttpApp, deps: ApiDeps & { closing: Closing; streams: Streams; urls: Urls }): void {
  // A route that names no parameters takes none: what is misspelt is refused everywhere, never ignored.
  app.addHook('onRoute', (route) => {
    route.schema = { querystring: Empty, ...route.schema };
  });
  // Apart from the others: here any body is a text.
  app.register((scope: HttpApp, _options, done) => {
    definitionRoutes(scope, deps);
    done();
  });
  workflowRoutes(app, deps);
  versionRoutes(app, deps);
  startRoutes(app, deps);
  const answer = openExecutionAnswers(deps);
  executionRoutes(app, deps, answer);
  journalRoutes(app, deps);
  operationRoutes(app, deps, answer);
  rerunRoutes(app, deps);
  bulkRoutes(app, deps);
  deadLetterRoutes(app, deps);
  taskRoutes(app, deps);
  humanTaskRoutes(app, deps);
  limitRoutes(app, deps);
  metricsRoutes(app, deps);
  tokenRoutes(app, deps);
  topicRoutes(app, deps);
  systemRoutes(app, deps, deps.streams);
  retentionRoutes(app, deps);
}

function openApp({ clock, config, log }: ApiDeps): HttpApp {
  return Fastify({
    logger: false,
    schemaController: schemaController(),
    bodyLimit: config.bodyBytesMax ?? bodyBytesDefault,
    http: serverOptions,
    routerOptions: { maxParamLength: 255 },
    return503OnClosing: false,
    requestIdHeader: false,
    // Version 2 of the API is version 1 by another name; its routes are not compiled twice.
    rewriteUrl: ({ url = '/' }) => (url.startsWith('/api/v2/') ? `/api/v1/${url.slice('/api/v2/'.length)}` : url),
    genReqId: ({ headers }) => {
      const given = headers['x-request-id'];
      return typeof given === 'string' && requestIdForm.test(given) ? given : makeId('req', clock, systemRandom);
    },
    clientErrorHandler: (error, socket) => refuseBrokenRequest(error, socket),
    frameworkErrors: (error, request, reply) => sendProblem({ error, request, reply: reply as FastifyReply, log }),
  }) as unknown as HttpApp;
}

/**
 * How requests are checked and answers written. Answers are typed by the contract and the tests hold each against its
 * schema, so JSON.stringify writes them: it needs no compiling, and is faster than what Fastify would compile.
 */
function schemaController() {
  const validation = openValidation();
  const compilersFactory = { buildValidator: () => validation, buildSerializer: () => () => JSON.stringify };
  // The types know Fastify's own compilers only; these are why it does not load them.
  return { compilersFactory } as unknown as NonNullable<FastifyServerOptions['schemaController']>;
}

/** Checks, and the shape of every answer that is not a success. */
function answerProblems(app: HttpApp, { log }: ApiDeps): void {
  const paths = openKnownPaths();
  app.addHook('onRoute', (route) => {
    for (const method of [route.method].flat()) paths.add(method, route.url);
  });
  app.addHook('preValidation', (request, _reply, done) => {
    // Every body is an object or a text: what was not sent is an empty object, and the schema says what is missing.
    if (request.body === undefined && request.method !== 'GET') request.body = {};
    done();
  });
  app.addHook('onRequest', (request, _reply, done) =>
    done(request.is404 ? notFound(request.url, request.method) : undefined),
  );
  app.setNotFoundHandler((request) => {
    throw notFound(request.url, request.method);
  });
  app.setErrorHandler((error, request, reply) => sendProblem({ error, request, reply, log }));

  function notFound(url: string, method: string): Fault {
    const path = url.split('?')[0] ?? '';
    const allow = paths.methodsOf(path).join(', ');
    return allow === ''
      ? new Fault('ROUTE_NOT_FOUND', `there is nothing at ${path}; the routes are described at /api/docs`)
      : new Fault('METHOD_NOT_ALLOWED', `${path} answers to ${allow}, not to ${method}`, { detail: { allow } });
  }
}

interface Failed {
  readonly error: unknown;
  readonly request: Pick<FastifyRequest, 'id' | 'url' | 'headers'>;
  readonly reply: FastifyReply;
  readonly log: ApiDeps['log'];
}

function sendProblem({ error, request, reply, log }: Failed): void {
  const { status, headers, body } = problemOf(error, request.id);
  // Whoever waited when the server was told to stop is sent away: that is no failure.
  const isFailure = status >= 500 && !Fault.is(error, 'SHUTTING_DOWN');
  if (isFailure) log.error({ error, request_id: request.id, url: request.url }, 'a request failed');
  void reply.code(status).headers(headers).header('content-type', problemType).header('x-request-id', request.id);
  // Hung up on in the middle of its body, a sender would learn of a broken pipe and not of the reason.
  if (status < 500 && Number(request.headers['content-length']) <= drainedBytesMax)
    void reply.removeHeader('connection');
  void reply.serializer(JSON.stringify).send(body);
}

function listenOn(server: Server, address: { host: string; port: number }): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(address, () => {
      server.off('error', reject);
      resolve((present(server.address(), 'the address of a listening server') as AddressInfo).port);
    });
  });
}

/** Connections that are idle, or become so, are closed; those that serve are waited for. */
function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    if (!server.listening) return resolve();
    const sweep = setInterval(() => server.closeIdleConnections(), 20);
    server.close(() => {
      clearInterval(sweep);
      resolve();
    });
  });
}
