import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Fault, type FaultCode } from '../../kit/fault.ts';
import type { Deployed, DeployOptions } from '../engine.ts';
import { call, makeEngine, type Node, textOf, workspace } from '../make-engine.ts';
import { parseBeside } from './parse-beside.ts';

const one = `steps:\n  - {name: a, ${call}}`;
const contextText = (type: string, name = 'flow-context'): string =>
  `apiVersion: workflow.magic-flow.io/v2\nkind: WorkflowContext\nmetadata: {name: ${name}}\nspec:\n  input_schema: {type: object, properties: {n: {type: ${type}}}}\n`;
/** A context that attaches waits until the starts before it are durable. */
async function deploy(node: Node, text: string, options?: DeployOptions): Promise<Deployed> {
  const deploying = node.engine.versions.deploy(workspace, text, options);
  await Promise.allSettled([Promise.race([deploying, node.clock.advance(1)])]);
  return deploying;
}
const rejects = (promise: Promise<unknown>, code: FaultCode): Promise<void> =>
  assert.rejects(promise, (error) => {
    assert.ok(Fault.is(error, code), String(error));
    return true;
  });

describe('deploying', () => {
  test('a test beside a workflow is checked and left out, and one alone is told where it runs', async () => {
    const node = await makeEngine();
    const tests =
      'apiVersion: magicflow.io/v2\nkind: WorkflowTest\nmetadata: {name: t}\nspec: {workflow: flow, cases: [{name: a, expect: {}}]}\n';
    assert.equal((await deploy(node, `${textOf(one)}---\n${tests}`)).name, 'flow');
    await rejects(deploy(node, `${textOf(one)}---\n${tests.replace('expect', 'expct')}`), 'DEFINITION_INVALID');
    await assert.rejects(deploy(node, tests), /tests stay beside their workflow, "magicflow test" runs them/);
  });

  test('adds a version, makes it active, and is the same again with the same content', async () => {
    const node = await makeEngine();
    const first = await deploy(node, textOf(one));
    assert.deepEqual([first.result, first.version?.version, first.version?.active], ['added', '1.0.0', true]);
    const again = await deploy(node, textOf(one, 'flow', 'v1.0.0'));
    assert.deepEqual([again.result, again.version?.hash], ['present', first.version?.hash]);
    await deploy(node, textOf(one, 'flow', '1.1.0'));
    assert.equal((await node.engine.versions.get(workspace, 'flow')).version, '1.1.0');
  });

  test('other content under the same version is refused: raise the version', async () => {
    const node = await makeEngine();
    await deploy(node, textOf(one));
    await assert.rejects(deploy(node, textOf(`${one}\n  - {name: b, ${call}}`)), (error) => {
      assert.ok(Fault.is(error, 'VERSION_CONFLICT'));
      assert.match(error.message, /raise the version/);
      return true;
    });
  });

  test('of a text with errors is refused with all diagnostics, and strict with warnings too', async () => {
    const node = await makeEngine();
    const wrong = textOf(`steps:\n  - {name: a, type: nonsense}\n  - {name: a, ${call}, unknown: 1}`);
    await assert.rejects(deploy(node, wrong), (error) => {
      assert.ok(Fault.is(error, 'DEFINITION_INVALID'));
      assert.match(error.message, /^line 6, column \d+, at \/spec\/steps\/0\/type: .* \(and \d more\)$/);
      assert.ok((error.detail['errors'] as unknown[]).length >= 2);
      return true;
    });
    const warned = textOf(`steps:\n  - {name: a, ${call}, on_failure: nowhere}`);
    await rejects(deploy(node, warned, { strict: true }), 'DEFINITION_INVALID');
    assert.deepEqual(
      (await deploy(node, warned)).diagnostics.map((each) => each.code),
      ['STEP_UNDEFINED'],
    );
    await rejects(deploy(node, ''), 'DEFINITION_INVALID');
  });

  test('validating finds the same problems and changes nothing', async () => {
    const node = await makeEngine();
    const found = await node.engine.versions.validate(
      workspace,
      textOf(`steps:\n  - {name: a, ${call}, on_failure: nowhere}`),
    );
    assert.equal(found.length, 1);
    await rejects(node.engine.versions.get(workspace, 'flow'), 'WORKFLOW_NOT_FOUND');
  });
});

describe('what a deploy tells of its version', () => {
  const told = { description: 'says hello', metadata: { commit: 'f00d' } };
  const stored = async (node: Node) => {
    const { description, metadata } = await node.engine.versions.get(workspace, 'flow');
    return { description, metadata };
  };

  test('is kept with it, the description in place of the one in the text', async () => {
    const node = await makeEngine();
    await deploy(node, textOf(one).replace('name: flow,', 'name: flow, description: of the text,'));
    assert.deepEqual(await stored(node), { description: 'of the text', metadata: {} });
    await deploy(node, textOf(one, 'flow', '1.1.0').replace('name: flow,', 'name: flow, description: old,'), told);
    assert.deepEqual(await stored(node), told);
  });

  test('is no part of its content: the same text is the same version, and what the first deploy told stays', async () => {
    const node = await makeEngine();
    await deploy(node, textOf(one), told);
    const again = await deploy(node, textOf(one), { description: 'other', metadata: { commit: 'beef' } });
    assert.equal(again.result, 'present');
    assert.deepEqual(await stored(node), told);
  });

  test('stays when a context is attached later', async () => {
    const node = await makeEngine();
    await deploy(node, textOf(one), told);
    const { version } = await deploy(node, contextText('number'));
    assert.ok(version?.definition.includes('inputSchema'));
    assert.deepEqual(await stored(node), told);
  });
});

