import type { Explanation } from '../../sdk/typescript/answers.ts';
import type { Command } from './command.ts';
import { type Connection, connectionFlags, connectionOf, withClient } from './connection.ts';
import { readWords } from './read-words.ts';
import { type Format, formatFlags, formatOf, show, tableOf } from './show.ts';

interface Args {
  readonly executionId: string;
  readonly format: Format;
  readonly connection: Connection;
}

export const explain: Command<Args> = {
  name: 'explain',
  summary: 'say what an execution waits for',
  usage: 'explain EXECUTION',
  examples: ['explain exec_01j…', 'explain exec_01j… -o json'],
  flags: { ...formatFlags, ...connectionFlags },

  parse(argv) {
    const words = readWords(argv, explain.flags, { names: ['EXECUTION'] });
    return { executionId: words.positionals[0] ?? '', format: formatOf(words), connection: connectionOf(words) };
  },

  async run({ executionId, format, connection }, io) {
    const found = await withClient(connection, io, (client) => client.explain(executionId));
    await show(found, { io, format, table: () => linesOf(found) });
    return 0;
  },
};

/** The one reason; the others below it, where there are any. */
function linesOf({ status, summary, reasons }: Explanation): string[] {
  const rows = reasons.slice(1).map(({ kind, step, message }) => [kind, step, message]);
  return [`${status}: ${summary}`, ...(rows.length === 0 ? [] : ['', ...tableOf(['REASON', 'STEP', 'WHAT'], rows)])];
}
