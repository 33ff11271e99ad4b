import assert from 'node:assert/strict';
import { test } from 'node:test';
import { workedMs } from '../../../test/support/cpu-time.ts';
import {
  decorationsMax,
  depthMax,
  documentsMax,
  nodesMax,
  scalarLengthMax,
  textBytesMax,
  tokensMax,
} from '../limits.ts';
import { findRefusal } from './guard.ts';
import { indexLines, placeInside } from './place.ts';
import { readSource } from './source.ts';
import { jsonOf, type ScalarNode } from './tree.ts';

const codes = (text: string): string[] => readSource(text).problems.map((problem) => problem.code);
const readValue = (text: string): unknown => {
  const { documents, problems } = readSource(text);
  assert.deepEqual(problems, []);
  const root = documents[0]?.root;
  return root && JSON.parse(JSON.stringify(jsonOf(root)));
};

/** A text whose size is `count`, and the one after it. */
const edges: readonly (readonly [name: string, max: number, make: (count: number) => string])[] = [
  ['bytes', textBytesMax, (count) => `# ${'é'.repeat(textBytesMax / 2 - 2)}${'x'.repeat(count - textBytesMax + 1)}\n`],
  ['levels in brackets', depthMax, (count) => '['.repeat(count) + ']'.repeat(count)],
  [
    'levels by indent',
    depthMax,
    (count) => Array.from({ length: count }, (_, level) => `${' '.repeat(level)}a:`).join('\n'),
  ],
  ['levels of lists', depthMax, (count) => `${'- '.repeat(count)}1`],
  ['nodes', nodesMax, (count) => '- a\n'.repeat(count)],
  ['pieces', tokensMax, (count) => `a\n${'\n'.repeat(count - 4)}`],
  ['documents', documentsMax, (count) => '---\na: 1\n'.repeat(count)],
  ['decorations', decorationsMax, (count) => '- &a 1\n'.repeat(count)],
  ['characters of a value', scalarLengthMax, (count) => `a: ${'x'.repeat(count)}`],
];

for (const [name, max, make] of edges) {
  test(`a text may have ${max} ${name}, not one more`, () => {
    assert.deepEqual(codes(make(max)), []);
    assert.equal(readSource(make(max + 1)).problems.length, 1);
    assert.match(codes(make(max + 1))[0] ?? '', /^DOCUMENT_TOO_(LARGE|DEEP)$/);
  });
}

test('lists at the column of their keys are measured exactly', () => {
  const nested = (levels: number): string => {
    const lines = Array.from(
      { length: levels / 2 },
      (_, level) => `${'  '.repeat(level)}${level === 0 ? '' : ''}a:\n${'  '.repeat(level)}-`,
    );
    return `${lines.join('\n')} b`;
  };
  assert.deepEqual(codes(nested(depthMax)), []);
  assert.ok(
    codes(nested(depthMax + 2)).every((code) => code === 'DOCUMENT_TOO_DEEP') && codes(nested(depthMax + 2)).length > 0,
  );
});

test('hostile texts of a megabyte are refused in well under a quarter of a second', () => {
  const pieces = [
    '[',
    '{',
    '- ',
    '? ',
    '\n',
    '#\n',
    '---\n',
    ' ',
    '"',
    "'",
    ': ',
    ':',
    'a: ',
    'a:\n',
    '&a ',
    '!a ',
    '!',
    '*a ',
    ',',
    '|\n',
    'a: |\n b\n',
    'a',
    'a\n',
    '%a\n',
    '{a: ',
    '- a\n',
    'a,',
    '\r',
    '...\n',
    '-\n',
    '"a" ',
    "'a'",
    '\\',
    '\u00e9',
  ];
  const texts = [
    ...pieces.map((piece) => piece.repeat(Math.floor(textBytesMax / piece.length / 2))),
    `"${'\\'.repeat(textBytesMax - 2)}`,
    `[${'a,'.repeat(textBytesMax / 2 - 2)}]`,
  ];
  readSource('a: 1');
  for (const text of texts) {
    const start = workedMs();
    readSource(text);
    assert.ok(workedMs() - start < 1_000, JSON.stringify(text.slice(0, 10)));
  }
});

