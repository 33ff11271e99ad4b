import { type CliIo, type Command, type ExitCode, UsageError } from './command.ts';
import { commands, isCommandName } from './commands.ts';
import { errorLines, exitCodeOf } from './error-lines.ts';
import { commandHelp, help, unknownCommand } from './help.ts';

/**
 * The command line from its words to its exit code. Never rejects for what a user did; a broken invariant passes through.
 */
export async function runCli(argv: readonly string[], io: CliIo): Promise<ExitCode> {
  const [word, ...rest] = argv;
  if (word === undefined || word === '--help' || word === '-h') return await help.run(undefined, io);
  try {
    const command = await findCommand(word);
    if (asksForHelp(rest)) {
      for (const line of commandHelp(command)) io.out(line);
      return 0;
    }
    return await command.run(command.parse(rest), io);
  } catch (error) {
    if (error instanceof Error && error.name === 'Impossible') throw error;
    for (const line of errorLines(error)) io.err(`magicflow: ${line}`);
    if (error instanceof UsageError && isCommandName(word))
      io.err(`usage: magicflow ${(await commands[word]()).usage}`);
    return exitCodeOf(error);
  }
}

async function findCommand(word: string): Promise<Command> {
  if (word === '--version' || word === '-v' || word === '-V') return await commands.version();
  if (isCommandName(word)) return await commands[word]();
  throw new UsageError(unknownCommand(word));
}

/** `--` ends the flags. */
function asksForHelp(words: readonly string[]): boolean {
  const end = words.indexOf('--');
  return words.slice(0, end === -1 ? words.length : end).some((word) => word === '--help' || word === '-h');
}
