import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { diagnostics } from './diagnostic.ts';
import { badSpecs, badSteps, badTexts } from './testing/sample-bad-documents.ts';
import { badFlows, badSchemas } from './testing/sample-bad-flows.ts';

test('the reference page tells every diagnostic with its severity, in the order of the code', () => {
  const page = readFileSync(new URL('../../docs/reference/diagnostics.md', import.meta.url), 'utf8');
  const rows = [...page.matchAll(/^\| `([A-Z_]+)` \| (error|warning) \| .+ \|$/gm)].map(([, code, severity]) => [
    code,
    severity,
  ]);
  assert.deepEqual(rows, Object.entries(diagnostics));
});

test('every diagnostic is provoked by a test', () => {
  const elsewhere = [
    'DOCUMENT_TOO_LARGE',
    'DOCUMENT_TOO_DEEP',
    'LIMIT_EXCEEDED',
    'WORKFLOW_CYCLE',
    'TEST_MISMATCH',
    'WORKFLOW_UNKNOWN',
  ];
  const provoked = new Set([badTexts, badSpecs, badSteps, badFlows, badSchemas].flat().map(([code]) => code));
  assert.deepEqual(
    Object.keys(diagnostics).filter((code) => !provoked.has(code)),
    elsewhere,
  );
});