test('two values side by side are refused before the parser tries, block scalars are not taken for it', () => {
  assert.equal(findRefusal('a: "b""c"')?.code, 'YAML_INVALID');
  assert.equal(findRefusal('a: |\n  b\nc: |\n  d\n'), undefined);
  assert.deepEqual(readValue('a: |\n  b\nc: >-\n  d\n  e\nf: "g"\n'), { a: 'b\n', c: 'd e', f: 'g' });
});

test('one mistake is told once, and a glance at the beginning sees only that', () => {
  assert.deepEqual(codes('a: b\n c: d\n'), ['YAML_INVALID']);
  const late = `${'a: 1\n'.repeat(100)}b: ${'['.repeat(depthMax + 1)}`;
  assert.equal(findRefusal(late)?.code, 'DOCUMENT_TOO_DEEP');
  assert.equal(findRefusal(late, 100), undefined);
  assert.equal(findRefusal('['.repeat(1_000), 100)?.code, 'DOCUMENT_TOO_DEEP');
});

test('the core schema is read, nothing older', () => {
  assert.deepEqual(
    readValue('{a: yes, b: true, c: 0o17, d: 0x1F, e: 1.5, f: ~, g: 012, h: 2024-01-01, 1: x, true: y, k: !!str 5}'),
    {
      a: 'yes',
      b: true,
      c: 15,
      d: 31,
      e: 1.5,
      f: null,
      g: 12,
      h: '2024-01-01',
      1: 'x',
      true: 'y',
      k: '5',
    },
  );
});

test('an empty value is null, at the place of its key', () => {
  const { documents } = readSource('a:\nb: 1\n');
  const root = documents[0]?.root;
  assert.ok(root?.kind === 'map');
  assert.deepEqual(
    root.entries.map((entry) => [entry.key, entry.keyStart, entry.value.start]),
    [
      ['a', 0, 2],
      ['b', 3, 6],
    ],
  );
});

test('each document keeps its own part of the text, comments included', () => {
  const text = '# one\na: 1\n---\n# two\nb: 2\n# end\n';
  const { documents } = readSource(text);
  assert.equal(documents.map((document) => document.text).join(''), text);
  assert.match(documents[1]?.text ?? '', /two[\s\S]*end/);
});

test('a byte order mark and carriage returns do not move places', () => {
  assert.deepEqual(readValue('\ufeffa: 1\r\nb: [2]\r\n'), { a: 1, b: [2] });
});

test('places inside values lead back to the text', () => {
  const rows: readonly (readonly [text: string, mark: string])[] = [
    ['a: $.input.x == y', 'y'],
    ['a: "b \\" c \\u0041 $.X"', 'X'],
    ["a: 'it''s $.X'", 'X'],
    ['a: |\n    one\n    two X\n', 'X'],
    ['a: |2\n   one X\n', 'X'],
  ];
  for (const [text, mark] of rows) {
    const root = readSource(text).documents[0]?.root;
    const node = root?.kind === 'map' ? (root.entries[0]?.value as ScalarNode) : undefined;
    assert.ok(node);
    assert.equal(placeInside(text, node, String(node.value).lastIndexOf(mark)), text.lastIndexOf(mark), text);
  }
});

test('a folded value answers its start', () => {
  const text = 'a: >\n  one\n  two\n';
  const root = readSource(text).documents[0]?.root;
  const node = root?.kind === 'map' ? (root.entries[0]?.value as ScalarNode) : undefined;
  assert.ok(node);
  assert.equal(placeInside(text, node, 5), node.start);
});

test('lines and columns count from one', () => {
  const placeAt = indexLines('ab\n\ncd');
  assert.deepEqual([0, 1, 3, 4, 5].map(placeAt), [
    { line: 1, column: 1 },
    { line: 1, column: 2 },
    { line: 2, column: 1 },
    { line: 3, column: 1 },
    { line: 3, column: 2 },
  ]);
});
