import type { JournalEvent } from '../../sdk/typescript/answers.ts';
import type { Command } from './command.ts';
import { type Connection, connectionFlags, connectionOf, withClient } from './connection.ts';
import { eventLine } from './event-line.ts';
import { readJournal } from './journal.ts';
import { isSet, readWords } from './read-words.ts';
import { watchExecution } from './watch.ts';

interface Args {
  readonly executionId: string;
  readonly follow: boolean;
  readonly connection: Connection;
}

export const logs: Command<Args> = {
  name: 'logs',
  summary: 'print what happened to an execution, and what happens',
  usage: 'logs EXECUTION',
  examples: ['logs exec_01j…', 'logs -f exec_01j…'],
  flags: { follow: { type: 'boolean', short: 'f', doc: 'go on until it ends' }, ...connectionFlags },

  parse(argv) {
    const words = readWords(argv, logs.flags, { names: ['EXECUTION'] });
    return { executionId: words.positionals[0] ?? '', follow: isSet(words, 'follow'), connection: connectionOf(words) };
  },

  async run({ executionId, follow, connection }, io) {
    await withClient(connection, io, async (client) => {
      if (follow) return await watchExecution(executionId, { client, io });
      for await (const event of readJournal(client, executionId, { after: 0, limit: Number.POSITIVE_INFINITY })) {
        io.out(eventLine(event as JournalEvent, { colour: io.isTerminal }));
      }
    });
    return 0;
  },
};
