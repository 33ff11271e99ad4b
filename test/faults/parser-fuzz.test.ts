/**
 * Every parser that reads what others wrote, given what nobody would write: an answer or the error it promises, with a
 * place inside the text, and never longer than a moment. Each day has texts of its own; a failure names its seed, and
 * `MAGICFLOW_FUZZ_SEED` plays it again.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { parseJson } from '../../src/api/body.ts';
import { decodeExecutionCursor, decodeOffset, encodeExecutionCursor, encodeOffset } from '../../src/api/cursor.ts';
import { checkConfig } from '../../src/app/config-file.ts';
import { parseTaskId, taskIdOf } from '../../src/engine/tasks/task-id.ts';
import { compileExpression, compileTemplate } from '../../src/expression/compile.ts';
import { type Compiled, ExpressionFault } from '../../src/expression/expression.ts';
import { functionNames } from '../../src/expression/functions/table.ts';
import { compileJsonPath } from '../../src/expression/jsonpath.ts';
import { makeScope } from '../../src/expression/make-scope.ts';
import { durationMaxMs, parseDuration } from '../../src/kit/duration.ts';
import { Fault, type FaultCode } from '../../src/kit/fault.ts';
import { parseDocuments } from '../../src/model/parse.ts';
import { badSpecs, badSteps, withSpec, withStep } from '../../src/model/testing/sample-bad-documents.ts';
import { type Fuzzed, fuzz } from '../support/fuzz.ts';

const cases = process.env['MAGICFLOW_QUICK'] === '1' ? 2_000 : 50_000;
const seed = Number(process.env['MAGICFLOW_FUZZ_SEED'] ?? Math.floor(Date.now() / 86_400_000));
/** What all but one in a thousand must keep. */
const p999MaxMs = 50;

const read = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8');
const words = (text: string): string[] => text.split(' ');

/** The value, or undefined where the parser refused by the fault it promises. */
function unless<T>(code: FaultCode, parse: () => T): T | undefined {
  try {
    return parse();
  } catch (error) {
    if (Fault.is(error, code)) return undefined;
    throw error;
  }
}

/** Runs what compiled, and looks at where the problems are said to be where it did not. */
function checkCompiled<T>(text: string, compiled: Compiled<T>, run: (value: T) => unknown): void {
  if (!compiled.ok) {
    assert.ok(compiled.problems.length > 0);
    for (const { message, offset, length } of compiled.problems) {
      assert.ok(message !== '' && offset >= 0 && length >= 0 && offset + length <= text.length, message);
    }
    return;
  }
  try {
    assert.notEqual(run(compiled.value), undefined);
  } catch (error) {
    if (!(error instanceof ExpressionFault)) throw error;
  }
}

function checkPlaces(text: string, problems: readonly { line?: number; column?: number; message: string }[]): void {
  const lines = text.split('\n').length;
  for (const { line = 1, column = 1, message } of problems) {
    assert.ok(line >= 1 && line <= lines && column >= 1 && message !== '', `${line}:${column}: ${message}`);
  }
}

const value = { a: { a: 1, b: [1, 2, { a: 'x' }] }, 'x-y': [], t: 'text', n: null };
const paths = words(
  '$ $.a $.a.b $.a.b[0] $..a $.* $[*] $.a.b[?@.a=="x"] $[0:2:1] $["x-y"] $.x-y $[?@.a&&!@.b] $.a[-1]',
);
const pathPieces = words(
  '$ $. . .. [ ] [* [? @ @. a b x-y 0 1 -1 : , \' " ( ) == != < && || ! length( match( value( count( \\u0041',
);

