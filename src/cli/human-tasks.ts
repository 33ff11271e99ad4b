import type { HumanTask, HumanTaskSummary } from '../../sdk/typescript/human-tasks.ts';
import { type CliIo, type Command, UsageError } from './command.ts';
import { type Connection, connectionFlags, connectionOf, withClient } from './connection.ts';
import { readJsonArgument } from './json-argument.ts';
import { readWords, textOf, verbOf, type Words } from './read-words.ts';
import { type Format, fieldsOf, formatFlags, formatOf, pageFlags, pageLimitOf, show, tableOf } from './show.ts';

const verbs = ['list', 'show', 'claim', 'unclaim', 'complete'] as const;
type Verb = (typeof verbs)[number];

/** Which verb a flag belongs to. */
const listFlags = ['assignee', 'status', 'workflow', 'limit', 'cursor'] as const;
const answerFlags = ['answer', 'outcome', 'comment'] as const;

interface Args {
  readonly verb: Verb;
  readonly id: string;
  readonly words: Words;
  readonly limit: number | undefined;
  readonly format: Format;
  readonly connection: Connection;
}

export const humanTasks: Command<Args> = {
  name: 'human-tasks',
  summary: 'list what people are asked, and answer',
  usage: 'human-tasks list | show ID | claim ID | unclaim ID | complete ID',
  examples: [
    'human-tasks list --assignee ada --status open',
    'human-tasks show human_01j…',
    `human-tasks complete human_01j… --outcome approved --answer '{"sum":12}'`,
  ],
  flags: {
    assignee: { type: 'string', value: 'NAME', doc: 'list: tasks of this person or group' },
    status: { type: 'string', value: 'STATUS,…', doc: 'list: open, claimed, completed, timed_out, cancelled' },
    workflow: { type: 'string', value: 'NAME', doc: 'list: tasks of one workflow' },
    ...pageFlags,
    answer: { type: 'string', value: 'JSON|@FILE|-', doc: 'complete: what the form asks for' },
    outcome: { type: 'string', value: 'NAME', doc: 'complete: one that the task names (default: completed)' },
    comment: { type: 'string', value: 'TEXT', doc: 'complete: kept with the answer' },
    ...formatFlags,
    ...connectionFlags,
  },

  parse(argv) {
    const words = readWords(argv, humanTasks.flags, { names: [verbs.join('|'), 'ID'], min: 1 });
    const [word = '', id = ''] = words.positionals;
    const verb = verbOf('human-tasks', word, verbs);
    if (verb === 'list' && id !== '') throw new UsageError(`"${id}" is one word too many`);
    if (verb !== 'list' && id === '') throw new UsageError(`human-tasks ${verb} needs an ID`);
    refuseForeign(words, listFlags, { verb, own: 'list' });
    refuseForeign(words, answerFlags, { verb, own: 'complete' });
    const limit = pageLimitOf(words);
    return { verb, id, words, limit, format: formatOf(words), connection: connectionOf(words) };
  },

  async run(args, io) {
    if (args.verb === 'list') await printList(args, io);
    else if (args.verb === 'show') await printTask(args, io);
    else {
      const { id, status } = await act(args, io);
      io.out(`${id} ${status}`);
    }
    return 0;
  },
};

function refuseForeign(words: Words, flags: readonly string[], { verb, own }: { verb: Verb; own: Verb }): void {
  if (verb === own) return;
  for (const flag of flags)
    if (textOf(words, flag) !== undefined) throw new UsageError(`--${flag} is for "human-tasks ${own}"`);
}

/** The flags of these names that are there. */
function given(words: Words, names: readonly string[]): Record<string, string> {
  const pairs = names.map((name) => [name, textOf(words, name)] as const);
  return Object.fromEntries(pairs.filter((pair): pair is readonly [string, string] => pair[1] !== undefined));
}

async function printList({ words, limit, format, connection }: Args, io: CliIo): Promise<void> {
  const query = { ...given(words, listFlags), ...(limit === undefined ? {} : { limit }) };
  const { human_tasks: tasks, pagination } = await withClient(connection, io, (client) => client.listHumanTasks(query));
  await show(tasks, { io, format, table: () => tableOfTasks(tasks) });
  const cursor = pagination?.next_cursor;
  if (format === 'table' && typeof cursor === 'string') io.err(`more: --cursor ${cursor}`);
}

const tableOfTasks = (tasks: readonly HumanTaskSummary[]): string[] =>
  tableOf(
    ['ID', 'TITLE', 'STATUS', 'FOR', 'CLAIMED BY', 'DUE'],
    tasks.map((task) => [task.id, task.title, task.status, task.assignees.join(', '), task.claimed_by, task.due_at]),
  );

async function printTask({ id, format, connection }: Args, io: CliIo): Promise<void> {
  const task = await withClient(connection, io, (client) => client.getHumanTask(id));
  await show(task, { io, format, table: () => linesOf(task) });
}

const shownFields = [
  ...['id', 'title', 'description', 'status', 'assignees', 'claimed_by', 'due_at', 'execution_id', 'workflow_name'],
  ...['step', 'input', 'outcomes', 'outcome', 'answered_by', 'answer', 'comment'],
];

function linesOf(task: HumanTask): string[] {
  const lines = fieldsOf(task, shownFields);
  if (task.fields.length === 0) return lines;
  const rows = task.fields.map((field) => [
    field.name,
    field.type,
    field.required ? 'yes' : 'no',
    field.default,
    field.options?.map(({ value }) => (typeof value === 'string' ? value : JSON.stringify(value))).join(', '),
  ]);
  return [...lines, '', ...tableOf(['FIELD', 'TYPE', 'REQUIRED', 'DEFAULT', 'OPTIONS'], rows)];
}

async function act({ verb, id, words, connection }: Args, io: CliIo): Promise<HumanTask> {
  const text = textOf(words, 'answer');
  const answer = text === undefined ? {} : { answer: await readJsonArgument('--answer', text, io) };
  return withClient(connection, io, (client) => {
    if (verb === 'claim') return client.claimHumanTask(id);
    if (verb === 'unclaim') return client.unclaimHumanTask(id);
    return client.completeHumanTask(id, { ...answer, ...given(words, ['outcome', 'comment']) });
  });
}
