import { didYouMean } from '../model/suggest.ts';
import { type Command, type Flags, UsageError } from './command.ts';
import { commandNames, commands, isCommandName } from './commands.ts';
import { readWords } from './read-words.ts';

/** Help is written from the commands themselves. */
export const help: Command<string | undefined> = {
  name: 'help',
  summary: 'explain a command',
  usage: 'help [COMMAND]',
  examples: ['help', 'help run'],
  flags: {},

  parse(argv) {
    return readWords(argv, help.flags, { names: ['COMMAND'], min: 0 }).positionals[0];
  },

  async run(name, io) {
    if (name === undefined) for (const line of await overview()) io.out(line);
    else if (isCommandName(name)) for (const line of commandHelp(await commands[name]())) io.out(line);
    else throw new UsageError(unknownCommand(name));
    return 0;
  },
};

export const unknownCommand = (word: string): string =>
  `there is no command "${word}"${didYouMean(word, commandNames)}; "magicflow help" lists them`;

async function overview(): Promise<string[]> {
  const all = await Promise.all(commandNames.map((name) => commands[name]()));
  const width = Math.max(...all.map((command) => command.name.length));
  return [
    'magicflow COMMAND [flags]',
    '',
    ...all.map((command) => `  ${command.name.padEnd(width)}  ${command.summary}`),
    '',
    '"magicflow help COMMAND" explains one. Exit codes: 0 done, 1 failed, 2 used wrongly, 3 found invalid, 4 server not reached.',
  ];
}

export function commandHelp(command: Command): string[] {
  const flags = flagLines(command.flags);
  return [
    `magicflow ${command.usage}`,
    '',
    `  ${command.summary}`,
    ...(flags.length > 0 ? ['', 'flags', ...flags] : []),
    '',
    'examples',
    ...command.examples.map((example) => `  magicflow ${example}`),
  ];
}

function flagLines(flags: Flags): string[] {
  const rows = Object.entries(flags).map(([name, { short, value, doc }]) => {
    return [`${short ? `-${short}, ` : '    '}--${name}${value ? ` ${value}` : ''}`, doc] as const;
  });
  const width = Math.max(0, ...rows.map(([left]) => left.length));
  return rows.map(([left, doc]) => `  ${left.padEnd(width)}  ${doc}`);
}