const parsers: readonly Fuzzed[] = [
  {
    name: 'definitions',
    corpus: [
      ...badSpecs.map(([, , text]) => withSpec(text.replace('«', ''))),
      ...badSteps.map(([, , text]) => withStep(text.replace('«', ''))),
      withStep('retry_config: {max_attempts: 3, backoff: linear, jitter: true}\non_failure: end'),
    ],
    pieces: [
      ...[
        '\n',
        '\n  ',
        '\n    ',
        '- ',
        ': ',
        ', ',
        '[',
        ']',
        '{',
        '}',
        '|\n',
        '>\n',
        '&a ',
        '*a',
        '!!str ',
        '#',
        '---\n',
      ],
      ...words(
        'spec: steps: name: type: function wait end input: timeout: when: $.input.a ${x} null true 1 1s retry_config:',
      ),
      ...words(
        'apiVersion: kind: Workflow WorkflowContext metadata: parallel branches: condition cases: <<: ? % @ depends_on:',
      ),
    ],
    check(text) {
      const { workflows, diagnostics } = parseDocuments(text);
      checkPlaces(text, diagnostics);
      const hasErrors = diagnostics.some(({ severity }) => severity === 'error');
      for (const workflow of workflows) assert.ok(hasErrors || workflow.definition !== undefined);
    },
  },
  {
    name: 'expressions',
    corpus: [
      ...paths,
      ...words('1 -2.5 "text" null true [] {} now() 1e9 $.a??1 !$.n $.a.b[0]+1*2'),
      ...[
        '$.a == 1 && $.t != "x"',
        '$.n ? [1, {k: $.t}] : map($.a.b, x => x)',
        '"a" in $.a',
        'sum(range(1, 9)) % 2 >= 1',
      ],
      ...[
        'filter($.a.b, (x, i) => i < 2)',
        '${join(split($.t, "e"), "-")}',
        'matches($.t, "(a+)+$")',
        '$.a[$.t] ?? $["x-y"]',
      ],
    ],
    pieces: [
      ...pathPieces,
      ...functionNames.map((name) => `${name}(`),
      ...words('=> ?? ? : + - * / % in x ${ } {'),
      ' ',
    ],
    check(text) {
      checkCompiled(text, compileExpression(text), (expression) => expression.evaluate(makeScope(value)));
      checkCompiled(text, compileTemplate(text), (template) => template.fill(makeScope(value)));
    },
  },
  {
    name: 'JSONPath',
    corpus: paths,
    pieces: pathPieces,
    check: (text) => checkCompiled(text, compileJsonPath(text), (path) => path.selectNodes(value)),
  },
  {
    name: 'durations',
    corpus: words('500ms 15s 10m 24h 7d 1w 1h30m 0s 1.5h PT15S P1DT2H P2W PT1H2M3.5S P1D'),
    pieces: words('ms s m h d w P T D H M S W 0 1 59 1.5 . - + e9 999999999999 00'),
    check(text) {
      const parsed = parseDuration(text);
      assert.ok(parsed === undefined || (Number.isInteger(parsed) && parsed >= 0 && parsed <= durationMaxMs));
    },
  },
  {
    name: 'cursors',
    corpus: [
      encodeExecutionCursor({ createdAt: 1_750_000_000_000, executionId: `exec_${'0'.repeat(26)}` }),
      ...[0, 1, 100_000].map(encodeOffset),
      ...['[]', '{}', '[1,2]', '[null,"a"]', '[1e400]', '["a",1]', '5'].map((text) =>
        Buffer.from(text).toString('base64url'),
      ),
    ],
    pieces: words('W 1 M TAw ICJleGVj Im XQ = == - _ + / e30 W10'),
    check(text) {
      const cursor = unless('CURSOR_INVALID', () => decodeExecutionCursor(text));
      if (cursor) assert.deepEqual(decodeExecutionCursor(encodeExecutionCursor(cursor)), cursor);
      const offset = unless('CURSOR_INVALID', () => decodeOffset(text, 100_000));
      assert.ok(offset === undefined || (Number.isInteger(offset) && offset >= 0 && offset <= 100_000));
    },
  },
  {
    name: 'configuration',
    corpus: [
      read('../support/seed/config/server.yaml'),
      ...['magicflow', 'server', 'executor', 'metrics'].flatMap((name) =>
        read(`../support/seed/config/${name}.yaml`).split(/\n(?=\w)/),
      ),
      'server: { port: 8080, rate_limit: { requests: 5, per: 1m } }\nlimits: { running: ${N:-5} }\n',
    ],
    pieces: [
      ...['\n', '\n  ', '- ', ': ', ', ', '[', ']', '{', '}', '"', '#', '---\n'],
      ...words(
        'server: port: 8080 database: url: sqlite:./data postgres:// ${A} ${A:-b} ${ true 10s 512mb null executor: metrics:',
      ),
    ],
    check: (text) => checkPlaces(text, checkConfig(text, 'file', { A: 'a' }).problems),
  },
  {
    name: 'task ids',
    corpus: ['exec_1/a#1/1', 'exec_01j0000000000000000000000/p.one.a#3/2', 'exec_1/process[3].reserve#12/5'],
    pieces: words('exec_ / # . a [0] 1 9 //'),
    check(text) {
      const parsed = parseTaskId(text);
      if (!parsed) return;
      assert.equal(taskIdOf(parsed.executionId, parsed.id), text);
      assert.ok(parsed.visit >= 0 && parsed.attempt >= 0);
    },
  },
  {
    name: 'JSON bodies',
    corpus: [
      '{"input":{"a":[1,2.5e3,"x\\u0041"],"b":null},"options":{"version":"1.0.0"}}',
      '[true,false]',
      '"text"',
      '-1',
    ],
    pieces: words('{ } [ ] " : , \\ \\u0041 \\ud800 1 -1 1e400 true null "a": 0'),
    check(text) {
      const parsed = unless('BODY_INVALID', () => parseJson(Buffer.from(text)));
      if (parsed !== undefined) assert.deepEqual(parsed, JSON.parse(text.replace(/^\ufeff/, '').toWellFormed()));
    },
  },
];

for (const parser of parsers) {
  test(`${cases.toLocaleString('en')} texts for ${parser.name} are read or refused as promised, in a moment each`, (t) => {
    const { p999Ms, slowestMs, totalMs } = fuzz(parser, cases, seed);
    const times = `p99.9 ${p999Ms.toFixed(2)} ms, slowest ${slowestMs.toFixed(1)} ms, all ${(totalMs / 1_000).toFixed(1)} s`;
    t.diagnostic(`seed ${seed}: ${times}`);
    assert.ok(p999Ms <= p999MaxMs, `one in a thousand takes ${p999Ms} ms or more`);
  });
}

test('a parser that throws what it did not promise is found, and its text named', () => {
  const careless: Fuzzed = { ...(parsers[3] as Fuzzed), check: (text) => assert.ok(!text.includes('\0'), 'NUL') };
  assert.throws(() => fuzz(careless, 5_000, 1), /durations, case \d+ of seed 1: ".*\\u0000/);
});
