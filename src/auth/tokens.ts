/**
 * The tokens that somebody made: created, listed, revoked, found by what a request carries.
 *
 * The owner gives `load` and `save` (a file, hashes only). A change counts once it is saved: a failed save leaves
 * everything as it was. Changes wait for each other, so that the last save holds them all.
 */
import { randomUUID } from 'node:crypto';
import type { Clock } from '../kit/clock.ts';
import { Fault } from '../kit/fault.ts';
import type { Role } from './permission.ts';
import { areHashesEqual, hashToken, makeToken } from './token.ts';

/** Where a token works: in its own workspace alone, or, by naming it, in any of the server. */
export type Reach = 'workspace' | 'server';

export interface StoredToken {
  readonly id: string;
  readonly name: string;
  readonly role: Role;
  readonly workspace: string;
  /** Absent: `workspace`. */
  readonly reach?: Reach;
  /** SHA-256, hexadecimal. */
  readonly hash: string;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  /** Null: never. */
  readonly expiresAt: number | null;
}

export interface TokenShelf {
  load(): Promise<readonly StoredToken[]>;
  /** Durable when it resolves. */
  save(tokens: readonly StoredToken[]): Promise<void>;
}

export interface NewToken {
  readonly name: string;
  readonly role: Role;
  readonly workspace: string;
  /** Default `workspace`. No call from outside may ask for more. */
  readonly reach?: Reach;
  readonly expiresAt?: number;
}

export interface Tokens {
  /** `token` is readable this once. */
  create(request: NewToken): Promise<{ readonly token: string; readonly stored: StoredToken }>;
  /** In the order they were made, expired ones included. */
  list(workspace: string): readonly StoredToken[];
  /** Rejects with TOKEN_NOT_FOUND. */
  revoke(workspace: string, id: string): Promise<void>;
  /** The token behind this text; undefined where there is none or it has expired. */
  find(token: string): StoredToken | undefined;
}

export async function openTokens(deps: TokenShelf & { clock: Pick<Clock, 'nowMs'> }): Promise<Tokens> {
  let stored = [...(await deps.load())];
  let byPrefix = indexOf(stored);
  let last: Promise<unknown> = Promise.resolve();

  const change = async (next: () => StoredToken[]): Promise<void> => {
    const turn = last.then(async () => {
      const changed = next();
      await deps.save(changed);
      stored = changed;
      byPrefix = indexOf(changed);
    });
    last = turn.catch(() => undefined);
    return turn;
  };

  return {
    async create({ name, role, workspace, reach, expiresAt }) {
      const token = makeToken();
      const made: StoredToken = {
        id: `tok_${randomUUID().replaceAll('-', '')}`,
        name,
        role,
        workspace,
        ...(reach === undefined ? {} : { reach }),
        hash: hashToken(token),
        createdAt: deps.clock.nowMs(),
        expiresAt: expiresAt ?? null,
      };
      await change(() => [...stored, made]);
      return { token, stored: made };
    },
    list: (workspace) => stored.filter((token) => token.workspace === workspace),
    async revoke(workspace, id) {
      await change(() => {
        const kept = stored.filter((token) => token.id !== id || token.workspace !== workspace);
        if (kept.length === stored.length)
          throw new Fault('TOKEN_NOT_FOUND', `there is no token ${id}; list them first`);
        return kept;
      });
    },
    find(token) {
      const hash = hashToken(token);
      const candidates = byPrefix.get(prefixOf(hash)) ?? [];
      const found = candidates.find((candidate) => areHashesEqual(candidate.hash, hash));
      return found && (found.expiresAt === null || found.expiresAt > deps.clock.nowMs()) ? found : undefined;
    },
  };
}

/** Looking up by a part of the hash tells a listener nothing about a token; the rest is compared in constant time. */
const prefixOf = (hash: string): string => hash.slice(0, 16);

function indexOf(tokens: readonly StoredToken[]): Map<string, StoredToken[]> {
  return Map.groupBy(tokens, (token) => prefixOf(token.hash));
}
