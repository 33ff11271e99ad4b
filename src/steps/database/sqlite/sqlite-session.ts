import { fork } from 'node:child_process';
import { lstat, mkdir, realpath } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, relative, resolve } from 'node:path';
import { StepFailure } from '../../connector.ts';
import { refused, unreachable } from '../database-failure.ts';
import type { SqliteSettings } from '../database-settings.ts';
import type { Result, Session, SessionLimits } from '../session.ts';
import type { SqliteReply, SqliteRequest, SqliteTask } from './sqlite-protocol.ts';

/** A SQLite file in a process of its own, which is killed to stop a statement. */
export async function openSqliteSession(connection: SqliteSettings, limits: SessionLimits): Promise<Session> {
  const file = await fileInside(connection);
  const link = startProcess({ file, readOnly: connection.readOnly, rowsMax: limits.rowsMax });

  async function ask(request: SqliteRequest): Promise<Result | undefined> {
    const reply = await link.ask(request);
    if (reply.kind === 'done') return reply.result;
    const { code, message, details, retryable } = reply.failure;
    throw new StepFailure(code, message, { retryable, ...(details === undefined ? {} : { details }) });
  }

  return {
    begin: async (options) => void (await ask({ kind: 'begin', ...options })),
    run: async (statement) => (await ask({ kind: 'run', statement })) ?? { rows: [], rowCount: 0 },
    commit: async () => void (await ask({ kind: 'commit' })),
    rollback: async () => void (await ask({ kind: 'rollback' })),
    cancel: async () => link.kill(),
    reset: async () => void (await ask({ kind: 'reset' })),
    isUsable: link.isAlive,
    close: link.kill,
  };
}

/** Where the file truly lies, whatever links lead there. */
async function fileInside({ folder, ownFolder, path }: SqliteSettings): Promise<string> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const root = await realpath(folder);
  const own = ownFolder === undefined ? undefined : await realpath(ownFolder).catch(() => undefined);
  const file = await placeOf(resolve(root, path));
  const inside = file === undefined ? '' : relative(root, file);
  if (file === undefined || inside === '' || inside.startsWith('..') || isAbsolute(inside) || dirname(file) === own) {
    throw refused({ sqlState: '42501', message: `"${path}" must lie in the folder of databases, ${folder}` });
  }
  return file;
}

/** Of a file that is not there yet, the place in its folder. Undefined where there is no folder, or a link to nothing. */
async function placeOf(path: string): Promise<string | undefined> {
  const isThere = await lstat(path).catch(() => undefined);
  if (isThere) return realpath(path).catch(() => undefined);
  const folder = await realpath(dirname(path)).catch(() => undefined);
  return folder === undefined ? undefined : join(folder, basename(path));
}

interface ProcessLink {
  ask(request: SqliteRequest): Promise<SqliteReply>;
  isAlive(): boolean;
  kill(): void;
}

function startProcess(settings: SqliteTask): ProcessLink {
  const extension = import.meta.url.slice(import.meta.url.lastIndexOf('.'));
  const child = fork(new URL(`./sqlite-process${extension}`, import.meta.url), [JSON.stringify(settings)], {
    // Flags and variables of this process are about its own program, and none of a statement's business.
    execArgv: [],
    env: {},
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    serialization: 'advanced',
  });
  let waiting: PromiseWithResolvers<SqliteReply> | undefined;
  let isAlive = true;
  // Idle, it keeps nobody from ending.
  const rest = (): void => {
    child.unref();
    child.channel?.unref();
  };
  rest();
  const lose = (how: unknown): void => {
    isAlive = false;
    waiting?.reject(unreachable(`the process of the SQLite file ended (${how})`));
  };
  child.on('error', lose);
  child.on('exit', (code, signal) => lose(signal ?? `exit code ${code}`));
  child.on('message', (reply: SqliteReply) => {
    rest();
    waiting?.resolve(reply);
  });
  return {
    ask(request) {
      waiting = Promise.withResolvers();
      child.ref();
      child.channel?.ref();
      if (isAlive) child.send(request, (error) => error && lose(error));
      else lose('it was stopped');
      return waiting.promise;
    },
    isAlive: () => isAlive,
    kill() {
      isAlive = false;
      child.kill('SIGKILL');
    },
  };
}
