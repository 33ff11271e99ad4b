import type { RetentionStatus } from '../../sdk/typescript/retention.ts';
import { type Command, UsageError } from './command.ts';
import { type Connection, connectionFlags, connectionOf, withClient } from './connection.ts';
import { isSet, readWords, verbOf } from './read-words.ts';
import { type Format, fieldsOf, formatFlags, formatOf, show, tableOf } from './show.ts';

const verbs = ['show', 'run'] as const;

interface Args {
  readonly verb: (typeof verbs)[number];
  readonly isDry: boolean;
  readonly format: Format;
  readonly connection: Connection;
}

export const retention: Command<Args> = {
  name: 'retention',
  summary: 'show how long what has ended is kept, and remove what is due',
  usage: 'retention show | run',
  examples: ['retention show', 'retention run --dry-run', 'retention run'],
  flags: {
    'dry-run': { type: 'boolean', doc: 'run: count what is due and remove nothing' },
    ...formatFlags,
    ...connectionFlags,
  },

  parse(argv) {
    const words = readWords(argv, retention.flags, { names: [verbs.join('|')] });
    const [word = ''] = words.positionals;
    const verb = verbOf('retention', word, verbs);
    const isDry = isSet(words, 'dry-run');
    if (isDry && verb === 'show') throw new UsageError('--dry-run is for "retention run"');
    return { verb, isDry, format: formatOf(words), connection: connectionOf(words) };
  },

  async run({ verb, isDry, format, connection }, io) {
    if (verb === 'show') {
      const found = await withClient(connection, io, (client) => client.getRetention());
      await show(found, { io, format, table: () => linesOf(found) });
      return 0;
    }
    const due = await withClient(connection, io, (client) => client.runRetention({ dryRun: isDry }));
    const count = due.due_by_age + due.due_by_number;
    const line = `${count} ended execution${count === 1 ? '' : 's'} ${isDry ? 'would be' : 'are being'} removed`;
    await show(due, { io, format, table: () => [line] });
    return 0;
  },
};

function linesOf({ policy, workflows, storage_bytes, removed_total, last_sweep }: RetentionStatus): string[] {
  const kept = {
    completed: age(policy.completed),
    failed: age(policy.failed),
    max_executions: policy.max_executions ?? 'no limit',
    max_size: policy.max_size_bytes === null ? 'no limit' : `${policy.max_size_bytes} bytes`,
    storage: `${storage_bytes} bytes`,
    removed: `${removed_total} since the start of the server`,
    last_sweep: last_sweep.at ?? 'not yet',
  };
  const lines = fieldsOf(kept, Object.keys(kept));
  if (workflows.length === 0) return lines;
  const own = (seconds: number | null): string => (seconds === null ? '-' : age(seconds));
  const rows = workflows.map((each) => [each.name, own(each.completed), own(each.failed)]);
  return [...lines, '', ...tableOf(['WORKFLOW', 'COMPLETED', 'FAILED'], rows)];
}

/** Seconds in the largest unit that they fill. */
function age(seconds: number | null): string {
  if (seconds === null) return 'for ever';
  for (const [unit, size] of [
    ['d', 86_400],
    ['h', 3_600],
    ['m', 60],
  ] as const) {
    if (seconds >= size && seconds % size === 0) return `${seconds / size}${unit}`;
  }
  return `${seconds}s`;
}
