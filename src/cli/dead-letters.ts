import type { DeadLetter } from '../../sdk/typescript/dead-letters.ts';
import { followBulk } from './bulk-progress.ts';
import { type CliIo, type Command, type ExitCode, UsageError } from './command.ts';
import { type Connection, connectionFlags, connectionOf, withClient } from './connection.ts';
import { choiceOf, isSet, readWords, textOf, verbOf, type Words } from './read-words.ts';
import { type Format, fieldsOf, formatFlags, formatOf, pageFlags, pageLimitOf, show, tableOf } from './show.ts';

const verbs = ['list', 'get', 'replay', 'discard'] as const;
type Verb = (typeof verbs)[number];

const filterFlags = ['workflow', 'executor', 'code', 'reason', 'from', 'to'] as const;
const reasons = ['rule', 'poison', 'policy'] as const;

interface Args {
  readonly verb: Verb;
  readonly ids: readonly string[];
  readonly words: Words;
  readonly limit: number | undefined;
  readonly format: Format;
  readonly connection: Connection;
}

export const deadLetters: Command<Args> = {
  name: 'dead-letters',
  summary: 'list executions that nobody could end well, replay or discard them',
  usage: 'dead-letters list | get EXECUTION | replay [EXECUTION…] | discard [EXECUTION…]',
  examples: [
    'dead-letters list --workflow orders --reason poison',
    'dead-letters replay exec_01j…',
    'dead-letters replay --executor bank --code TIMEOUT --dry-run',
    'dead-letters discard --all --to 2026-01-01',
  ],
  flags: {
    workflow: { type: 'string', value: 'NAME', doc: 'those of one workflow' },
    executor: { type: 'string', value: 'NAME', doc: 'those that failed at an executor' },
    code: { type: 'string', value: 'CODE', doc: 'those with this error' },
    reason: { type: 'string', value: reasons.join('|'), doc: 'those that came there in this way' },
    from: { type: 'string', value: 'TIME', doc: 'ended at or after it' },
    to: { type: 'string', value: 'TIME', doc: 'ended before it' },
    all: { type: 'boolean', doc: 'replay, discard: whatever there is' },
    'dry-run': { type: 'boolean', doc: 'replay, discard: tell how many and do nothing' },
    ...pageFlags,
    ...formatFlags,
    ...connectionFlags,
  },

  parse(argv) {
    const words = readWords(argv, deadLetters.flags, { names: [verbs.join('|')], max: 1_001 });
    const [word = '', ...ids] = words.positionals;
    const verb = verbOf('dead-letters', word, verbs);
    choiceOf(words, 'reason', reasons);
    checkWords(verb, ids, words);
    const limit = pageLimitOf(words);
    return { verb, ids, words, limit, format: formatOf(words), connection: connectionOf(words) };
  },

  async run(args, io) {
    const { verb, ids, format, connection } = args;
    if (verb === 'list') return printList(args, io);
    if (verb === 'get') {
      const found = await withClient(connection, io, (client) => client.getDeadLetter(ids[0] ?? ''));
      await show(found, { io, format, table: () => fieldsOf(found, shownFields) });
      return 0;
    }
    return actOn(verb, args, io);
  },
};

function checkWords(verb: Verb, ids: readonly string[], words: Words): void {
  if (verb === 'list' && ids.length > 0) throw new UsageError(`"${ids[0]}" is one word too many`);
  if (verb === 'get' && ids.length === 0) throw new UsageError('dead-letters get needs an EXECUTION');
  if (verb === 'get' && ids.length > 1) throw new UsageError(`"${ids[1]}" is one word too many`);
  const isAct = verb === 'replay' || verb === 'discard';
  for (const flag of ['all', 'dry-run']) {
    if (words.values[flag] !== undefined && !isAct)
      throw new UsageError(`--${flag} is for "dead-letters replay, discard"`);
  }
  for (const flag of ['limit', 'cursor']) {
    if (words.values[flag] !== undefined && verb !== 'list')
      throw new UsageError(`--${flag} is for "dead-letters list"`);
  }
  const isNarrow = ids.length > 0 || filterFlags.some((flag) => textOf(words, flag) !== undefined);
  if (isAct && !isNarrow && !isSet(words, 'all')) {
    throw new UsageError(`name executions, or what they have in common (--${filterFlags.join(', --')}), or --all`);
  }
}

const given = (words: Words, names: readonly string[]): Record<string, string> =>
  Object.fromEntries(
    names.flatMap((name) => ((text) => (text === undefined ? [] : [[name, text]]))(textOf(words, name))),
  );

async function printList({ words, limit, format, connection }: Args, io: CliIo): Promise<ExitCode> {
  const query = { ...given(words, [...filterFlags, 'cursor']), ...(limit === undefined ? {} : { limit }) };
  const page = await withClient(connection, io, (client) => client.listDeadLetters(query));
  await show(page.dead_letters, { io, format, table: () => tableOfLetters(page.dead_letters) });
  if (format === 'table' && page.pagination.next_cursor) io.err(`more: --cursor ${page.pagination.next_cursor}`);
  return 0;
}

const tableOfLetters = (letters: readonly DeadLetter[]): string[] =>
  tableOf(
    ['EXECUTION', 'WORKFLOW', 'REASON', 'STEP', 'EXECUTOR', 'CODE', 'ENDED'],
    letters.map((letter) => [
      ...[letter.execution_id, letter.workflow_name, letter.reason, letter.step, letter.executor],
      ...[letter.error?.code, letter.dead_at],
    ]),
  );

const shownFields = [
  ...['execution_id', 'workflow_name', 'version', 'status', 'run', 'reason', 'step', 'executor', 'function'],
  ...['attempt', 'deliveries', 'error', 'created_at', 'dead_at'],
];

async function actOn(verb: 'replay' | 'discard', args: Args, io: CliIo): Promise<ExitCode> {
  const { ids, words, format, connection } = args;
  const filter = { ...given(words, filterFlags), ...(ids.length === 0 ? {} : { execution_ids: ids }) };
  return withClient(connection, io, async (client) => {
    if (isSet(words, 'dry-run')) {
      const found = await client.previewDeadLetters(verb, filter);
      const line = `${verb} would look at ${found.matched} dead letter${found.matched === 1 ? '' : 's'}`;
      await show(found, { io, format, table: () => [line] });
      return 0;
    }
    const begun = await (verb === 'replay' ? client.replayDeadLetters(filter) : client.discardDeadLetters(filter));
    if (format === 'table') return followBulk(begun, { client, io });
    await show(begun, { io, format, table: () => [] });
    return 0;
  });
}
