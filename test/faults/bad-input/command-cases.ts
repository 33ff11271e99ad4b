/** Command lines that are wrong in one way each: the exit code, and the word that the first line of the answer must hold. */
import type { Command, ExitCode } from '../../../src/cli/command.ts';
import { type CommandName, commands } from '../../../src/cli/commands.ts';
import { brokenJson } from './requests/broken-json.ts';

export interface CommandCase {
  readonly words: readonly string[];
  readonly code: ExitCode;
  readonly names: string;
}

/** How each command is called rightly: a row a command, so that a new one without a row does not compile. */
interface Right {
  readonly words: readonly string[];
  /** How many of them are needed. Default: all. */
  readonly needed?: number;
  /** What the help calls the first that is missing, for each number of words given. */
  readonly missing?: readonly string[];
  readonly takesMore?: boolean;
}

const execution: Right = { words: ['exec_1'], missing: ['EXECUTION'] };
const executions: Right = { ...execution, takesMore: true };
const right: Readonly<Record<CommandName, Right>> = {
  start: { words: [] },
  dev: { words: ['.'], needed: 0 },
  validate: { words: ['a.yaml'], missing: ['a file'], takesMore: true },
  deploy: { words: ['a.yaml'], missing: ['FILE'], takesMore: true },
  run: { words: ['orders'], missing: ['WORKFLOW'] },
  list: { words: ['workflows'], needed: 0 },
  get: { words: ['exec_1'], missing: ['EXECUTION|WORKFLOW'] },
  explain: execution,
  journal: execution,
  logs: execution,
  cancel: executions,
  terminate: executions,
  pause: executions,
  resume: executions,
  retry: executions,
  rerun: { words: ['exec_1', 'charge'], missing: ['EXECUTION', 'STEP'] },
  signal: { words: ['exec_1', 'go'], missing: ['EXECUTION', 'NAME'] },
  bulk: { words: ['cancel', 'exec_1'], needed: 1, missing: ['cancel|terminate'], takesMore: true },
  'human-tasks': { words: ['show', 'ask_1'], needed: 1, missing: ['list|show|claim|unclaim|complete'] },
  'dead-letters': { words: ['replay', 'exec_1'], needed: 1, missing: ['list|get|replay|discard'], takesMore: true },
  limits: { words: ['key:a'], needed: 0 },
  retention: { words: ['run'], missing: ['show|run'] },
  test: { words: ['a.test.yaml'], needed: 0, takesMore: true },
  config: { words: ['check', 'a.yaml'], missing: ['check', 'FILE'], takesMore: true },
  schema: { words: [] },
  token: { words: ['create', 'ci'], missing: ['create|list|revoke', 'NAME'] },
  completion: { words: ['bash'], missing: ['bash|zsh|fish'] },
  version: { words: [] },
  help: { words: ['run'], needed: 0 },
};

/** What a flag must not be given, by its name; where one command means another thing by it, by both. */
const wrongFlags: Readonly<Record<string, readonly string[]>> = {
  format: ['xml', 'JSON', 'yml', 'csv', '0', ' '],
  'test format': ['table', 'yaml', 'xml', 'JSON', ' '],
  'min-coverage': ['101', '-1', 'x', '1.5', '80%', ' ', '0x10'],
  server: ['localhost:8080', 'ftp://h', 'http://', 'nonsense', '//h', 'http://h:99999', ' '],
  wait: ['10', 'soon', '-1s', '1 s', '1h-30m', ' '],
  timeout: ['30', 'later', '-1s', 'PT', ' '],
  priority: ['10', '-1', '1.5', 'high', ' ', '0x5', '1e1'],
  'list limit': ['0', '201', '1.5', 'all', '-1', ' ', '0x10', '1e2'],
  'dead-letters limit': ['0', '201', 'all'],
  'dead-letters reason': ['posion', 'RULE', ' '],
  'bulk limit': ['0', '201', 'all'],
  'limits limit': ['0', '101', 'all'],
  'journal limit': ['0', 'all', '1.5', '-1', '9999999999', ' '],
  'journal after': ['-1', 'x', '1.5', 'NaN', ' ', '0x1'],
  role: ['admn', 'root', 'ADMIN', 'owner', ' '],
  'expires-in': ['30', 'never', '-1d', '1 d', ' '],
  input: brokenJson.map((text) => text.replace('«', '')),
  payload: brokenJson.map((text) => text.replace('«', '')),
  outputs: brokenJson.map((text) => text.replace('«', '')),
};

