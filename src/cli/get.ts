import type { Execution } from '../../sdk/typescript/answers.ts';
import type { Command } from './command.ts';
import { type Connection, connectionFlags, connectionOf, withClient } from './connection.ts';
import { readWords } from './read-words.ts';
import { type Format, fieldsOf, formatFlags, formatOf, listOf, show, tableOf } from './show.ts';

interface Args {
  readonly name: string;
  readonly format: Format;
  readonly connection: Connection;
}

export const get: Command<Args> = {
  name: 'get',
  summary: 'show one execution or one workflow',
  usage: 'get EXECUTION|WORKFLOW',
  examples: ['get exec_01j…', 'get user-onboarding', 'get exec_01j… -o json'],
  flags: { ...formatFlags, ...connectionFlags },

  parse(argv) {
    const words = readWords(argv, get.flags, { names: ['EXECUTION|WORKFLOW'] });
    return { name: words.positionals[0] ?? '', format: formatOf(words), connection: connectionOf(words) };
  },

  async run({ name, format, connection }, io) {
    await withClient(connection, io, async (client) => {
      if (isExecutionId(name)) {
        const execution = await client.get(name);
        return await show(execution, { io, format, table: () => executionLines(execution) });
      }
      const workflow = await client.getWorkflow(name);
      await show(workflow, { io, format, table: () => workflowLines(workflow) });
    });
    return 0;
  },
};

/** Execution ids are made by the platform and longer than `exec_` and a word; a workflow may begin with it all the same. */
const isExecutionId = (name: string): boolean => /^exec_[0-9a-z]{26}$/.test(name);

export function executionLines(execution: Execution): string[] {
  const fields = [
    'execution_id',
    'workflow_name',
    'version',
    'status',
    'created_at',
    'completed_at',
    'duration',
    'input',
    'output',
    'error',
  ];
  const steps = execution.steps ?? [];
  if (steps.length === 0) return fieldsOf(execution, fields);
  const rows = steps.map((step) => [step.name, step.type, step.status, step.attempt, step.duration, step.error?.code]);
  return [
    ...fieldsOf(execution, fields),
    '',
    ...tableOf(['STEP', 'TYPE', 'STATUS', 'ATTEMPT', 'SECONDS', 'ERROR'], rows),
  ];
}

function workflowLines(workflow: unknown): string[] {
  const rows = listOf(workflow, 'steps').map((step) => [step['name'], step['type']]);
  const fields = fieldsOf(workflow, ['name', 'version', 'status', 'description', 'owner', 'tags', 'created_at']);
  return [...fields, '', ...tableOf(['STEP', 'TYPE'], rows)];
}
