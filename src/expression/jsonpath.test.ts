import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { describe, it, test } from 'node:test';
import { compileJsonPath, type JsonPath } from './jsonpath.ts';

interface Case {
  readonly name: string;
  readonly selector: string;
  readonly document?: unknown;
  readonly result?: unknown;
  readonly results?: readonly unknown[];
  readonly result_paths?: unknown;
  readonly results_paths?: readonly unknown[];
  readonly invalid_selector?: boolean;
}

/** The JSONPath compliance test suite (jsonpath-standard/jsonpath-compliance-test-suite). */
const suite = new URL('../../../shared/conformance/jsonpath-cts.json', import.meta.url);

function getPath(text: string): JsonPath {
  const compiled = compileJsonPath(text);
  assert.ok(compiled.ok, text);
  return compiled.value;
}

describe('RFC 9535', { skip: existsSync(suite) ? false : 'the compliance suite is not beside the repository' }, () => {
  const { tests } = existsSync(suite)
    ? (JSON.parse(readFileSync(suite, 'utf8')) as { tests: readonly Case[] })
    : { tests: [] };
  for (const example of tests) it(`${example.name}: ${JSON.stringify(example.selector)}`, () => check(example));
});

function check(example: Case): void {
  if (example.invalid_selector) {
    assert.equal(compileJsonPath(example.selector).ok, false, 'the selector should be refused');
    return;
  }
  const nodes = getPath(example.selector).selectNodes(example.document);
  // Members have no order, so some queries have several right answers.
  assertOneOf(
    nodes.map((node) => node.value),
    example.results ?? [example.result],
  );
  const paths = example.results_paths ?? (example.result_paths === undefined ? undefined : [example.result_paths]);
  if (paths)
    assertOneOf(
      nodes.map((node) => node.path),
      paths,
    );
}

function assertOneOf(actual: unknown, expected: readonly unknown[]): void {
  const text = JSON.stringify(actual);
  assert.ok(
    expected.some((candidate) => JSON.stringify(candidate) === text),
    `${text} is none of ${JSON.stringify(expected)}`,
  );
}

test('a name may hold hyphens without quotes', () => {
  assert.deepEqual(getPath('$.validate-user..user-id').select({ 'validate-user': { x: { 'user-id': 1 } } }), [1]);
  assert.equal(compileJsonPath('$.-a').ok, false);
  assert.equal(compileJsonPath('$.a-').ok, false);
});

test('a path by itself holds no expressions', () => {
  for (const text of ['$[$.index]', '$[1 + 1]', '$ ', 'a', '', '$.a == 1', '$[?@[$.a]]'])
    assert.equal(compileJsonPath(text).ok, false, text);
});

test('normalised paths escape what RFC 9535 says', () => {
  const [node] = getPath('$[*][-1]').selectNodes({ "it's\n\u0001\\": [7] });
  assert.deepEqual(node, { path: "$['it\\'s\\n\\u0001\\\\'][0]", value: 7 });
});

test('filters reach the root, and functions take what others give', () => {
  const document = {
    limit: 2,
    rows: [
      { v: 1, tags: ['a'] },
      { v: 3, tags: ['a', 'b'] },
    ],
  };
  assert.deepEqual(getPath('$.rows[?@.v > $.limit].v').select(document), [3]);
  assert.deepEqual(getPath('$.rows[?count(@.tags[*]) == length($.rows)].v').select(document), [3]);
  assert.deepEqual(getPath('$.rows[?length(value(@.tags[1:])) >= 1].v').select(document), [3]);
  assert.deepEqual(getPath('$.rows[?@.v <= "x"].v').select(document), []);
});

test('a pattern that is none matches nothing', () => {
  assert.deepEqual(getPath("$[?search(@, '(')]").select(['(']), []);
  assert.deepEqual(getPath("$[?match(@, '[.]\\\\.x.')]").select(['..xa', '..x\r', 'a.xa']), ['..xa']);
});
