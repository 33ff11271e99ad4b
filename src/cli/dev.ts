import { watch } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { ApiError } from '../../sdk/typescript/api-error.ts';
import type { Client } from '../../sdk/typescript/client.ts';
import type { ConfigSources } from '../app/config.ts';
import type { CliIo, Command } from './command.ts';
import { withClient } from './connection.ts';
import { type DefinitionFile, isDefinition, readDefinitions } from './definition-files.ts';
import { deployFile } from './deploy.ts';
import { errorLines } from './error-lines.ts';
import { readWords } from './read-words.ts';
import { openPlatform, serverFlags, sourcesOf } from './start.ts';

/**
 * A server for writing workflows: sample secrets pass, and every definition below a folder is deployed when it is saved.
 *
 * A saved file goes the way of any deploy: a version that has other content already is refused by the API, and its answer
 * says to raise the version.
 */
interface Args {
  readonly folder: string;
  readonly sources: ConfigSources;
}

/** Editors write a file in several steps. */
const settleMs = 50;

export const dev: Command<Args> = {
  name: 'dev',
  summary: 'start a server that deploys a folder of workflows on each save',
  usage: 'dev [DIR]',
  examples: ['dev', 'dev ./workflows --port 8080'],
  flags: serverFlags,

  parse(argv) {
    const words = readWords(argv, dev.flags, { names: ['DIR'], min: 0 });
    return { folder: words.positionals[0] ?? '.', sources: sourcesOf(words) };
  },

  async run({ folder, sources }, io) {
    // Asked for first: a signal during the start is an orderly stop too.
    const { stop } = io;
    // Before the server: a folder that is not there is told at once.
    const files = await readDefinitions([folder], io);
    const { config, platform } = await openPlatform(sources, { io, dev: true });
    const token = config.security.adminToken ?? (await readToken(resolve(io.directory, config.dataDir), io));
    try {
      await withClient({ server: platform.url, token, workspace: undefined }, io, async (client) => {
        const deployed = new Map<string, string>();
        await deployChanged(files, { client, io, deployed });
        await follow(folder, { client, io, deployed }, stop);
      });
    } finally {
      await platform.close();
    }
    return 0;
  },
};

async function readToken(folder: string, io: CliIo): Promise<string | undefined> {
  return await io.readText(join(folder, 'admin-token')).then(
    (text) => text.trim(),
    () => undefined,
  );
}

interface Deploying {
  readonly client: Client;
  readonly io: CliIo;
  /** Text last sent, by path: a save without a change is none. */
  readonly deployed: Map<string, string>;
}

async function deployChanged(files: readonly DefinitionFile[], { client, io, deployed }: Deploying): Promise<void> {
  for (const file of files) {
    if (!isDefinition(file.text) || deployed.get(file.path) === file.text) continue;
    deployed.set(file.path, file.text);
    try {
      await deployFile(file, { client, io, strict: false });
    } catch (error) {
      if (!ApiError.is(error)) throw error;
      for (const line of errorLines(error, file.path)) io.err(line);
    }
  }
}

async function follow(folder: string, deploying: Deploying, stop: AbortSignal): Promise<void> {
  const { io } = deploying;
  io.out(`watching ${folder}`);
  try {
    for await (const { filename } of watch(resolve(io.directory, folder), { recursive: true, signal: stop })) {
      if (filename === null || !/\.ya?ml$/.test(filename)) continue;
      await new Promise((done) => setTimeout(done, settleMs));
      // A file that is gone again by now is the next event's business.
      const files = await readDefinitions([folder], io).catch(() => []);
      await deployChanged(files, deploying);
    }
  } catch (error) {
    if (!stop.aborted) throw error;
  }
}
