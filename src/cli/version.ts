import { version } from '../app/version.ts';
import type { Command } from './command.ts';
import { readWords } from './read-words.ts';

export const versionCommand: Command<null> = {
  name: 'version',
  summary: 'print the version',
  usage: 'version',
  examples: ['version'],
  flags: {},

  parse(argv) {
    readWords(argv, versionCommand.flags, { names: [] });
    return null;
  },

  async run(_, io) {
    io.out(`magicflow ${version} (Node ${process.versions.node}, ${process.platform}-${process.arch})`);
    return 0;
  },
};
