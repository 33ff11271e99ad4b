import { join, resolve } from 'node:path';
import { type Client, createClient } from '../../sdk/typescript/client.ts';
import { parseServer } from '../../sdk/typescript/transport.ts';
import { type CliIo, type Flags, UsageError } from './command.ts';
import { textOf, type Words } from './read-words.ts';

/** How commands reach a server: flags, then MAGICFLOW_SERVER and MAGICFLOW_TOKEN, then the token that a local server left. */
export const connectionFlags = {
  server: { type: 'string', value: 'URL', doc: 'the server (MAGICFLOW_SERVER, else http://localhost:8080)' },
  token: { type: 'string', value: 'TOKEN', doc: 'the token (MAGICFLOW_TOKEN, else the one in data/admin-token)' },
  workspace: {
    type: 'string',
    value: 'NAME',
    doc: 'the workspace (MAGICFLOW_WORKSPACE), for an admin token of the server',
  },
} as const satisfies Flags;

export interface Connection {
  readonly server: string | undefined;
  readonly token: string | undefined;
  readonly workspace: string | undefined;
}

export function connectionOf(words: Words): Connection {
  const server = textOf(words, 'server');
  if (server !== undefined) checkServer('--server', server);
  return { server, token: textOf(words, 'token'), workspace: textOf(words, 'workspace') };
}

const attemptsMax = 3;

/** Runs `use` with a client and closes its connections afterwards. */
export async function withClient<T>(
  connection: Connection,
  io: CliIo,
  use: (client: Client) => Promise<T>,
): Promise<T> {
  const server = connection.server ?? io.env['MAGICFLOW_SERVER'] ?? 'http://localhost:8080';
  checkServer('MAGICFLOW_SERVER', server);
  const client = createClient({
    server,
    token: connection.token ?? io.env['MAGICFLOW_TOKEN'] ?? (await localToken(server, io)),
    workspace: connection.workspace ?? io.env['MAGICFLOW_WORKSPACE'],
    attemptsMax,
  });
  try {
    return await use(client);
  } finally {
    client.close();
  }
}

const localHosts: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '[::1]']);

/** A server on another machine never gets the token of this one. */
async function localToken(server: string, io: CliIo): Promise<string | undefined> {
  if (!localHosts.has(parseServer(server).hostname)) return undefined;
  const folder = resolve(io.directory, io.env['MAGICFLOW_DATA_DIR'] ?? 'data');
  try {
    return (await io.readText(join(folder, 'admin-token'))).trim();
  } catch {
    return undefined;
  }
}

function checkServer(name: string, server: string): void {
  try {
    parseServer(server);
  } catch (error) {
    throw new UsageError(`${name}: ${error instanceof Error ? error.message : String(error)}`);
  }
}
