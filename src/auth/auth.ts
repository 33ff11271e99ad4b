/**
 * Who is calling. Turns the `Authorization` header into a principal, or into nothing.
 *
 * The workspace comes from the credential and from nowhere else. With authentication switched off every caller is an
 * anonymous admin of the default workspace.
 */
import type { Role } from './permission.ts';
import { areHashesEqual, hashToken } from './token.ts';
import type { Tokens } from './tokens.ts';

export const defaultWorkspace = 'default';

export interface Principal {
  readonly workspace: string;
  readonly name: string;
  readonly role: Role;
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

const bearer = /^Bearer +(\S{1,512})$/i;

export function openAuth({ tokens, enabled = true, adminToken }: AuthOptions): Auth {
  if (!enabled) {
    const anonymous: Principal = { workspace: defaultWorkspace, name: 'anonymous', role: 'admin' };
    return { tokens, authenticate: () => anonymous };
  }
  const admin: Principal = { workspace: defaultWorkspace, name: 'admin', role: 'admin' };
  const adminHash = adminToken === undefined ? undefined : hashToken(adminToken);
  return {
    tokens,
    authenticate(authorization) {
      const token = authorization === undefined ? undefined : bearer.exec(authorization)?.[1];
      if (token === undefined) return undefined;
      if (adminHash !== undefined && areHashesEqual(adminHash, hashToken(token))) return admin;
      const found = tokens.find(token);
      return found && { workspace: found.workspace, name: found.name, role: found.role };
    },
  };
}

/** Makes the first admin token where neither the configuration nor the shelf has one. Its text is readable this once. */
export async function makeFirstToken(tokens: Tokens): Promise<string | undefined> {
  if (tokens.list(defaultWorkspace).some((token) => token.role === 'admin' && token.expiresAt === null))
    return undefined;
  return (await tokens.create({ name: 'first admin', role: 'admin', workspace: defaultWorkspace })).token;
}
