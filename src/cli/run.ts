import { type Execution, isEnded, type Started } from '../../sdk/typescript/answers.ts';
import type { Client } from '../../sdk/typescript/client.ts';
import type { CliIo, Command, ExitCode } from './command.ts';
import { type Connection, connectionFlags, connectionOf, withClient } from './connection.ts';
import { readJsonArgument } from './json-argument.ts';
import { durationTextOf, isSet, numberOf, readWords, textOf } from './read-words.ts';
import { type Format, fieldsOf, formatFlags, formatOf, show } from './show.ts';
import { watchExecution } from './watch.ts';

interface Args {
  readonly workflow: string;
  readonly input: string;
  readonly watch: boolean;
  readonly options: Readonly<Record<string, string | number>>;
  readonly format: Format;
  readonly connection: Connection;
}

export const run: Command<Args> = {
  name: 'run',
  summary: 'start a workflow, and watch it if asked',
  usage: 'run WORKFLOW',
  examples: [
    `run user-onboarding --input '{"email":"a@b.de","name":"Ada"}' --watch`,
    'run order-processing --input @order.json --wait 30s -o json',
  ],
  flags: {
    input: { type: 'string', short: 'i', value: 'JSON|@FILE|-', doc: 'the input (default: {})' },
    watch: { type: 'boolean', short: 'w', doc: 'follow it to its end; exit 1 unless it completes' },
    wait: { type: 'string', value: 'DURATION', doc: 'wait so long for the end (60s at most)' },
    version: { type: 'string', value: 'VERSION', doc: 'not the active version, but this' },
    timeout: { type: 'string', value: 'DURATION', doc: 'instead of the one in the definition' },
    priority: { type: 'string', value: '0-9', doc: '9 goes first' },
    'idempotency-key': { type: 'string', value: 'KEY', doc: 'starts one execution however often it is used' },
    ...formatFlags,
    ...connectionFlags,
  },

  parse(argv) {
    const words = readWords(argv, run.flags, { names: ['WORKFLOW'] });
    const options = {
      wait: durationTextOf(words, 'wait'),
      timeout: durationTextOf(words, 'timeout'),
      version: textOf(words, 'version'),
      priority: numberOf(words, 'priority', { min: 0, max: 9 }),
      idempotencyKey: textOf(words, 'idempotency-key'),
    };
    return {
      workflow: words.positionals[0] ?? '',
      input: textOf(words, 'input') ?? '{}',
      watch: isSet(words, 'watch'),
      options: Object.fromEntries(
        Object.entries(options).filter((entry): entry is [string, string | number] => entry[1] !== undefined),
      ),
      format: formatOf(words),
      connection: connectionOf(words),
    };
  },

  async run({ workflow, input, watch, options, format, connection }, io) {
    const value = await readJsonArgument('--input', input, io);
    return await withClient(connection, io, async (client) => {
      const started = await client.execute(workflow, value, options);
      if (watch) return await watchToEnd(started, { client, io, format });
      await show(started, { io, format, table: () => startedLines(started) });
      return isEnded(started.status) && started.status !== 'completed' ? 1 : 0;
    });
  },
};

function startedLines(started: Started): string[] {
  return fieldsOf(started, ['execution_id', 'workflow_name', 'version', 'status', 'tracking_url', 'output', 'error']);
}

interface Watching {
  readonly client: Client;
  readonly io: CliIo;
  readonly format: Format;
}

async function watchToEnd({ execution_id: id }: Started, { client, io, format }: Watching): Promise<ExitCode> {
  // Programs that read JSON get one value on stdout, nothing between.
  if (format === 'table') await watchExecution(id, { client, io });
  else for await (const _ of client.stream(id, { signal: io.stop }));
  const execution = await client.get(id);
  await show(execution, { io, format, table: () => endLines(execution) });
  return execution.status === 'completed' ? 0 : 1;
}

function endLines(execution: Execution): string[] {
  return fieldsOf(execution, ['execution_id', 'status', 'duration', 'output', 'error']);
}
