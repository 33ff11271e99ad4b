import type { BulkAction, BulkOperation, BulkRequest } from '../../sdk/typescript/bulk.ts';
import { followBulk } from './bulk-progress.ts';
import { type CliIo, type Command, type ExitCode, UsageError } from './command.ts';
import { type Connection, connectionFlags, connectionOf, withClient } from './connection.ts';
import { readJsonArgument } from './json-argument.ts';
import { isSet, readWords, textOf, verbOf, type Words } from './read-words.ts';
import { type Format, fieldsOf, formatFlags, formatOf, pageFlags, pageLimitOf, show, tableOf } from './show.ts';

const actions = ['cancel', 'terminate', 'pause', 'resume', 'retry', 'rerun', 'signal'] as const;
const verbs = [...actions, 'list', 'get', 'stop'] as const;
type Verb = (typeof verbs)[number];

const filterFlags = ['workflow', 'version', 'status', 'parent', 'from', 'to', 'tag', 'labels', 'search'] as const;
/** Which verbs a flag belongs to; the others refuse it. */
const owners: Readonly<Record<string, readonly Verb[]>> = {
  ...Object.fromEntries([...filterFlags, 'dry-run', 'detach'].map((flag) => [flag, actions])),
  reason: ['cancel', 'terminate'],
  name: ['signal'],
  payload: ['signal'],
  key: ['signal'],
  step: ['rerun'],
  input: ['rerun'],
  outputs: ['rerun'],
  limit: ['list'],
  cursor: ['list'],
};

interface Args {
  readonly verb: Verb;
  readonly ids: readonly string[];
  readonly words: Words;
  readonly limit: number | undefined;
  readonly format: Format;
  readonly connection: Connection;
}

const only = (verb: string) => `${verb}: `;

export const bulk: Command<Args> = {
  name: 'bulk',
  summary: 'do one thing to all executions that match',
  usage: `bulk ${actions.join('|')} [EXECUTION…] | list | get ID | stop ID`,
  examples: [
    'bulk cancel --workflow orders --status running --dry-run',
    'bulk retry --workflow orders --status failed --from 2026-03-01',
    `bulk signal --name go --payload '{"n":1}' --labels team:web`,
    'bulk stop bulk_01j…',
  ],
  flags: {
    workflow: { type: 'string', value: 'NAME', doc: 'executions of one workflow' },
    version: { type: 'string', value: 'VERSION', doc: 'of one version' },
    status: { type: 'string', value: 'STATUS,…', doc: 'in these states (default: those that the action fits)' },
    parent: { type: 'string', value: 'ID', doc: 'that steps of this execution started' },
    from: { type: 'string', value: 'TIME', doc: 'created at or after it' },
    to: { type: 'string', value: 'TIME', doc: 'created before it' },
    tag: { type: 'string', value: 'TAG', doc: 'that bear a tag' },
    labels: { type: 'string', value: 'NAME:VALUE,…', doc: 'with all of these labels' },
    search: { type: 'string', value: 'TEXT', doc: 'part of ids, names and metadata' },
    'dry-run': { type: 'boolean', doc: 'tell how many, show some, do nothing' },
    detach: { type: 'boolean', doc: 'print the id and do not wait for the end' },
    reason: { type: 'string', value: 'TEXT', doc: `${only('cancel, terminate')}kept in the journals` },
    name: { type: 'string', value: 'NAME', doc: `${only('signal')}its name` },
    payload: { type: 'string', value: 'JSON|@FILE|-', doc: `${only('signal')}its payload (default: null)` },
    key: { type: 'string', value: 'KEY', doc: `${only('signal')}for steps that wait under a key` },
    step: { type: 'string', value: 'STEP', doc: `${only('rerun')}where to begin` },
    input: { type: 'string', value: 'JSON|@FILE|-', doc: `${only('rerun')}in place of each input` },
    outputs: { type: 'string', value: 'JSON|@FILE|-', doc: `${only('rerun')}in place of what earlier steps gave` },
    ...pageFlags,
    ...formatFlags,
    ...connectionFlags,
  },

  parse(argv) {
    const words = readWords(argv, bulk.flags, { names: [verbs.join('|')], max: 1_001 });
    const [word = '', ...ids] = words.positionals;
    const verb = verbOf('bulk', word, verbs);
    checkIds(verb, ids);
    for (const [flag, verbsOfFlag] of Object.entries(owners)) {
      if (words.values[flag] !== undefined && !verbsOfFlag.includes(verb))
        throw new UsageError(`--${flag} is for "bulk ${verbsOfFlag.join(', ')}"`);
    }
    checkNeeds(verb, ids, words);
    const limit = pageLimitOf(words);
    return { verb, ids, words, limit, format: formatOf(words), connection: connectionOf(words) };
  },

  async run(args, io) {
    const { verb, ids, format, connection } = args;
    const [id = ''] = ids;
    if (verb === 'list') return printList(args, io);
    if (verb === 'get' || verb === 'stop') {
      const found = await withClient(connection, io, (client) =>
        verb === 'get' ? client.getBulk(id) : client.cancelBulk(id),
      );
      await show(found, { io, format, table: () => fieldsOf(found, shownFields) });
      return 0;
    }
    const request = await requestOf(verb, args, io);
    return isSet(args.words, 'dry-run') ? preview(request, args, io) : carryOut(request, args, io);
  },
};