/** Flags of `start` and `dev` that are settings; they are judged as the configuration is. */
const wrongSettings: Readonly<Record<string, readonly string[]>> = {
  port: ['x', '-1', '65536', '1.5', ' ', '0x50'],
  'dashboard-port': ['x', '-1', '70000', '1e3'],
  mode: ['clstr', 'CLUSTER', 'single'],
  storage: ['oracle://h', './data', 'SQLITE:a'],
  'public-url': ['localhost', 'ftp://h', 'h:80'],
  'log-level': ['loud', 'INFO', 'warning'],
};

export async function commandCases(): Promise<CommandCase[]> {
  const cases: CommandCase[] = [];
  for (const name of Object.keys(commands) as CommandName[]) {
    const command: Command = await commands[name]();
    cases.push(...wrongWords(name), ...flagCases(name, command), ...valueCases(name, command));
  }
  return [...cases, ...otherCommands(), ...others];
}

const usage = (words: readonly string[], names: string): CommandCase => ({ words, code: 2, names });

function wrongWords(name: CommandName): CommandCase[] {
  const { words, needed = words.length, missing = [], takesMore = false } = right[name];
  const few = Array.from({ length: needed }, (_, count) =>
    usage([name, ...words.slice(0, count)], missing[count] ?? 'nothing is expected'),
  );
  const many = takesMore ? [] : ['now', '--', ''].map((word) => tooMany(name, words, word));
  return [...few, ...many.filter((each) => each !== undefined)];
}

/** `--` ends the flags; a word behind it is one too many all the same. */
function tooMany(name: CommandName, words: readonly string[], word: string): CommandCase {
  return word === '--'
    ? usage([name, ...words, '--', '--now'], '"--now" is one word too many')
    : usage([name, ...words, word], `"${word}" is one word too many`);
}

function flagCases(name: CommandName, { flags }: Command): CommandCase[] {
  const { words } = right[name];
  const misspelt = Object.keys(flags).map((flag) => {
    const wrong = `${flag.charAt(0)}${flag}`;
    return usage([name, ...words, `--${wrong}`, 'a'], `there is no flag --${wrong}`);
  });
  const mistaken = Object.entries(flags).flatMap(([flag, { type }]) =>
    type === 'boolean'
      ? [usage([name, ...words, `--${flag}=yes`], `--${flag}`), usage([name, ...words, `--no-${flag}`], `--no-${flag}`)]
      : [
          usage([name, ...words, `--${flag}`], `--${flag}`),
          usage([name, ...words, `--${flag}=`], `--${flag} needs a value`),
        ],
  );
  const strangers = ['--frobnicate', '--__proto__', '--constructor', '--Server'];
  const unknown = strangers.map((flag) => usage([name, ...words, flag], `there is no flag ${flag}`));
  return [...misspelt, ...mistaken, ...unknown, usage([name, ...words, '-Q'], '-Q')];
}

function valueCases(name: CommandName, { flags }: Command): CommandCase[] {
  const { words } = right[name];
  return Object.keys(flags).flatMap((flag) => {
    const values = wrongFlags[`${name} ${flag}`] ?? wrongFlags[flag] ?? [];
    const settings = name === 'start' || name === 'dev' ? (wrongSettings[flag] ?? []) : [];
    return [
      ...values.map((value) => usage([name, ...words, `--${flag}=${value}`], `--${flag}`)),
      ...settings.map(
        (value): CommandCase => ({ words: [name, ...words, `--${flag}=${value}`], code: 3, names: `--${flag}: ` }),
      ),
    ];
  });
}

