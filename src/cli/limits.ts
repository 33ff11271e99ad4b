import type { LimitQuery, LimitUse } from '../../sdk/typescript/limits.ts';
import type { Command } from './command.ts';
import { type Connection, connectionFlags, connectionOf, withClient } from './connection.ts';
import { numberOf, readWords, textOf } from './read-words.ts';
import { type Format, formatFlags, formatOf, show, tableOf } from './show.ts';

interface Args {
  readonly query: LimitQuery;
  readonly format: Format;
  readonly connection: Connection;
}

export const limits: Command<Args> = {
  name: 'limits',
  summary: 'show who holds shared limits and how many wait',
  usage: 'limits [KEY]',
  examples: ['limits', 'limits key:acc-7', 'limits step:orders.charge -o json'],
  flags: {
    limit: { type: 'string', value: 'N', doc: 'keys (default: 20)' },
    after: { type: 'string', value: 'KEY', doc: 'the next page, as the last one told' },
    ...formatFlags,
    ...connectionFlags,
  },

  parse(argv) {
    const words = readWords(argv, limits.flags, { names: ['KEY'], min: 0 });
    const query = {
      key: words.positionals[0],
      after: textOf(words, 'after'),
      limit: numberOf(words, 'limit', { min: 1, max: 100 }),
    };
    return { query, format: formatOf(words), connection: connectionOf(words) };
  },

  async run({ query, format, connection }, io) {
    const page = await withClient(connection, io, (client) => client.listLimits(query));
    await show(page.limits, {
      io,
      format,
      table: () => tableOf(['KEY', 'HELD', 'WAITING', 'EXECUTION', 'STEP', 'UNTIL'], page.limits.flatMap(rowsOf)),
    });
    if (format === 'table' && page.next_after !== null) io.err(`more: --after ${page.next_after}`);
    return 0;
  },
};

/** One row a holder; the key stands in the first. */
function rowsOf({ key, held, waiting, holders }: LimitUse): unknown[][] {
  const [first, ...others] = holders;
  return [
    [key, held, waiting, first?.execution_id, first?.step, first?.until],
    ...others.map(({ execution_id, step, until }) => ['', '', '', execution_id, step, until]),
  ];
}
