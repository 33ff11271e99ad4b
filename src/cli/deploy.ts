import type { Client } from '../../sdk/typescript/client.ts';
import type { CliIo, Command } from './command.ts';
import { type Connection, connectionFlags, connectionOf, withClient } from './connection.ts';
import { type DefinitionFile, isDefinition, readDefinitions } from './definition-files.ts';
import { isSet, readWords } from './read-words.ts';
import { isTest } from './tested-files.ts';

interface Args {
  readonly paths: readonly string[];
  readonly strict: boolean;
  readonly connection: Connection;
}

export const deploy: Command<Args> = {
  name: 'deploy',
  summary: 'send workflow files to a server',
  usage: 'deploy FILE…',
  examples: ['deploy workflow.yaml context.yaml', 'deploy --strict ./workflows'],
  flags: { strict: { type: 'boolean', doc: 'warnings stop it too' }, ...connectionFlags },

  parse(argv) {
    const words = readWords(argv, deploy.flags, { names: ['FILE'], max: Number.POSITIVE_INFINITY });
    return { paths: words.positionals, strict: isSet(words, 'strict'), connection: connectionOf(words) };
  },

  async run({ paths, strict, connection }, io) {
    const found = await readDefinitions(paths, io);
    // Tests lie beside their workflows and stay here; one that is named itself is told by the server that it is none.
    const files = found.filter(({ path, text }) => paths.includes(path) || isDefinition(text) || !isTest(text));
    await withClient(connection, io, async (client) => {
      for (const file of files) await deployFile(file, { client, io, strict });
    });
    return 0;
  },
};

/** Prints what came of it. Rejects with ApiError; the problems in it carry the file's places. */
export async function deployFile(
  { path, text }: DefinitionFile,
  { client, io, strict }: { client: Client; io: CliIo; strict: boolean },
): Promise<void> {
  const deployed = await client.deploy(text, { file: path, ...(strict ? { strict } : {}) });
  for (const { line, column, severity, code, message } of deployed.diagnostics) {
    io.err(`${path}:${line}:${column}: ${severity} ${code} ${message}`);
  }
  io.out(`${deployed.name} ${deployed.version ?? ''} ${deployed.status}`.replaceAll('  ', ' '));
}
