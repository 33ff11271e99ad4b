import { resolve } from 'node:path';
import { didYouMean } from '../model/suggest.ts';
import { type Command, UsageError } from './command.ts';
import { readWords } from './read-words.ts';

interface Args {
  readonly paths: readonly string[];
}

export const configCommand: Command<Args> = {
  name: 'config',
  summary: 'check configuration files: platform, server, executor or metrics',
  usage: 'config check FILE…',
  examples: ['config check config/magicflow.yaml', 'config check config/*.yaml'],
  flags: {},

  parse(argv) {
    const { positionals } = readWords(argv, configCommand.flags, {
      names: ['check', 'FILE'],
      max: Number.POSITIVE_INFINITY,
    });
    const [verb = '', ...paths] = positionals;
    if (verb !== 'check')
      throw new UsageError(`"config ${verb}" is not known: write "config check FILE"${didYouMean(verb, ['check'])}`);
    return { paths };
  },

  async run({ paths }, io) {
    const [{ checkConfig }, { formatProblem }] = await Promise.all([
      import('../app/config-file.ts'),
      import('../app/config-problem.ts'),
    ]);
    let problemCount = 0;
    for (const path of paths) {
      const { kind, problems } = checkConfig(await io.readText(resolve(io.directory, path)), path, io.env);
      for (const problem of problems) io.out(formatProblem(problem));
      if (problems.length === 0) io.out(`${path}: a ${kind} configuration, no problems`);
      problemCount += problems.length;
    }
    return problemCount === 0 ? 0 : 3;
  },
};
