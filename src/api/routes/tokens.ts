/** The tokens of a workspace. */

import type { Role } from '../../auth/permission.ts';
import type { StoredToken } from '../../auth/tokens.ts';
import { TokenBody, TokenCreated, TokenList, type TokenSummaryAnswer } from '../../contract/system.ts';
import { isoTime, isoTimeOrNull } from '../answers/time.ts';
import { type ApiDeps, type HttpApp, workspaceOf } from '../http-app.ts';
import { durationMs } from '../requests.ts';

export function tokenRoutes(app: HttpApp, { auth, clock }: ApiDeps): void {
  const { tokens } = auth;

  app.route<{ Body: { name: string; role: Role; expires_in?: string } }>({
    method: 'POST',
    url: '/tokens',
    config: { permission: 'tokens:manage' },
    schema: { summary: 'Make a token', tags: ['tokens'], body: TokenBody, response: { 201: TokenCreated } },
    handler: async (request, reply) => {
      const { name, role, expires_in: expiresIn } = request.body;
      const place = { in: 'body', pointer: '/expires_in' } as const;
      const expiry = expiresIn === undefined ? {} : { expiresAt: clock.nowMs() + durationMs(expiresIn, place) };
      const { token, stored } = await tokens.create({ name, role, workspace: workspaceOf(request), ...expiry });
      void reply.code(201).header('cache-control', 'no-store');
      return { ...tokenAnswer(stored), token };
    },
  });

  app.route({
    method: 'GET',
    url: '/tokens',
    config: { permission: 'tokens:manage' },
    schema: { summary: 'List tokens', tags: ['tokens'], response: { 200: TokenList } },
    handler: async (request) => ({ tokens: tokens.list(workspaceOf(request)).map(tokenAnswer) }),
  });

  app.route<{ Params: { id: string } }>({
    method: 'DELETE',
    url: '/tokens/:id',
    config: { permission: 'tokens:manage' },
    schema: { summary: 'Revoke a token', tags: ['tokens'] },
    handler: async (request, reply) => {
      await tokens.revoke(workspaceOf(request), request.params.id);
      return reply.code(204).send();
    },
  });
}

function tokenAnswer({ id, name, role, workspace, createdAt, expiresAt }: StoredToken): TokenSummaryAnswer {
  return { id, name, role, workspace, created_at: isoTime(createdAt), expires_at: isoTimeOrNull(expiresAt) };
}
