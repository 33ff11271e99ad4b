import type { JournalEvent } from '../../sdk/typescript/answers.ts';
import type { Client } from '../../sdk/typescript/client.ts';
import { member } from '../kit/json.ts';
import type { Command } from './command.ts';
import { type Connection, connectionFlags, connectionOf, withClient } from './connection.ts';
import { numberOf, readWords } from './read-words.ts';
import { type Format, formatFlags, formatOf, listOf, show, tableOf } from './show.ts';

interface Page {
  readonly after: number;
  readonly limit: number;
}

interface Args extends Page {
  readonly executionId: string;
  readonly format: Format;
  readonly connection: Connection;
}

const limitDefault = 200;
/** Events of one call. */
const pageMax = 1_000;

export const journal: Command<Args> = {
  name: 'journal',
  summary: 'print the numbered events of an execution',
  usage: 'journal EXECUTION',
  examples: ['journal exec_01j…', 'journal exec_01j… --after 200 -o json'],
  flags: {
    after: { type: 'string', value: 'N', doc: 'begin behind this position' },
    limit: { type: 'string', value: 'N', doc: `events at most (default: ${limitDefault})` },
    ...formatFlags,
    ...connectionFlags,
  },

  parse(argv) {
    const words = readWords(argv, journal.flags, { names: ['EXECUTION'] });
    return {
      executionId: words.positionals[0] ?? '',
      after: numberOf(words, 'after', { min: 0, max: 1e9 }) ?? 0,
      limit: numberOf(words, 'limit', { min: 1, max: 1e9 }) ?? limitDefault,
      format: formatOf(words),
      connection: connectionOf(words),
    };
  },

  async run({ executionId, format, connection, ...page }, io) {
    const events: JournalEvent[] = [];
    await withClient(connection, io, async (client) => {
      for await (const event of readJournal(client, executionId, page)) events.push(event);
    });
    const rows = events.map(({ position, at, type, step, ...rest }) => [
      position,
      at,
      type,
      step,
      JSON.stringify(rest).slice(0, 100),
    ]);
    await show(events, { io, format, table: () => tableOf(['POSITION', 'AT', 'TYPE', 'STEP', 'REST'], rows) });
    return 0;
  },
};

/** Page after page, until the journal or the limit ends. */
export async function* readJournal(
  client: Client,
  executionId: string,
  { after, limit }: Page,
): AsyncGenerator<JournalEvent> {
  let position = after;
  let left = limit;
  while (left > 0) {
    const answer = await client.journal(executionId, { after: position, limit: Math.min(left, pageMax) });
    const events = listOf(answer, 'events') as readonly Record<string, unknown>[] as readonly JournalEvent[];
    yield* events;
    position = events.at(-1)?.position ?? position;
    left -= events.length;
    if (events.length === 0 || member(answer, 'has_more') !== true) return;
  }
}
