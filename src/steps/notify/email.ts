/**
 * Email by SMTP, over a socket that the guard has opened.
 *
 * Credentials are sent under TLS alone unless the connection says `secure: none`. A mail server keeps no idempotency
 * keys: what was sent twice arrives twice, but with one Message-ID, by which mail programs know it again.
 */
import { createHash } from 'node:crypto';
import { createTransport, type SendMailOptions } from 'nodemailer';
import { isObject } from '../../kit/json.ts';
import type { SmtpConnection } from '../connections.ts';
import { StepFailure } from '../connector.ts';
import type { Outbound } from '../outbound.ts';
import { mailConnectTimeoutMs, mailPorts, mailSilenceMax, recipientsMax } from './limits.ts';
import { type Notice, type Send, textOf } from './notice.ts';

export const sendByEmail: Send<'smtp'> = async ({ outbound }, notice, connection) => {
  const mail = mailOf(notice, connection);
  if (connection.password !== undefined) notice.hide(connection.password);
  const { signal } = notice;
  try {
    const transport = await openTransport(outbound, connection, signal);
    const { messageId, accepted, rejected } = await transport.sendMail({ ...mail, signal });
    return { message_id: messageId, accepted, rejected };
  } catch (error) {
    signal.throwIfAborted();
    throw failureOf(error as MailError, connection);
  }
};

async function openTransport(outbound: Outbound, connection: SmtpConnection, signal: AbortSignal) {
  const { host, username, password } = connection;
  const { port, secure } = placeOf(connection);
  const socket = await outbound.connect({ host, port, ports: mailPorts }, { signal: withinSetup(signal) });
  return createTransport({
    host,
    port,
    secure: secure === 'tls',
    requireTLS: secure === 'starttls',
    ignoreTLS: secure === 'none',
    tls: { rejectUnauthorized: true, minVersion: 'TLSv1.2' },
    ...(username === undefined ? {} : { auth: { user: username, pass: password ?? '' }, forceAuth: true }),
    getSocket: (_options, done) => done(null, { connection: socket }),
    connectionTimeout: mailConnectTimeoutMs,
    greetingTimeout: mailConnectTimeoutMs,
    socketTimeout: mailSilenceMax,
    // A message is text that is given here: never a file of this machine or another address.
    disableFileAccess: true,
    disableUrlAccess: true,
  });
}

const withinSetup = (signal: AbortSignal): AbortSignal =>
  AbortSignal.any([signal, AbortSignal.timeout(mailConnectTimeoutMs)]);

function placeOf({ port, secure }: SmtpConnection): { port: number; secure: 'tls' | 'starttls' | 'none' } {
  const chosen = secure ?? (port === 465 ? 'tls' : 'starttls');
  return { port: port ?? (chosen === 'tls' ? 465 : 587), secure: chosen };
}

function mailOf(notice: Notice, { from }: SmtpConnection): SendMailOptions {
  const { message, to, key } = notice;
  if (to.length === 0 || to.length > recipientsMax) {
    const fault = `an email goes to 1 to ${recipientsMax} addresses, "to" gave ${to.length}`;
    throw new StepFailure('REQUEST_INVALID', fault, { retryable: false });
  }
  const strange = to.find((text) => !isOneAddress(text));
  if (strange !== undefined) {
    const fault = `"to" gave ${JSON.stringify(strange.slice(0, 200))}, which is not one address like ann@example.com`;
    throw new StepFailure('REQUEST_INVALID', fault, { retryable: false });
  }
  const written = isObject(message) ? message : { text: textOf(notice) };
  const parts = ['text', 'html'].flatMap((name) => (typeof written[name] === 'string' ? [[name, written[name]]] : []));
  if (parts.length === 0) {
    const fault = 'an email is a text, or an object with "text", "html" or both';
    throw new StepFailure('REQUEST_INVALID', fault, { retryable: false });
  }
  const content = Object.fromEntries(parts) as { text?: string; html?: string };
  const digest = createHash('sha256').update(key).digest('hex').slice(0, 32);
  return {
    from,
    to: [...to],
    subject: notice.subject ?? firstLine(content.text ?? 'Notification'),
    messageId: `<${digest}@magicflow>`,
    ...content,
  };
}

/** With a name before it or not. Of a text that holds more, others would get the message than the step names. */
function isOneAddress(text: string): boolean {
  const [, named] = /^(?:"[^"\\\r\n]*" ?|[^"<>,;:@\r\n]*)<([^<>]*)>$/.exec(text) ?? [];
  return /^[^\s"<>(),;:@]+@[^\s"<>(),;:@]+$/.test(named ?? text);
}

const subjectMax = 200;
const firstLine = (text: string): string => (text.split('\n', 1)[0] ?? '').slice(0, subjectMax).toWellFormed();

type MailError = Error & { code?: string; responseCode?: number; command?: string };

function failureOf(error: MailError, { host }: SmtpConnection): StepFailure {
  if (error instanceof StepFailure) return error;
  const { code = '', responseCode, message } = error;
  const isTemporary = responseCode === undefined || (responseCode >= 400 && responseCode < 500);
  const made = (name: string, fault: string, retryable = isTemporary): StepFailure =>
    new StepFailure(name, `the mail server ${host} ${fault}: ${message}`, {
      retryable,
      details: { reason: code, ...(responseCode === undefined ? {} : { status: responseCode }) },
      cause: error,
    });
  if (code === 'EAUTH') return made('SMTP_AUTH_FAILED', 'did not let us in', responseCode !== undefined && isTemporary);
  if (code === 'ETLS' || /certificate|self-signed|altnames/i.test(message))
    return made('SMTP_TLS_FAILED', 'gave no safe connection');
  if (responseCode !== undefined) return made(`SMTP_${responseCode}`, 'refused the message');
  if (code === 'ETIMEDOUT' || code === 'EABORT' || error.name === 'TimeoutError')
    return made('SMTP_TIMEOUT', 'took too long');
  return made('SMTP_UNREACHABLE', 'cannot be reached');
}
