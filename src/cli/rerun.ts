import type { Command } from './command.ts';
import { type Connection, connectionFlags, connectionOf, withClient } from './connection.ts';
import { readJsonArgument } from './json-argument.ts';
import { readWords, textOf } from './read-words.ts';

interface Args {
  readonly executionId: string;
  readonly fromStep: string;
  readonly input: string | undefined;
  readonly outputs: string | undefined;
  readonly connection: Connection;
}

export const rerun: Command<Args> = {
  name: 'rerun',
  summary: 'take up an ended execution from a step, as a new one',
  usage: 'rerun EXECUTION STEP',
  examples: [`rerun exec_01j… charge --outputs '{"total":{"amount":10}}'`],
  flags: {
    input: { type: 'string', value: 'JSON|@FILE|-', doc: 'in place of its input' },
    outputs: { type: 'string', value: 'JSON|@FILE|-', doc: 'in place of what earlier steps gave, by their names' },
    ...connectionFlags,
  },

  parse(argv) {
    const words = readWords(argv, rerun.flags, { names: ['EXECUTION', 'STEP'] });
    const [executionId = '', fromStep = ''] = words.positionals;
    const [input, outputs] = [textOf(words, 'input'), textOf(words, 'outputs')];
    return { executionId, fromStep, input, outputs, connection: connectionOf(words) };
  },

  async run({ executionId, fromStep, input, outputs, connection }, io) {
    const given = {
      ...(input === undefined ? {} : { input: await readJsonArgument('--input', input, io) }),
      ...(outputs === undefined
        ? {}
        : { outputs: (await readJsonArgument('--outputs', outputs, io)) as Record<string, unknown> }),
    };
    const started = await withClient(connection, io, (client) => client.rerun(executionId, fromStep, given));
    io.out(`${started.execution_id} ${started.status}`);
    return 0;
  },
};
