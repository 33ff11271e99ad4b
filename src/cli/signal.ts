import type { Command } from './command.ts';
import { type Connection, connectionFlags, connectionOf, withClient } from './connection.ts';
import { readJsonArgument } from './json-argument.ts';
import { readWords, textOf } from './read-words.ts';

interface Args {
  readonly executionId: string;
  readonly signalName: string;
  readonly payload: string;
  readonly connection: Connection;
}

export const signal: Command<Args> = {
  name: 'signal',
  summary: 'send a signal to an execution',
  usage: 'signal EXECUTION NAME',
  examples: [`signal exec_01j… approved --payload '{"by":"ada"}'`],
  flags: {
    payload: { type: 'string', value: 'JSON|@FILE|-', doc: 'what the waiting step gets (default: null)' },
    ...connectionFlags,
  },

  parse(argv) {
    const words = readWords(argv, signal.flags, { names: ['EXECUTION', 'NAME'] });
    const [executionId = '', signalName = ''] = words.positionals;
    return { executionId, signalName, payload: textOf(words, 'payload') ?? 'null', connection: connectionOf(words) };
  },

  async run({ executionId, signalName, payload, connection }, io) {
    const value = await readJsonArgument('--payload', payload, io);
    const { status } = await withClient(connection, io, (client) => client.signal(executionId, signalName, value));
    io.out(`${executionId} ${status}`);
    return 0;
  },
};
