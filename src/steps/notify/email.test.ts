import assert from 'node:assert/strict';
import { createServer, type Socket } from 'node:net';
import { after, before, describe, test } from 'node:test';
import tls from 'node:tls';
import { certificate } from '../../../test/support/certificate.ts';
import { type MailServer, type MailServerOptions, openMailServer } from '../../../test/support/mail-server.ts';
import type { Json, JsonObject } from '../../kit/json.ts';
import type { SmtpConnection } from '../connections.ts';
import type { ConnectorCall } from '../connector.ts';
import { fails } from '../outbound/make-asking.ts';
import { makeNotify } from './make-notify.ts';

const login = { username: 'flow', password: 'mail-secret' };

describe('a notification by email', () => {
  const trusted = tls.getCACertificates('default');
  const opened: { close(): Promise<void> }[] = [];
  before(() => tls.setDefaultCACertificates([certificate]));
  after(async () => {
    tls.setDefaultCACertificates(trusted);
    await Promise.all(opened.map((each) => each.close()));
  });

  async function serve(options: MailServerOptions = {}): Promise<MailServer> {
    const server = await openMailServer(options);
    opened.push(server);
    return server;
  }
  function send(
    { port }: { port: number },
    request: JsonObject = {},
    { connection = {}, ...more }: Partial<ConnectorCall> & { connection?: Partial<SmtpConnection> } = {},
  ): Promise<Json> {
    const mail: SmtpConnection = { type: 'smtp', host: '127.0.0.1', port, from: 'flow@example.com', ...connection };
    const made = makeNotify({ mail });
    opened.push(made);
    return made.notify(['email'], { to: 'ann@example.com', message: 'it broke', ...request }, more);
  }

  test('is encrypted by STARTTLS and signed in', async () => {
    const server = await serve({ login });
    const sent = await send(
      server,
      { subject: 'Alärm', to: ['ann@example.com', 'Bob <bob@example.com>'] },
      { connection: login },
    );
    const [mail] = server.mails;
    assert.deepEqual(
      [mail?.from, mail?.to, mail?.isEncrypted, mail?.user],
      ['flow@example.com', ['ann@example.com', 'bob@example.com'], true, 'flow'],
    );
    assert.match(mail?.text ?? '', /^Subject: =\?UTF-8\?Q\?Al=C3=A4rm\?=/m);
    assert.match(mail?.text ?? '', /\r\n\r\nit broke/);
    const { email } = (sent as { channels: { email: JsonObject } }).channels;
    assert.deepEqual(
      [email['connection'], email['accepted'], email['rejected']],
      ['mail', ['ann@example.com', 'bob@example.com'], []],
    );
  });

  test('is encrypted from the first byte where the connection says so', async () => {
    const server = await serve({ secure: true, login });
    await send(server, {}, { connection: { ...login, secure: 'tls' } });
    assert.deepEqual([server.mails[0]?.isEncrypted, server.mails[0]?.user], [true, 'flow']);
  });

  test('has one Message-ID however often it is sent', async () => {
    const server = await serve();
    await send(server);
    await send(server, {}, { attempt: 2 });
    await send(server, {}, { idempotencyKey: 'exec_2/ask#1' });
    const ids = server.mails.map(({ text }) => /^Message-ID: (.*)$/im.exec(text)?.[1]);
    assert.equal(ids[0], ids[1]);
    assert.notEqual(ids[0], ids[2]);
    assert.match(ids[0] ?? '', /^<[0-9a-f]{32}@magicflow>/);
  });

  test('may be HTML with a text beside it, and takes its first line for a subject', async () => {
    const server = await serve();
    await send(server, { message: { html: '<b>broke</b>', text: 'broke\nreally' } });
    const text = server.mails[0]?.text ?? '';
    assert.match(text, /^Subject: broke\r$/m);
    assert.match(text, /multipart\/alternative/);
    assert.match(text, /<b>broke<\/b>/);
  });

  test('never reads a file or an address of this machine, whatever the message says', async () => {
    const server = await serve();
    for (const html of [{ path: '/etc/passwd' }, { href: 'http://127.0.0.1/' }]) {
      await assert.rejects(
        send(server, { message: { html } as JsonObject }),
        fails('REQUEST_INVALID', /"text", "html"/),
      );
    }
    await send(server, { message: { text: 'x', attachments: [{ path: '/etc/passwd' }] } });
    assert.doesNotMatch(server.mails[0]?.text ?? '', /root:/);
  });

  test('lets no header be smuggled in', async () => {
    const server = await serve();
    await send(server, { subject: 'hi\r\nBcc: eve@example.com\r\n\r\nforged', message: 'm' });
    assert.deepEqual(server.mails[0]?.to, ['ann@example.com']);
    assert.doesNotMatch(server.mails[0]?.text ?? '', /^Bcc:/m);
  });

  test('is not sent where the server offers no encryption, unless the connection does without', async () => {
    const server = await serve({ hideSTARTTLS: true, disabledCommands: ['STARTTLS'], allowInsecureAuth: true, login });
    await assert.rejects(send(server, {}, { connection: login }), fails('SMTP_TLS_FAILED'));
    assert.equal(server.mails.length, 0);
    await send(server, {}, { connection: { ...login, secure: 'none' } });
    assert.deepEqual([server.mails[0]?.isEncrypted, server.mails[0]?.user], [false, 'flow']);
  });

  test('is not sent to a server whose certificate nobody vouches for', async () => {
    const server = await serve();
    tls.setDefaultCACertificates([]);
    try {
      await assert.rejects(send(server), fails('SMTP_TLS_FAILED', /self-signed/));
    } finally {
      tls.setDefaultCACertificates([certificate]);
    }
    assert.equal(server.mails.length, 0);
  });

  test('fails for good where the server does not let us in', async () => {
    const server = await serve({ login });
    const wrong = send(server, {}, { connection: { username: 'flow', password: 'wrong-secret' } });
    await assert.rejects(
      wrong,
      (error) => fails('SMTP_AUTH_FAILED')(error) && (error as { retryable: boolean }).retryable === false,
    );
    assert.equal(server.mails.length, 0);
  });

  test('fails by what the server says, for now or for good', async () => {
    const refusing = (responseCode: number) =>
      serve({ onRcptTo: (_to, _session, done) => done(Object.assign(new Error('no'), { responseCode })) });
    for (const [status, retryable] of [
      [450, true],
      [550, false],
    ] as const) {
      await assert.rejects(
        send(await refusing(status)),
        (error) => fails(`SMTP_${status}`)(error) && (error as { retryable: boolean }).retryable === retryable,
      );
    }
  });

  test('tells which recipients were refused where others were not', async () => {
    const server = await serve({
      onRcptTo: ({ address }, _session, done) => done(address.startsWith('bob') ? new Error('no bob') : null),
    });
    const sent = await send(server, { to: ['ann@example.com', 'bob@example.com'] });
    const { email } = (sent as { channels: { email: JsonObject } }).channels;
    assert.deepEqual([email['accepted'], email['rejected']], [['ann@example.com'], ['bob@example.com']]);
  });

  test('needs at least one recipient, and takes a hundred', async () => {
    const server = await serve();
    const many = (count: number) => Array.from({ length: count }, (_, index) => `a${index}@example.com`);
    await send(server, { to: many(100) });
    assert.equal(server.mails[0]?.to.length, 100);
    await assert.rejects(send(server, { to: many(101) }), fails('REQUEST_INVALID', /gave 101/));
    await assert.rejects(send(server, { to: [] }), fails('REQUEST_INVALID', /gave 0/));
  });

  test('goes to whom the step names, and to nobody whom a text smuggles in', async () => {
    const server = await serve();
    const names = ['ann@example.com', 'Bob <bob@example.com>', '"Doe, Cid" <cid+x@example.com>'];
    await send(server, { to: names });
    assert.deepEqual(server.mails[0]?.to, ['ann@example.com', 'bob@example.com', 'cid+x@example.com']);
    const smuggled = ['ann@example.com, eve@example.com', 'ann@example.com>\r\nRCPT TO:<eve@example.com'];
    for (const strange of [...smuggled, 'Team: eve@example.com;', 'A <a@b.de> eve@example.com', 'ann', '', null]) {
      await assert.rejects(send(server, { to: [strange] }), fails('REQUEST_INVALID', /not one address/));
    }
    assert.equal(server.mails.length, 1);
  });

  test('ends where nobody answers, and at once where it is not wanted any more', async () => {
    const sockets: Socket[] = [];
    const mute = createServer((socket) => void sockets.push(socket)).listen(0, '127.0.0.1');
    const { port } = await new Promise<{ port: number }>((resolve) => {
      mute.once('listening', () => resolve(mute.address() as { port: number }));
    });
    const controller = new AbortController();
    const running = send({ port }, {}, { signal: controller.signal });
    setTimeout(() => controller.abort(new Error('not wanted')), 40);
    await assert.rejects(running, /not wanted/);
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => mute.close(resolve));
    await assert.rejects(send({ port }), fails('SMTP_UNREACHABLE', /ECONNREFUSED/));
  });
});
