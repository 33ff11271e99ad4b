/**
 * The gate every request passes before its body is read: is the server open, who is calling, may they.
 *
 * Default deny: a route that states no permission is refused when it is registered, so it can never be served.
 */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { type Auth, principalIn } from '../auth/auth.ts';
import { isPermission, may } from '../auth/permission.ts';
import { Impossible } from '../kit/assert.ts';
import { Fault } from '../kit/fault.ts';
import type { HttpApp } from './http-app.ts';
import { refusal } from './problem.ts';
import type { Allowance, RateLimiter } from './rate-limit.ts';

export interface GateDeps {
  readonly auth: Pick<Auth, 'authenticate'>;
  /** Undefined: everybody may ask as often as they like. */
  readonly limiter: RateLimiter | undefined;
  readonly isClosing: () => boolean;
}

export function guard(app: HttpApp, deps: GateDeps): void {
  app.decorateRequest('principal', null);

  app.addHook('onRoute', (route) => {
    if (!isPermission(route.config?.permission)) {
      throw new Impossible(`the route ${String(route.method)} ${route.url} states no permission`);
    }
  });

  app.addHook('onRequest', (request, reply, done) => {
    void reply.header('x-request-id', request.id);
    if (deps.isClosing()) {
      void reply.header('connection', 'close');
      done(new Fault('SHUTTING_DOWN', 'the server is shutting down; try again in a moment'));
      return;
    }
    const refused = request.is404 ? undefined : refuse(request, reply, deps);
    if (refused?.code === 'UNAUTHENTICATED') void reply.header('www-authenticate', challengeFor(request));
    done(refused);
  });
}

function refuse(request: FastifyRequest, reply: FastifyReply, { auth, limiter }: GateDeps): Fault | undefined {
  if (request.headers.host === undefined && request.raw.httpVersion === '1.1') {
    return new Fault('HTTP_INVALID', 'an HTTP/1.1 request must name its Host: add the header');
  }
  const encoding = request.headers['content-encoding'];
  if (encoding !== undefined && encoding !== 'identity') {
    return new Fault('MEDIA_TYPE_UNSUPPORTED', `send the body as it is: Content-Encoding ${encoding} is not read`);
  }
  const permission = request.routeOptions.config.permission;
  if (permission === 'public') return undefined;
  const caller = auth.authenticate(request.headers.authorization);
  const allowance = limiter?.take(caller?.tokenId ?? request.ip, permission === 'tasks:work' ? 'tasks' : 'requests');
  if (allowance) tellAllowance(reply, allowance);
  if (allowance?.isAllowed === false) return rateLimited(allowance);
  if (caller === undefined) return unauthenticated;
  const named = request.headers[workspaceHeader]?.toString();
  if (named !== undefined && !workspaceForm.test(named)) return badWorkspace;
  request.principal = principalIn(caller, named) ?? null;
  if (request.principal === null) return unreachedWorkspace(named);
  if (permission === undefined || !may(request.principal.role, permission)) {
    const { name, role } = request.principal;
    return new Fault('FORBIDDEN', `${name} (${role}) may not do this: it takes the permission ${permission}`);
  }
  return isFromForeignPage(request) ? foreignPage : undefined;
}

function tellAllowance(reply: FastifyReply, { limit, remaining, fullAtMs }: Allowance): void {
  void reply.headers({
    'x-ratelimit-limit': String(limit),
    'x-ratelimit-remaining': String(remaining),
    'x-ratelimit-reset': String(Math.ceil(fullAtMs / 1_000)),
  });
}

function rateLimited({ limit, waitMs }: Allowance): Fault {
  const message = `more than ${limit} requests in the period of server.rate_limit: ask again after Retry-After seconds`;
  return new Fault('RATE_LIMITED', message, { detail: { retryAfterSeconds: waitMs / 1_000 } });
}

/** How a request names its workspace, where its token reaches more than one. */
const workspaceHeader = 'x-magicflow-workspace';
const workspaceForm = /^[a-z0-9][a-z0-9_-]{0,62}$/;

const badWorkspace = refusal({
  code: 'VALUE_INVALID',
  message: 'a workspace is called by 1 to 63 of a-z, 0-9, _ and -, beginning with a letter or digit',
  pointer: `/${workspaceHeader}`,
  in: 'headers',
});

/** The same whether or not it is there: what a token does not reach, it does not learn of. */
const unreachedWorkspace = (named: string | undefined): Fault =>
  new Fault(
    'WORKSPACE_NOT_FOUND',
    `this token reaches no workspace ${named}: leave the header ${workspaceHeader} out, or use a token of that workspace`,
  );

const unauthenticated = new Fault('UNAUTHENTICATED', 'send a valid token: Authorization: Bearer <token>');
const foreignPage = new Fault('FORBIDDEN', 'a web page of another origin must not change anything here');

/** A browser tells where a changing request comes from; with authentication off this is what stops foreign pages. */
function isFromForeignPage(request: FastifyRequest): boolean {
  const { origin, host } = request.headers;
  if (origin === undefined || request.method === 'GET' || request.method === 'HEAD') return false;
  return !URL.canParse(origin) || new URL(origin).host !== host;
}

function challengeFor(request: FastifyRequest): string {
  return request.headers.authorization === undefined
    ? 'Bearer realm="magicflow"'
    : 'Bearer realm="magicflow", error="invalid_token"';
}
