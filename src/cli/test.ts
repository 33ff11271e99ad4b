import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { SuiteResult } from '../testing/suite.ts';
import { type CliIo, type Command, type ExitCode, UsageError } from './command.ts';
import { type Connection, connectionFlags, connectionOf } from './connection.ts';
import { errorLines } from './error-lines.ts';
import { choiceOf, isSet, numberOf, readWords, textOf, type Words } from './read-words.ts';
import { printable } from './show.ts';
import { readTested } from './tested-files.ts';

type ReportFormat = 'text' | 'json' | 'junit';

interface Args {
  readonly paths: readonly string[];
  readonly filter: string | undefined;
  readonly format: ReportFormat;
  readonly output: string | undefined;
  /** An execution of a server. */
  readonly record: string | undefined;
  readonly connection: Connection;
  readonly failEachStep: boolean;
  readonly isWatching: boolean;
  /** In percent. */
  readonly minCoverage: number | undefined;
}

/** Offline but for `--record`: no server is asked, and no step reaches what is outside. */
export const test: Command<Args> = {
  name: 'test',
  summary: 'run the tests of workflows: virtual time, mocks, coverage',
  usage: 'test [FILE|FOLDER…] | test --record EXECUTION',
  examples: [
    'test',
    'test examples/order-processing --filter refund',
    'test --record exec_01j… --output refund.test.yaml',
    'test --output report.xml --format junit --min-coverage 80',
  ],
  flags: {
    filter: { type: 'string', value: 'TEXT', doc: 'only cases whose name, or whose test, holds this' },
    output: {
      type: 'string',
      value: 'FILE',
      doc: 'write the report to a file; the lines for people are still printed',
    },
    format: {
      type: 'string',
      short: 'o',
      value: 'text|json|junit',
      doc: 'how to report (default: text, or as the name of the file ends)',
    },
    'fail-each-step': {
      type: 'boolean',
      doc: 'let every mocked step of every passing case fail, and show how the workflow ends',
    },
    watch: { type: 'boolean', doc: 'run again whenever a file changes' },
    record: { type: 'string', value: 'EXECUTION', doc: 'make a test of a real execution instead' },
    'min-coverage': { type: 'string', value: 'N', doc: 'fail below this share of steps and branches, in percent' },
    ...connectionFlags,
  },

  parse(argv) {
    const words = readWords(argv, test.flags, { names: ['FILE'], min: 0, max: Number.POSITIVE_INFINITY });
    refuseBoth(words);
    return {
      paths: words.positionals.length === 0 ? ['.'] : words.positionals,
      filter: textOf(words, 'filter'),
      format: reportFormatOf(words),
      output: textOf(words, 'output'),
      record: textOf(words, 'record'),
      connection: connectionOf(words),
      failEachStep: isSet(words, 'fail-each-step'),
      isWatching: isSet(words, 'watch'),
      minCoverage: numberOf(words, 'min-coverage', { min: 0, max: 100 }),
    };
  },

  async run(args, io) {
    if (args.record !== undefined)
      return (await import('./record-test.ts')).recordExecution({ ...args, executionId: args.record }, io);
    if (!args.isWatching) return runOnce(args, io);
    const { foldersOf, watchTests } = await import('./watch-tests.ts');
    const { files } = await readTested(args.paths, io);
    const folders = foldersOf(files.map(({ path }) => path));
    const told = (error: unknown): void => errorLines(error).forEach((line) => void io.err(`magicflow: ${line}`));
    return watchTests({ folders, run: () => runOnce(args, io), told }, io);
  },
};
async function runOnce(args: Args, io: CliIo): Promise<ExitCode> {
  const { files, meant } = await readTested(args.paths, io);
  const { runSuite } = await import('../testing/suite.ts');
  const live = args.format === 'text' || args.output !== undefined ? await livePrinter(io) : undefined;
  const result = await runSuite(files, {
    meant,
    failEachStep: args.failEachStep,
    ...(args.filter === undefined ? {} : { filter: args.filter }),
    ...(live === undefined ? {} : { onCase: live.onCase }),
  });
  refuseNothing(result, args);
  live?.end(result);
  if (args.output !== undefined || args.format !== 'text') await report(result, args, io);
  return exitCodeOf(result, args, io);
}