function checkIds(verb: Verb, ids: readonly string[]): void {
  const max = verb === 'list' ? 0 : verb === 'get' || verb === 'stop' ? 1 : ids.length;
  if (ids.length > max) throw new UsageError(`"${ids[max]}" is one word too many`);
  if (ids.length === 0 && max === 1) throw new UsageError(`bulk ${verb} needs an ID`);
}

function checkNeeds(verb: Verb, ids: readonly string[], words: Words): void {
  if (verb === 'list' || verb === 'get' || verb === 'stop') return;
  if (ids.length === 0 && filterFlags.every((flag) => textOf(words, flag) === undefined)) {
    throw new UsageError(`name executions, or what they have in common: --${filterFlags.join(', --')}`);
  }
  if (verb === 'signal' && textOf(words, 'name') === undefined) throw new UsageError('bulk signal needs --name');
  if (verb === 'rerun' && textOf(words, 'step') === undefined) throw new UsageError('bulk rerun needs --step');
}

async function requestOf(action: BulkAction, { ids, words }: Args, io: CliIo): Promise<BulkRequest> {
  const json = async (flag: string): Promise<unknown> => {
    const text = textOf(words, flag);
    return text === undefined ? undefined : readJsonArgument(`--${flag}`, text, io);
  };
  const filter = given(filterFlags.map((flag) => [flag, textOf(words, flag)] as const));
  const named = ids.length === 0 ? {} : { execution_ids: ids };
  const signal = given([
    ['name', textOf(words, 'name')],
    ['payload', await json('payload')],
    ['key', textOf(words, 'key')],
  ]);
  const rest = given([
    ['reason', textOf(words, 'reason')],
    ['from_step', textOf(words, 'step')],
    ['input', await json('input')],
    ['outputs', await json('outputs')],
    ['signal', action === 'signal' ? signal : undefined],
  ]);
  return { action, filter: { ...filter, ...named }, ...rest };
}

const given = (pairs: readonly (readonly [string, unknown])[]): Record<string, unknown> =>
  Object.fromEntries(pairs.filter(([, value]) => value !== undefined));

async function preview(request: BulkRequest, { format, connection }: Args, io: CliIo): Promise<ExitCode> {
  const found = await withClient(connection, io, (client) => client.previewBulk(request));
  const columns = ['execution_id', 'workflow_name', 'version', 'status', 'created_at'] as const;
  const table = (): string[] => [
    `${request.action} would look at ${found.matched} execution${found.matched === 1 ? '' : 's'}`,
    ...(found.sample.length === 0 ? [] : ['']),
    ...(found.sample.length === 0
      ? []
      : tableOf(
          ['EXECUTION', 'WORKFLOW', 'VERSION', 'STATUS', 'CREATED'],
          found.sample.map((row) => columns.map((name) => row[name])),
        )),
  ];
  await show(found, { io, format, table });
  return 0;
}

async function carryOut(request: BulkRequest, { words, format, connection }: Args, io: CliIo): Promise<ExitCode> {
  return withClient(connection, io, async (client) => {
    const begun = await client.startBulk(request);
    if (!isSet(words, 'detach') && format === 'table') return followBulk(begun, { client, io });
    await show(begun, { io, format, table: () => [`${begun.bulk_id} ${begun.status}`] });
    return 0;
  });
}

async function printList({ words, limit, format, connection }: Args, io: CliIo): Promise<ExitCode> {
  const query = given([
    ['cursor', textOf(words, 'cursor')],
    ['limit', limit],
  ]);
  const page = await withClient(connection, io, (client) => client.listBulk(query));
  const rows = page.bulk_operations;
  await show(rows, { io, format, table: () => tableOfBulks(rows) });
  if (format === 'table' && page.pagination.next_cursor) io.err(`more: --cursor ${page.pagination.next_cursor}`);
  return 0;
}

const tableOfBulks = (rows: readonly BulkOperation[]): string[] =>
  tableOf(
    ['ID', 'ACTION', 'STATUS', 'MATCHED', 'DONE', 'SKIPPED', 'FAILED', 'BY', 'CREATED'],
    rows.map((row) => [
      ...[row.bulk_id, row.action, row.status, row.matched, row.done, row.skipped, row.failed],
      ...[row.requested_by, row.created_at],
    ]),
  );

const shownFields = [
  ...['bulk_id', 'action', 'status', 'requested_by', 'filter', 'matched', 'done', 'skipped', 'failed'],
  ...['skipped_by_code', 'failed_by_code', 'problems', 'created_at', 'ended_at'],
];