/** Words that are no command. */
function otherCommands(): CommandCase[] {
  const misspelt = Object.keys(commands).flatMap((name) => [
    `${name.charAt(0)}${name}`,
    name.toUpperCase(),
    `${name} `,
  ]);
  const strangers = ['', ' ', '__proto__', 'constructor', 'toString', '--frobnicate', '-x', '🙂', '../run', 'exec_1'];
  return [...misspelt, ...strangers].flatMap((word) => [
    usage([word], `no command "${word}"`),
    // Behind `help` they are flags, which `help` has none of.
    ...(word.startsWith('-') ? [] : [usage(['help', word], `no command "${word}"`)]),
  ]);
}

const others: readonly CommandCase[] = [
  usage(['list', 'things'], '"things" cannot be listed'),
  usage(['list', 'execution'], 'did you mean "executions"'),
  usage(['list', '--status', 'failed'], '--status'),
  usage(['list', '--workflow', 'orders'], '--workflow'),
  usage(['list', '--version', '1.0.0'], '--version is for'),
  usage(['list', '--labels', 'team:web'], '--labels is for'),
  usage(['list', '--from', '2026-03-01'], '--from is for'),
  usage(['list', '--to', '2026-03-01'], '--to is for'),
  usage(['config', 'chekc', 'f'], '"config chekc" is not known'),
  usage(['token', 'make', 'ci'], '"token make" is not known'),
  usage(['token', 'revoke'], 'an ID'),
  usage(['token', 'list', 'ci'], '"ci" is one word too many'),
  usage(['dead-letters', 'lst'], 'did you mean "list"'),
  usage(['dead-letters', 'get'], 'an EXECUTION'),
  usage(['dead-letters', 'get', 'exec_1', 'exec_2'], '"exec_2" is one word too many'),
  usage(['dead-letters', 'list', 'exec_1'], '"exec_1" is one word too many'),
  usage(['dead-letters', 'replay'], '--all'),
  usage(['dead-letters', 'list', '--all'], '--all is for'),
  usage(['dead-letters', 'get', 'exec_1', '--cursor', 'c'], '--cursor is for'),
  usage(['retention', 'rum'], 'did you mean "run"'),
  usage(['retention', 'show', '--dry-run'], '--dry-run is for'),
  usage(['bulk', 'cancle'], 'did you mean "cancel"'),
  usage(['bulk', 'cancel'], '--workflow'),
  usage(['bulk', 'signal', 'exec_1'], '--name'),
  usage(['bulk', 'rerun', 'exec_1'], '--step'),
  usage(['bulk', 'get'], 'an ID'),
  usage(['bulk', 'stop', 'bulk_1', 'now'], '"now" is one word too many'),
  usage(['bulk', 'list', 'bulk_1'], '"bulk_1" is one word too many'),
  usage(['bulk', 'retry', 'exec_1', '--reason', 'why'], '--reason is for'),
  usage(['bulk', 'list', '--dry-run'], '--dry-run is for'),
  usage(['completion', 'bsh'], 'did you mean "bash"'),
  usage(['completion', 'powershell'], 'bash, zsh, fish'),
  ...['validate', 'deploy'].map((name): CommandCase => ({ words: [name, 'none.yaml'], code: 1, names: 'none.yaml' })),
  { words: ['validate', '--workflows', 'nowhere'], code: 1, names: 'nowhere' },
  { words: ['config', 'check', 'none.yaml'], code: 1, names: 'none.yaml' },
  { words: ['run', 'orders', '--input', '@none.json'], code: 1, names: 'none.json' },
  { words: ['signal', 'exec_1', 'go', '--payload', '@none.json'], code: 1, names: 'none.json' },
  { words: ['start', '--config', 'none.yaml'], code: 3, names: 'none.yaml' },
  { words: ['dev', 'nowhere'], code: 1, names: 'nowhere' },
  ...['get', 'journal', 'logs', 'cancel', 'terminate', 'pause', 'resume', 'retry'].map(
    (name): CommandCase => ({
      words: [name, 'exec_1', '--server', 'http://127.0.0.1:9'],
      code: 4,
      names: 'http://127.0.0.1:9',
    }),
  ),
];
