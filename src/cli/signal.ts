import type { Command } from './command.ts';
import { type Connection, connectionFlags, connectionOf, withClient } from './connection.ts';
import { readJsonArgument } from './json-argument.ts';
import { readWords, textOf } from './read-words.ts';

interface Args {
  readonly executionId: string;
  readonly signalName: string;
  readonly payload: string;
  readonly key: string | undefined;
  readonly connection: Connection;
}

export const signal: Command<Args> = {
  name: 'signal',
  summary: 'send a signal to an execution',
  usage: 'signal EXECUTION NAME',
  examples: [
    `signal exec_01j… approved --payload '{"by":"ada"}'`,
    `signal exec_01j… paid --key order-7 --payload 12.5`,
  ],
  flags: {
    payload: { type: 'string', value: 'JSON|@FILE|-', doc: 'what the waiting step gets (default: null)' },
    key: { type: 'string', value: 'TEXT', doc: 'for a step that waits for the name under this key' },
    ...connectionFlags,
  },

  parse(argv) {
    const words = readWords(argv, signal.flags, { names: ['EXECUTION', 'NAME'] });
    const [executionId = '', signalName = ''] = words.positionals;
    const payload = textOf(words, 'payload') ?? 'null';
    return { executionId, signalName, payload, key: textOf(words, 'key'), connection: connectionOf(words) };
  },

  async run({ executionId, signalName, payload, key, connection }, io) {
    const value = await readJsonArgument('--payload', payload, io);
    const { status } = await withClient(connection, io, (client) =>
      client.signal(executionId, signalName, value, key === undefined ? {} : { key }),
    );
    io.out(`${executionId} ${status}`);
    return 0;
  },
};