/** A recording runs no files, and what is about a run means nothing to it. */
function refuseBoth(words: Words): void {
  if (textOf(words, 'record') === undefined) return;
  const [file] = words.positionals;
  if (file !== undefined) throw new UsageError(`--record runs no files: "${file}" is one word too many`);
  const other = ['filter', 'format', 'fail-each-step', 'min-coverage', 'watch'].find(
    (name) => words.values[name] !== undefined,
  );
  if (other !== undefined) throw new UsageError(`--record makes a test and runs none: --${other} means nothing to it`);
}

function reportFormatOf(words: Words): ReportFormat {
  const named = choiceOf(words, 'format', ['text', 'json', 'junit']);
  const output = textOf(words, 'output') ?? '';
  return named ?? (output.endsWith('.xml') ? 'junit' : output.endsWith('.json') ? 'json' : 'text');
}

/** Cases as they come, so that a long run shows where it is. */
async function livePrinter(io: CliIo) {
  const { caseLines, coloured, drillLines, plain, problemLine, summaryLines, testLine } = await import(
    '../testing/report/text-report.ts'
  );
  const paint = io.isTerminal ? coloured : plain;
  let shown = '';
  return {
    onCase(result: SuiteResult['cases'][number]): void {
      const key = `${result.file}\n${result.test}`;
      if (key !== shown) for (const line of [...(shown === '' ? [] : ['']), testLine(result, paint)]) io.out(line);
      shown = key;
      for (const line of caseLines(result, paint)) io.out(line);
    },
    end(result: SuiteResult): void {
      for (const problem of result.problems) io.err(printable(problemLine(problem)));
      for (const line of [...drillLines(result.drills, paint), ...summaryLines(result, paint)]) io.out(line);
    },
  };
}

/** Nothing found is a mistake of whoever asked: a run of no case would pass for ever. */
function refuseNothing({ cases, problems }: SuiteResult, { paths, filter }: Args): void {
  if (cases.length + problems.length > 0) return;
  const where = paths.join(', ');
  throw new UsageError(
    filter === undefined
      ? `no file of ${where} holds a document of kind WorkflowTest`
      : `no case of the tests in ${where} holds "${filter}" in its name`,
  );
}

async function report(result: SuiteResult, { format, output }: Args, io: CliIo): Promise<void> {
  const text = await reportText(result, format);
  if (output === undefined) io.out(text.trimEnd());
  else await writeFile(resolve(io.directory, output), text);
}

async function reportText(result: SuiteResult, format: ReportFormat): Promise<string> {
  switch (format) {
    case 'json':
      return (await import('../testing/report/json-report.ts')).jsonReport(result);
    case 'junit':
      return (await import('../testing/report/junit-report.ts')).junitReport(result);
    case 'text':
      return `${(await import('../testing/report/text-report.ts')).textReport(result).join('\n')}\n`;
  }
}

function exitCodeOf({ cases, problems, drills, coverage }: SuiteResult, { minCoverage }: Args, io: CliIo): ExitCode {
  const { steps, branches } = coverage;
  const total = steps.total + branches.total;
  const share = total === 0 ? 100 : ((steps.covered + branches.covered) / total) * 100;
  const isThin = minCoverage !== undefined && share < minCoverage;
  if (isThin)
    io.err(
      `magicflow: steps and branches are covered by ${share.toFixed(1)} %, --min-coverage asks for ${minCoverage} %`,
    );
  if (problems.length > 0) return 3;
  const isFlawed = drills.some(({ flaw }) => flaw !== undefined);
  return isThin || isFlawed || cases.some(({ failures }) => failures.length > 0) ? 1 : 0;
}
