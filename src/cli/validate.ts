import { type CliIo, type Command, UsageError } from './command.ts';
import { type DefinitionFile, isDefinition, readDefinitions } from './definition-files.ts';
import { isSet, readWords, textOf } from './read-words.ts';
import { type Format, formatFlags, formatOf, show } from './show.ts';
import { isTest } from './tested-files.ts';

interface Args {
  readonly paths: readonly string[];
  readonly folder: string | undefined;
  readonly strict: boolean;
  readonly format: Format;
}

/** Offline: no server is asked. */
export const validate: Command<Args> = {
  name: 'validate',
  summary: 'check workflow files and print every problem with its place',
  usage: 'validate FILE… | --workflows DIR',
  examples: [
    'validate workflow.yaml context.yaml',
    'validate --workflows ./workflows --strict',
    'validate -o json workflow.yaml',
    'validate - < workflow.yaml',
  ],
  flags: {
    workflows: { type: 'string', value: 'DIR', doc: 'check every definition below a folder' },
    strict: { type: 'boolean', doc: 'warnings count as errors' },
    ...formatFlags,
  },

  parse(argv) {
    const words = readWords(argv, validate.flags, { names: ['FILE'], min: 0, max: Number.POSITIVE_INFINITY });
    const folder = textOf(words, 'workflows');
    if (words.positionals.length === 0 && folder === undefined)
      throw new UsageError('validate needs a file, or --workflows DIR');
    return { paths: words.positionals, folder, strict: isSet(words, 'strict'), format: formatOf(words) };
  },

  async run({ paths, folder, strict, format }, io) {
    const { parseDocuments } = await import('../model/parse.ts');
    const files = [
      ...(await readDefinitions(paths, io)),
      ...(folder === undefined ? [] : await readFolder(folder, io)),
    ];
    const diagnostics = files.flatMap(({ path, text }) => parseDocuments(text, { file: path }).diagnostics);
    const errors = diagnostics.filter((problem) => strict || problem.severity === 'error').length;
    const summary = `${count(files.length, 'file')}: ${count(errors, 'error')}, ${count(diagnostics.length - errors, 'warning')}`;
    await show(diagnostics, {
      io,
      format,
      table: () => [
        ...diagnostics.map(
          ({ file, line, column, severity, code, message }) =>
            `${file}:${line}:${column}: ${strict ? 'error' : severity} ${code} ${message}`,
        ),
        summary,
      ],
    });
    return errors === 0 ? 0 : 3;
  },
};

async function readFolder(folder: string, io: CliIo): Promise<readonly DefinitionFile[]> {
  return (await readDefinitions([folder], io)).filter(({ text }) => isDefinition(text) || isTest(text));
}

const count = (amount: number, what: string): string => `${amount} ${what}${amount === 1 ? '' : 's'}`;
