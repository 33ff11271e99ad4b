import type { Command } from './command.ts';
import { readWords } from './read-words.ts';

export const schema: Command<null> = {
  name: 'schema',
  summary: 'print the JSON Schema of workflow files, for editors',
  usage: 'schema',
  examples: ['schema > workflow.schema.json'],
  flags: {},

  parse(argv) {
    readWords(argv, schema.flags, { names: [] });
    return null;
  },

  async run(_, io) {
    const { workflowSchema } = await import('../model/published-schema.ts');
    io.out(JSON.stringify(workflowSchema(), null, 2));
    return 0;
  },
};
