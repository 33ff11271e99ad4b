import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Fault } from '../../kit/fault.ts';
import type { Diagnostic } from '../../model/diagnostic.ts';
import { call, makeEngine, type Node, textOf, workspace } from '../make-engine.ts';

const one = `steps:\n  - {name: a, ${call}}`;
const calling = (workflow: string, more = ''): string =>
  `steps:\n  - {name: s, type: workflow, workflow: ${workflow}${more}}`;
const deploy = (node: Node, text: string) => node.engine.versions.deploy(workspace, text);

async function refusal(promise: Promise<unknown>): Promise<readonly Diagnostic[]> {
  const error = await promise.then(
    () => assert.fail('it was deployed'),
    (thrown: unknown) => thrown,
  );
  assert.ok(Fault.is(error, 'DEFINITION_INVALID'), String(error));
  return (error.detail['errors'] as Diagnostic[]).filter(({ severity }) => severity === 'error');
}

describe('a deploy', () => {
  test('warns of a workflow or a version that is not there, at its place', async () => {
    const node = await makeEngine();
    await node.deploy(one, 'other');
    for (const [step, about] of [
      ['nowhere', /^nowhere is not deployed/],
      ['other, version: 9.9.9', /^version 9.9.9 of other is not/],
    ] as const) {
      const { diagnostics } = await deploy(node, textOf(calling(step), `flow-${about.source.length}`));
      assert.deepEqual(
        diagnostics.map(({ code, severity, pointer, line }) => [code, severity, pointer, line]),
        [['WORKFLOW_UNKNOWN', 'warning', '/spec/steps/0/workflow', 6]],
      );
      assert.match(diagnostics[0]?.message ?? '', about);
    }
    const found = await node.engine.versions.validate(workspace, textOf(calling('nowhere')));
    assert.deepEqual(
      found.map(({ code }) => code),
      ['WORKFLOW_UNKNOWN'],
    );
  });

  test('knows the workflows that stand in the same text', async () => {
    const node = await makeEngine();
    const { diagnostics } = await deploy(node, `${textOf(calling('other'))}---\n${textOf(one, 'other')}`);
    assert.deepEqual(diagnostics, []);
  });

  test('refuses a workflow that waits for itself, and names the way', async () => {
    const node = await makeEngine();
    const [own] = await refusal(deploy(node, textOf(calling('flow'))));
    assert.deepEqual([own?.code, own?.pointer], ['WORKFLOW_CYCLE', '/spec/steps/0/workflow']);
    await node.deploy(calling('flow'), 'b');
    const nested = `steps:\n  - {name: p, type: parallel, branches: [{name: x, steps: [{name: s, type: workflow, workflow: b}]}]}`;
    await node.deploy(nested, 'a');
    const [far] = await refusal(
      deploy(
        node,
        textOf(
          `steps:\n  - {name: c, type: condition, condition: $.input.x, then: [{name: t, type: transform, mapping: 1}], else: [{name: s, type: workflow, workflow: a}]}`,
        ),
      ),
    );
    assert.match(far?.message ?? '', /"flow" waits for itself \(flow → a → b → flow\)/);
    const both = `${textOf(calling('right'), 'left')}---\n${textOf(calling('left'), 'right')}`;
    assert.equal((await refusal(deploy(node, both))).length, 2);
  });

  test('lets a circle be where somebody does not wait, or another version is called', async () => {
    const node = await makeEngine();
    await node.deploy(calling('flow', ', mode: detached'));
    await node.deploy(one, 'flow', '1.5.0');
    await node.deploy(calling('flow', ', version: 1.5.0'), 'b');
    await node.deploy(calling('b'), 'flow', '2.0.0');
  });

  test('does not look into circles of others, and ends', async () => {
    const node = await makeEngine();
    await node.deploy(calling('y'), 'x');
    await node.deploy(one, 'y');
    await node.deploy(calling('x', ', mode: detached'), 'y', '2.0.0');
    await node.deploy(calling('x'));
  });
});

describe('an include', () => {
  const included = `includes: [{workflow: other, as: helper}]\n${calling('helper')}`;
  const called = async (node: Node): Promise<unknown> => {
    const id = await node.start();
    await node.clock.settle();
    return (await node.state(id)).steps.get('s')?.child?.version;
  };

  test('without a version stands for the one that is active at the deploy, and goes on doing so', async () => {
    const node = await makeEngine();
    await node.deploy(one, 'other');
    await node.deploy(included);
    await node.deploy(one, 'other', '2.0.0');
    assert.equal(await called(node), '1.0.0');
    assert.equal((await deploy(node, textOf(included))).result, 'present');
    assert.equal(await called(node), '1.0.0');
    await node.deploy(included, 'flow', '1.1.0');
    assert.equal(await called(node), '2.0.0');
  });

  test('keeps its version when the context comes later', async () => {
    const node = await makeEngine();
    await node.deploy(one, 'other');
    await node.deploy(included);
    await node.deploy(one, 'other', '2.0.0');
    const context =
      'apiVersion: magicflow.io/v2\nkind: WorkflowContext\nmetadata: {name: flow}\nspec: {input_schema: {type: object}}\n';
    const attaching = deploy(node, context);
    await Promise.race([attaching, node.clock.advance(10)]);
    assert.equal((await attaching).result, 'context');
    assert.equal(await called(node), '1.0.0');
  });

  test('of the same text takes the version that stands there', async () => {
    const node = await makeEngine();
    await deploy(node, `${textOf(included)}---\n${textOf(one, 'other', '3.0.0')}`);
    assert.equal(await called(node), '3.0.0');
  });

  test('of a workflow that is not there yet takes what is active when the step runs', async () => {
    const node = await makeEngine();
    assert.deepEqual(
      (await deploy(node, textOf(included))).diagnostics.map(({ code }) => code),
      ['WORKFLOW_UNKNOWN'],
    );
    await node.deploy(one, 'other', '1.2.0');
    assert.equal(await called(node), '1.2.0');
    assert.equal((await deploy(node, textOf(included))).result, 'present');
  });
});
