/**
 * Who is calling. Turns the `Authorization` header into a principal, or into nothing.
 *
 * The workspace comes from the credential. A request may name one, and then gets no further than its credential reaches:
 * a token of a workspace reaches that one alone, the server's own admin tokens reach each. With authentication switched
 * off every caller is an anonymous admin of the server.
 */
import type { Role } from './permission.ts';
import { areHashesEqual, hashToken } from './token.ts';
import type { Reach, Tokens } from './tokens.ts';

export const defaultWorkspace = 'default';

export interface Principal {
  /** Of its token; undefined for one that has none. */
  readonly tokenId: string | undefined;
  readonly workspace: string;
  readonly name: string;
  readonly role: Role;
  readonly reach: Reach;
}

export interface Auth {
  readonly tokens: Tokens;
  /** Undefined for a missing, malformed, unknown, revoked or expired credential: a caller cannot tell which. */
  authenticate(authorization: string | undefined): Principal | undefined;
}

export interface AuthOptions {
  readonly tokens: Tokens;
  /** Default true. */
  readonly enabled?: boolean;
  /** The configuration's own admin token; kept as a hash, in memory only. */
  readonly adminToken?: string;
}

const serverAdmin = { workspace: defaultWorkspace, role: 'admin', reach: 'server' } as const;
const bearer = /^Bearer +(\S{1,512})$/i;

export function openAuth({ tokens, enabled = true, adminToken }: AuthOptions): Auth {
  if (!enabled) {
    const anonymous: Principal = { ...serverAdmin, name: 'anonymous', tokenId: undefined };
    return { tokens, authenticate: () => anonymous };
  }
  const admin: Principal = { ...serverAdmin, name: 'admin', tokenId: 'configured' };
  const adminHash = adminToken === undefined ? undefined : hashToken(adminToken);
  return {
    tokens,
    authenticate(authorization) {
      const token = authorization === undefined ? undefined : bearer.exec(authorization)?.[1];
      if (token === undefined) return undefined;
      if (adminHash !== undefined && areHashesEqual(adminHash, hashToken(token))) return admin;
      const found = tokens.find(token);
      if (found === undefined) return undefined;
      const { id, name, role, workspace, reach = 'workspace' } = found;
      return { tokenId: id, name, role, workspace, reach };
    },
  };
}

/** The caller in the workspace that its request names (none: its own); undefined where its credential does not reach it. */
export function principalIn(principal: Principal, named: string | undefined): Principal | undefined {
  if (named === undefined || named === principal.workspace) return principal;
  return principal.reach === 'server' ? { ...principal, workspace: named } : undefined;
}

/** Makes the first admin token where neither the configuration nor the shelf has one. Its text is readable this once. */
export async function makeFirstToken(tokens: Tokens): Promise<string | undefined> {
  if (tokens.list(defaultWorkspace).some((token) => token.role === 'admin' && token.expiresAt === null))
    return undefined;
  const first = { name: 'first admin', role: 'admin', workspace: defaultWorkspace, reach: 'server' } as const;
  return (await tokens.create(first)).token;
}
