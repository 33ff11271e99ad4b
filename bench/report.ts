/**
 * `node bench/report.ts [FILE]…`: results as Markdown tables, for `docs/performance.md`. Without files: the newest of each
 * kind in `bench/results/`. With `--write` the tables replace what stands between the marks of that page.
 */
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { isMet, type Summary } from './measure.ts';
import { formatFigure, machineLine, type Results, readResults, resultsFolder } from './support/results.ts';

const page = new URL('../docs/performance.md', import.meta.url).pathname;
const marks = ['<!-- figures: made by `node bench/report.ts --write` -->', '<!-- end of figures -->'] as const;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { write: { type: 'boolean', default: false } },
});
const paths = positionals.length > 0 ? positionals : ['bench', 'peers'].flatMap(newest);
if (paths.length === 0) throw new Error('there are no results yet: run npm run bench');
const text = paths.map((path) => section(readResults(path))).join('\n\n');
if (values.write) writeBetweenMarks(text);
else console.log(text);

function newest(kind: string): readonly string[] {
  return globSync(`${resultsFolder}*-${kind}.json`).sort().slice(-1);
}

function section(results: Results): string {
  const title = results.kind === 'peers' ? 'Beside others' : 'By itself';
  const lines = [`### ${title}, ${results.at.slice(0, 10)}`, '', `${machineLine(results)}.`, ''];
  lines.push('| what | median | rounds | bar |', '|---|---:|---|---:|');
  for (const figure of results.figures) lines.push(row(figure));
  for (const reason of results.absent ?? []) lines.push('', `Not run: ${reason}`);
  return lines.join('\n');
}

function row(figure: Summary): string {
  const { title, unit, bar } = figure;
  const spread = figure.rounds.map((value) => formatFigure({ value, unit })).join(', ');
  const goal = bar === undefined ? '' : `${formatFigure({ value: bar, unit })}${isMet(figure) ? '' : ' (missed)'}`;
  return `| ${title} | ${formatFigure(figure)} | ${figure.rounds.length > 1 ? spread : ''} | ${goal} |`;
}

function writeBetweenMarks(tables: string): void {
  const [before, rest = ''] = readFileSync(page, 'utf8').split(marks[0]);
  const after = rest.split(marks[1])[1];
  if (before === undefined || after === undefined) throw new Error(`${page} has lost its marks`);
  writeFileSync(page, `${before}${marks[0]}\n\n${tables}\n\n${marks[1]}${after}`);
}
