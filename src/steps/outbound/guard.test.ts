import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type NetConnectOpts, type Server, Socket } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { StepFailure } from '../connector.ts';
import type { OutboundRules } from '../outbound-rules.ts';
import { type GuardDeps, openGuard } from './guard.ts';

describe('the guard', () => {
  let server: Server;
  let port = 0;
  let accepted = 0;
  before(async () => {
    server = createServer((socket) => {
      accepted += 1;
      socket.end();
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    port = (server.address() as { port: number }).port;
  });
  after(() => server.close());

  const open = ({ open, ...rules }: OutboundRules & Pick<GuardDeps, 'open'> = {}) =>
    openGuard({ rules, ...(open ? { open } : {}) });
  const isRefusal = (pattern: RegExp) => (error: unknown) =>
    error instanceof StepFailure &&
    error.code === 'OUTBOUND_REFUSED' &&
    !error.retryable &&
    pattern.test(error.message);

  test('refuses a literal address before it dials, and says what would allow it', async () => {
    const before = accepted;
    await assert.rejects(
      open().connect({ host: '127.0.0.1', port }),
      isRefusal(new RegExp(`connect to 127.0.0.1: it is a loopback address.*allow: \\["127.0.0.1:${port}"\\]`)),
    );
    assert.equal(accepted, before);
  });

  test('connects to what is allowed', async () => {
    const before = accepted;
    const socket = await open({ allow: [`127.0.0.1:${port}`] }).connect({ host: '127.0.0.1', port });
    await once(socket.resume(), 'close');
    assert.equal(accepted, before + 1);
  });

  test('judges the addresses behind a name, and tries those that pass', async () => {
    const resolve = async () => ['::1', '10.0.0.1', '127.0.0.1'];
    const guard = open({ allow: [`127.0.0.1:${port}`], resolve });
    assert.deepEqual(await guard.lookup({ host: 'both.example', port }), ['127.0.0.1']);
    (await guard.connect({ host: 'both.example', port })).destroy();
    await assert.rejects(
      open({ resolve }).lookup({ host: 'both.example', port }),
      isRefusal(/connect to ::1 \(behind "both.example"\).*allow: \["\[::1\]:\d+"\]/),
    );
  });

  test('resolves a name once: what it resolves to afterwards does not matter', async () => {
    const answers = [['127.0.0.1'], ['169.254.169.254']];
    let asked = 0;
    const guard = open({ allow: [`127.0.0.1:${port}`], resolve: async () => answers[asked++] ?? [] });
    (await guard.connect({ host: 'turncoat.example', port })).destroy();
    assert.equal(asked, 1);
    await assert.rejects(guard.connect({ host: 'turncoat.example', port }), isRefusal(/169\.254\.169\.254/));
  });

  test('hands several addresses to one connection, never the name', async () => {
    const given: NetConnectOpts[] = [];
    const guard = open({
      resolve: async () => ['8.8.8.8', '1.1.1.1', '127.0.0.1'],
      open(options) {
        given.push(options);
        return connected('8.8.8.8');
      },
    });
    await guard.connect({ host: 'two.example', port: 443 });
    const found = await new Promise((resolve) => {
      const options = given[0] as { lookup: (...args: unknown[]) => void };
      options.lookup('two.example', { all: true }, (_error: unknown, addresses: unknown) => resolve(addresses));
    });
    assert.deepEqual(found, [
      { address: '8.8.8.8', family: 4 },
      { address: '1.1.1.1', family: 4 },
    ]);
  });

  test('judges the remote address of the socket itself, whatever was dialled', async () => {
    const socket = connected('127.0.0.1');
    const guard = open({ resolve: async () => ['8.8.8.8'], open: () => socket });
    await assert.rejects(guard.connect({ host: 'liar.example', port: 443 }), isRefusal(/127\.0\.0\.1/));
    assert.equal(socket.destroyed, true);
  });

  test('takes what a resolver gives for an address only if it is one', async () => {
    for (const address of ['0x7f000001', '127.1', 'localhost', '']) {
      await assert.rejects(
        open({ resolve: async () => [address] }).connect({ host: 'odd.example', port }),
        isRefusal(/no address/),
      );
    }
    await assert.rejects(open({ resolve: async () => [] }).lookup({ host: 'none.example', port }), isRefusal(/none/));
  });

  test('stops dialling when it is told to', async () => {
    const controller = new AbortController();
    const socket = new Socket();
    const guard = open({ resolve: async () => ['8.8.8.8'], open: () => socket });
    const dialling = guard.connect({ host: 'slow.example', port: 443 }, { signal: controller.signal });
    setImmediate(() => controller.abort());
    await assert.rejects(dialling, /abort/i);
    assert.equal(socket.destroyed, true);
  });

  test('rejects as the network does where nobody listens', async () => {
    const { port: free } = await freePort();
    await assert.rejects(open({ allow: ['127.0.0.1'] }).connect({ host: '127.0.0.1', port: free }), {
      code: 'ECONNREFUSED',
    });
  });
});

/** A socket that says it is connected to some place, and is not. */
function connected(remoteAddress: string): Socket {
  const socket = new Socket();
  Object.defineProperty(socket, 'remoteAddress', { value: remoteAddress });
  setImmediate(() => socket.emit('connect'));
  return socket;
}

async function freePort(): Promise<{ port: number }> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const found = probe.address() as { port: number };
  await new Promise((resolve) => probe.close(resolve));
  return found;
}
