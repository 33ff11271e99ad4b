// biome-ignore-all lint/suspicious/noTemplateCurlyInString: shells write variables like this
import { didYouMean } from '../model/suggest.ts';
import { type Command, UsageError } from './command.ts';
import { commandNames, commands } from './commands.ts';
import { readWords } from './read-words.ts';

const shells = ['bash', 'zsh', 'fish'] as const;
type Shell = (typeof shells)[number];

/** Scripts that complete commands and flags; written from the commands themselves. */
export const completion: Command<Shell> = {
  name: 'completion',
  summary: 'print a script that completes commands in a shell',
  usage: 'completion bash|zsh|fish',
  examples: ['completion bash > /etc/bash_completion.d/magicflow', 'completion fish | source'],
  flags: {},

  parse(argv) {
    const word = readWords(argv, completion.flags, { names: [shells.join('|')] }).positionals[0] ?? '';
    const shell = shells.find((each) => each === word);
    if (shell === undefined)
      throw new UsageError(`no completion for "${word}": ${shells.join(', ')}${didYouMean(word, shells)}`);
    return shell;
  },

  async run(shell, io) {
    const all = await Promise.all(commandNames.map((name) => commands[name]()));
    for (const line of writers[shell](all)) io.out(line);
    return 0;
  },
};

type Commands = readonly Command[];

const flagsOf = (command: Command): string[] => Object.keys(command.flags).map((name) => `--${name}`);

const writers: Readonly<Record<Shell, (commands: Commands) => string[]>> = {
  bash: (all) => [
    '_magicflow() {',
    '  local word="${COMP_WORDS[COMP_CWORD]}" words="" ',
    '  if [ "$COMP_CWORD" -eq 1 ]; then',
    `    words="${all.map((command) => command.name).join(' ')}"`,
    '  else',
    '    case "${COMP_WORDS[1]}" in',
    ...all
      .filter((command) => flagsOf(command).length > 0)
      .map((command) => `      ${command.name}) words="${flagsOf(command).join(' ')}" ;;`),
    '    esac',
    '  fi',
    '  COMPREPLY=($(compgen -W "$words" -- "$word"))',
    '}',
    'complete -o default -F _magicflow magicflow magic-flow',
  ],
  zsh: (all) => [
    '#compdef magicflow magic-flow',
    '_magicflow() {',
    '  local -a commands flags',
    `  commands=(${all.map(({ name, summary }) => `'${name}:${quoted(summary)}'`).join(' ')})`,
    '  if (( CURRENT == 2 )); then _describe command commands; return; fi',
    '  case "$words[2]" in',
    ...all
      .filter((command) => flagsOf(command).length > 0)
      .map((command) => `    ${command.name}) flags=(${flagsOf(command).join(' ')}) ;;`),
    '  esac',
    '  compadd -- $flags',
    '  _files',
    '}',
    'compdef _magicflow magicflow magic-flow',
  ],
  fish: (all) =>
    ['magicflow', 'magic-flow'].flatMap((program) =>
      all.flatMap((command) => [
        `complete -c ${program} -n __fish_use_subcommand -a ${command.name} -d '${quoted(command.summary)}'`,
        ...Object.entries(command.flags).map(
          ([name, { short, doc }]) =>
            `complete -c ${program} -n '__fish_seen_subcommand_from ${command.name}' -l ${name}${short ? ` -s ${short}` : ''} -d '${quoted(doc)}'`,
        ),
      ]),
    ),
};

const quoted = (text: string): string => text.replaceAll("'", '’');