describe('a context', () => {
  const hasSchema = async (node: Node): Promise<boolean> => {
    const { definition } = await node.engine.versions.get(workspace, 'flow');
    return definition.includes('inputSchema');
  };

  test('in the same text or beside it belongs to its workflow', async () => {
    for (const options of [{}, { context: contextText('number', 'flow') }]) {
      const node = await makeEngine();
      const text = 'context' in options ? textOf(one) : `${textOf(one)}---\n${contextText('number')}`;
      await deploy(node, text, options);
      assert.equal(await hasSchema(node), true);
    }
  });

  test('sent first waits for its workflow', async () => {
    const node = await makeEngine();
    const sent = await deploy(node, contextText('number'));
    assert.deepEqual([sent.result, sent.version, sent.name], ['context', undefined, 'flow']);
    await deploy(node, textOf(one));
    assert.equal(await hasSchema(node), true);
  });

  test('sent afterwards attaches to the latest version, once', async () => {
    const node = await makeEngine();
    await deploy(node, textOf(one));
    const sent = await deploy(node, contextText('number'));
    assert.deepEqual([sent.result, sent.version?.version, await hasSchema(node)], ['context', '1.0.0', true]);
    assert.equal((await deploy(node, contextText('number'))).result, 'context');
    await rejects(deploy(node, contextText('string')), 'VERSION_CONFLICT');
    assert.equal((await deploy(node, textOf(one))).result, 'present');
  });

  test('is refused once an execution ran on the version without it', async () => {
    const node = await makeEngine();
    await deploy(node, textOf(one));
    await node.start();
    await rejects(deploy(node, contextText('number')), 'VERSION_CONFLICT');
  });
});

describe('versions', () => {
  const withTwo = async (): Promise<Node> => {
    const node = await makeEngine();
    await deploy(node, textOf(one));
    await node.clock.advance(1_000);
    await deploy(node, textOf(`${one}\n  - {name: b, ${call}}`, 'flow', '2.0.0'));
    return node;
  };

  test('an execution stays on the version it started on', async () => {
    const node = await withTwo();
    const old = await node.start({}, { version: 'v1.0.0' });
    const id = await node.start();
    await node.engine.versions.activate(workspace, 'flow', '1.0.0');
    for (const task of await node.claim()) await node.complete(task);
    assert.deepEqual([await node.status(old), await node.status(id)], ['completed', 'running']);
    assert.equal((await node.state(await node.start())).version, '1.0.0');
  });

  test('are listed newest first, and the active one is marked', async () => {
    const { engine } = await withTwo();
    const history = await engine.versions.history(workspace, 'flow');
    assert.deepEqual(
      history.map(({ version, active }) => [version, active]),
      [
        ['2.0.0', true],
        ['1.0.0', false],
      ],
    );
    assert.equal((await engine.versions.list({ workspace, offset: 0, limit: 10 })).total, 1);
    await rejects(engine.versions.history(workspace, 'none'), 'WORKFLOW_NOT_FOUND');
    await rejects(engine.versions.activate(workspace, 'flow', '3.0.0'), 'VERSION_NOT_FOUND');
  });

  test('of a removed workflow end what runs on them, and start nothing more', async () => {
    const node = await withTwo();
    const id = await node.start();
    await node.engine.versions.remove(workspace, 'flow');
    await rejects(node.start(), 'WORKFLOW_NOT_FOUND');
    await rejects(node.engine.versions.remove(workspace, 'flow'), 'WORKFLOW_NOT_FOUND');
    await node.complete(await node.claimOne());
    await node.complete(await node.claimOne());
    assert.equal(await node.status(id), 'completed');
  });
});

describe('reading documents', () => {
  test('gives the same beside the main thread as on it', async () => {
    const text = textOf(one);
    const long = `${text}# ${'x'.repeat(70_000)}\n`;
    const [short, beside] = [await parseBeside(text, 'f.yaml'), await parseBeside(long, undefined)];
    assert.deepEqual(beside.workflows[0]?.definition, short.workflows[0]?.definition);
  });

  test('gives each of many long texts its own, with few workers', async () => {
    const names = Array.from({ length: 6 }, (_, index) => `flow-${index}`);
    const long = names.map((name) => `${textOf(one).replace('name: flow', `name: ${name}`)}# ${'x'.repeat(70_000)}\n`);
    const parsed = await Promise.all(long.map((text) => parseBeside(text, undefined)));
    assert.deepEqual(
      parsed.map(({ workflows }) => workflows[0]?.name),
      names,
    );
  });

  test('refuses a bomb at a glance, and waits for no worker', async () => {
    const later = 'not yet';
    for (const bomb of ['['.repeat(1_000_000), '{a: '.repeat(250_000), `${'- '.repeat(100)}a\n`.repeat(5_000)]) {
      const parsed = await Promise.race([parseBeside(bomb, undefined), Promise.resolve(later)]);
      assert.ok(typeof parsed !== 'string', 'at once');
      assert.equal(parsed.diagnostics[0]?.code, 'DOCUMENT_TOO_DEEP');
    }
    const sound = `${textOf(one)}# ${'x'.repeat(70_000)}\n`;
    assert.equal(await Promise.race([parseBeside(sound, undefined), Promise.resolve(later)]), later);
  });
});
