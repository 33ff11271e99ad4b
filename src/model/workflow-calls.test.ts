import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseDocuments } from './parse.ts';
import { withSteps } from './testing/sample-bad-documents.ts';

const workflowOf = (text: string) => {
  const { workflows, diagnostics } = parseDocuments(text, { file: 'f.yaml' });
  assert.deepEqual(diagnostics, []);
  return workflows[0];
};
const firstStep = (text: string) => workflowOf(text)?.definition?.steps.steps[0];

test('a step that calls a workflow keeps what differs from the usual', () => {
  const usual = { name: 'a', handler: false, type: 'workflow', workflow: 'other' };
  assert.deepEqual(
    firstStep(withSteps('- {name: a, type: workflow, workflow: other, mode: wait, on_parent_cancel: cancel}')),
    usual,
  );
  assert.deepEqual(
    firstStep(
      withSteps(
        '- {name: a, type: workflow, workflow: other, version: v1.2.0, mode: detached, on_parent_cancel: abandon}',
      ),
    ),
    { ...usual, version: '1.2.0', mode: 'detached', onParentCancel: 'abandon' },
  );
});

test('it has no retries but its own: the steps of the other workflow have theirs', () => {
  const spec = 'retry_policy: {max_attempts: 3}\nsteps:\n  - {name: a, type: workflow, workflow: other}\n';
  const header = 'apiVersion: magicflow.io/v2\nkind: Workflow\nmetadata: {name: w, version: 1.0.0}\nspec:\n  ';
  const step = firstStep(header + spec.replaceAll('\n', '\n  '));
  assert.equal(step?.retry, undefined);
});

test('calls are told with their place, aliases resolved', () => {
  const steps =
    '- {name: x, type: workflow, workflow: short}\n- {name: y, type: workflow, workflow: plain, mode: detached}';
  const includes = 'includes: [{workflow: real, version: v2.0.0, as: short}, {workflow: plain}]';
  const text = withSteps(steps).replace('spec:\n', `spec:\n  ${includes}\n`);
  const workflow = workflowOf(text);
  assert.deepEqual(workflow?.definition?.includes, {
    short: { workflow: 'real', version: '2.0.0' },
    plain: { workflow: 'plain' },
  });
  assert.deepEqual(
    workflow?.calls.map(({ at: { file, pointer }, ...call }) => ({ ...call, file, pointer })),
    [
      { workflow: 'real', version: '2.0.0', isDetached: false, file: 'f.yaml', pointer: '/spec/steps/0/workflow' },
      { workflow: 'plain', version: undefined, isDetached: true, file: 'f.yaml', pointer: '/spec/steps/1/workflow' },
    ],
  );
});

test('a step that calls an include leaves the version to it', () => {
  const text = withSteps('- {name: x, type: workflow, workflow: short, version: 1.0.0}').replace(
    'spec:\n',
    'spec:\n  includes: [{workflow: real, as: short}]\n',
  );
  const { diagnostics } = parseDocuments(text);
  assert.deepEqual(
    diagnostics.map(({ code, pointer }) => [code, pointer]),
    [['FIELD_CONFLICT', '/spec/steps/0/workflow']],
  );
});
