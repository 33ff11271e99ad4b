/** gRPC services called by a real server: to the end, into failure, out of time, cancelled, tried again, killed in the middle. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { certificate } from '../support/certificate.ts';
import { type GrpcTarget, openGrpcTarget } from '../support/grpc-target.ts';
import { freePorts, openPlatform, type PlatformProcess, until } from '../support/platform.ts';

const workflow = (name: string, step: string): string => `
apiVersion: workflow.magic-flow.io/v2
kind: Workflow
metadata: { name: ${name}, version: v1.0.0 }
spec:
  steps:
    - { name: call, type: grpc, service: shop.v1.Orders, ${step} }
`;

describe('gRPC called by a server', () => {
  const folder = mkdtempSync(join(tmpdir(), 'magicflow-grpc-'));
  let platform: PlatformProcess;
  let target: GrpcTarget;
  let encrypted: GrpcTarget;
  let latePort: number;
  before(async () => {
    [target, encrypted, [latePort]] = await Promise.all([
      openGrpcTarget(),
      openGrpcTarget({ isEncrypted: true }),
      freePorts(),
    ]);
    const authority = join(folder, 'authority.pem');
    writeFileSync(authority, certificate);
    platform = await openPlatform({
      willBeKilled: true,
      env: { MAGICFLOW_OUTBOUND_ALLOW: '127.0.0.1, localhost', NODE_EXTRA_CA_CERTS: authority },
    });
    const here = `address: "127.0.0.1:${target.port}", tls: false`;
    const get = 'method: Get, request: { id: "$.input.id", behaviour: "$.input.behaviour" }';
    await platform.deploy(
      workflow('get', `${here}, ${get}`),
      workflow('list', `${here}, method: List, request: { count: "$.input.count" }, output: "$.response.messages"`),
      workflow('timed', `${here}, ${get}, timeout: 1s`),
      workflow('encrypted', `address: "localhost:${encrypted.port}", ${get}`),
      workflow('encrypted-address', `address: "127.0.0.1:${encrypted.port}", ${get}`),
      workflow(
        'late',
        `address: "127.0.0.1:${latePort}", tls: false, ${get}, retry_config: { max_attempts: 20, initial_delay: 200ms, max_delay: 500ms }`,
      ),
      workflow('elsewhere', 'address: "10.0.0.1:443", method: Get'),
    );
  });
  after(async () => {
    await platform?.close();
    target?.close();
    encrypted?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const start = async (name: string, input: object = {}): Promise<string> =>
    (await platform.post(`workflows/${name}/execute`, { input })).execution_id;
  const run = async (name: string, input: object = {}) => platform.ended(await start(name, input), 60_000);

  test('answers with its message, or with all of a stream', async () => {
    const one = await run('get', { id: 'o1' });
    assert.deepEqual([one.status, one.output.id, one.output.cents], ['completed', 'o1', '9007199254740993']);
    assert.equal(one.output.metadata['idempotency-key'], `${one.execution_id}/call#1`);
    const many = await run('list', { count: 3 });
    assert.equal(many.steps[0].output.length, 3);
  });

  test('is encrypted where nothing else is said', async () => {
    for (const name of ['encrypted', 'encrypted-address']) {
      const { status, output, error } = await run(name, { id: 'o2' });
      assert.deepEqual([status, output?.id], ['completed', 'o2'], JSON.stringify(error));
    }
  });

  test('fails by the name of its status', async () => {
    const { status, error } = await run('get', { behaviour: 'FAILED_PRECONDITION' });
    assert.deepEqual([status, error.code, error.retryable], ['failed', 'GRPC_FAILED_PRECONDITION', false]);
  });

  test('goes nowhere that is not allowed', async () => {
    const { status, error } = await run('elsewhere');
    assert.deepEqual([status, error.code], ['failed', 'OUTBOUND_REFUSED']);
  });

  test('out of time is cancelled at the server', async () => {
    const before = target.cancelled();
    const { status, error } = await run('timed', { behaviour: 'hang' });
    assert.deepEqual([status, error.code], ['failed', 'TIMEOUT']);
    await until(() => target.cancelled() > before || undefined, { what: 'the end of the call' });
  });

  test('cancelled is cancelled at the server', async () => {
    const before = { calls: target.calls.length, cancelled: target.cancelled() };
    const id = await start('get', { id: 'hung', behaviour: 'hang' });
    await until(() => target.calls.length > before.calls || undefined, { what: 'the call' });
    await platform.post(`executions/${id}/cancel`);
    assert.equal((await platform.ended(id, 60_000)).status, 'cancelled');
    await until(() => target.cancelled() > before.cancelled || undefined, { what: 'the end of the call' });
  });

  test('tries again until somebody is there', async () => {
    const id = await start('late', { id: 'o3' });
    await until(async () => (await platform.get(`executions/${id}`)).steps[0]?.attempt > 1 || undefined, {
      what: 'the next attempt',
    });
    const late = await openGrpcTarget({ port: latePort });
    try {
      const execution = await platform.ended(id, 60_000);
      assert.deepEqual([execution.status, execution.output?.id], ['completed', 'o3'], JSON.stringify(execution.error));
    } finally {
      late.close();
    }
  });

  test('killed in the middle calls again under the same key', { timeout: 120_000 }, async () => {
    const before = target.calls.length;
    const id = await start('get', { id: 'killed', behaviour: 'hang-once' });
    await until(() => target.calls.length > before || undefined, { what: 'the call' });
    await platform.kill();
    await platform.start();
    const execution = await platform.ended(id, 90_000);
    assert.equal(execution.status, 'completed', JSON.stringify(execution.error));
    assert.deepEqual(target.calls.slice(before), ['killed', 'killed']);
    assert.equal(execution.output.metadata['idempotency-key'], `${id}/call#1`);
  });
});
