import { member } from '../kit/json.ts';
import { didYouMean } from '../model/suggest.ts';
import { type Command, UsageError } from './command.ts';
import { type Connection, connectionFlags, connectionOf, withClient } from './connection.ts';
import { readWords, textOf } from './read-words.ts';
import { type Format, formatFlags, formatOf, listOf, pageLimitOf, show, tableOf } from './show.ts';

const things = ['workflows', 'executions'] as const;
type Thing = (typeof things)[number];

/** What tells executions apart and workflows not. */
const executionFlags = ['workflow', 'version', 'status', 'parent', 'from', 'to', 'labels'] as const;
const filterFlags = [...executionFlags, 'tag', 'search'] as const;

interface Args {
  readonly thing: Thing;
  readonly query: Readonly<Record<string, string | number | undefined>>;
  readonly format: Format;
  readonly connection: Connection;
}

export const list: Command<Args> = {
  name: 'list',
  summary: 'list workflows or executions',
  usage: 'list [workflows|executions]',
  examples: [
    'list',
    'list executions --status failed,timed_out --workflow user-onboarding',
    'list executions --labels team:finance --from 2026-03-01',
    'list executions -o json --limit 200',
  ],
  flags: {
    workflow: { type: 'string', value: 'NAME', doc: 'executions of one workflow' },
    version: { type: 'string', value: 'VERSION', doc: 'executions of one version' },
    status: { type: 'string', value: 'STATUS,…', doc: 'executions in these states' },
    parent: { type: 'string', value: 'ID', doc: 'executions that steps of this one started' },
    from: { type: 'string', value: 'TIME', doc: 'executions created at or after it' },
    to: { type: 'string', value: 'TIME', doc: 'executions created before it' },
    labels: { type: 'string', value: 'NAME:VALUE,…', doc: 'executions with all of these labels' },
    tag: { type: 'string', value: 'TAG', doc: 'those that bear a tag' },
    search: { type: 'string', value: 'TEXT', doc: 'part of a name' },
    limit: { type: 'string', value: 'N', doc: 'rows (default: 50)' },
    cursor: { type: 'string', value: 'CURSOR', doc: 'the next page, as the last one told' },
    ...formatFlags,
    ...connectionFlags,
  },

  parse(argv) {
    const words = readWords(argv, list.flags, { names: ['workflows|executions'], min: 0 });
    const thing = thingOf(words.positionals[0] ?? 'workflows');
    const filter = Object.fromEntries(filterFlags.map((flag) => [flag, textOf(words, flag)]));
    const query = { ...filter, limit: pageLimitOf(words), cursor: textOf(words, 'cursor') };
    for (const flag of executionFlags) {
      if (thing === 'workflows' && filter[flag] !== undefined)
        throw new UsageError(`--${flag} is for "list executions"`);
    }
    return { thing, query, format: formatOf(words), connection: connectionOf(words) };
  },

  async run({ thing, query, format, connection }, io) {
    const answer = await withClient(connection, io, (client) =>
      thing === 'workflows' ? client.listWorkflows(query) : client.list(query),
    );
    const rows = listOf(answer, thing);
    await show(rows, { io, format, table: () => (thing === 'workflows' ? workflowTable(rows) : executionTable(rows)) });
    const cursor = member(member(answer, 'pagination'), 'next_cursor');
    if (format === 'table' && typeof cursor === 'string') io.err(`more: --cursor ${cursor}`);
    return 0;
  },
};

function thingOf(word: string): Thing {
  const thing = things.find((each) => each === word);
  if (thing !== undefined) return thing;
  throw new UsageError(`"${word}" cannot be listed: ${things.join(' or ')}${didYouMean(word, things)}`);
}

type Rows = readonly Record<string, unknown>[];

const workflowTable = (rows: Rows): string[] =>
  tableOf(
    ['NAME', 'VERSION', 'STATUS', 'DESCRIPTION'],
    rows.map((row) => [row['name'], row['version'], row['status'], row['description']]),
  );

const executionTable = (rows: Rows): string[] =>
  tableOf(
    ['EXECUTION', 'WORKFLOW', 'VERSION', 'STATUS', 'CREATED', 'SECONDS'],
    rows.map((row) =>
      ['execution_id', 'workflow_name', 'version', 'status', 'created_at', 'duration'].map((name) => row[name]),
    ),
  );
