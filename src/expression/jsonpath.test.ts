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
  assert.ok(compiled.ok, compiled.ok ? '' : compiled.problems[0]?.message);
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
