/** One call of a method, unary or with a stream of answers, until its end, its deadline or its abort. */
import type { Client, Metadata } from '@grpc/grpc-js';
import type { Json } from '../../kit/json.ts';
import { StepFailure } from '../connector.ts';
import { decodeMessage } from './decode-message.ts';
import { failureOf } from './grpc-failure.ts';
import type { MethodSchema } from './service-schema.ts';

export interface MethodCall {
  readonly method: MethodSchema;
  /** Encoded. */
  readonly request: Uint8Array;
  readonly metadata: Metadata;
  /** Milliseconds since the epoch. */
  readonly deadlineAt: number | undefined;
  readonly signal: AbortSignal;
  /** For messages: where it is called. */
  readonly place: string;
}

/** Messages of one stream, and the length of all together as JSON. */
const messagesMax = 10_000;
const messagesTextMax = 4 * 1024 * 1024;

/** Of a unary method its message, of a streaming one `{messages}`. Rejects with `GRPC_<STATUS>` or MESSAGES_EXCEEDED. */
export function callMethod(client: Client, call: MethodCall): Promise<Json> {
  return call.method.isStreaming ? callStreaming(client, call) : callUnary(client, call);
}

const asSent = (bytes: Uint8Array): Buffer => Buffer.from(bytes);

function optionsOf({ deadlineAt }: MethodCall): { deadline?: number } {
  return deadlineAt === undefined ? {} : { deadline: deadlineAt };
}

function callUnary(client: Client, call: MethodCall): Promise<Json> {
  const { method, request, metadata, signal, place } = call;
  const { promise, resolve, reject } = Promise.withResolvers<Json>();
  const read = (bytes: Buffer): Json => decodeMessage(method.response, bytes);
  const running = client.makeUnaryRequest(
    method.path,
    asSent,
    read,
    request,
    metadata,
    optionsOf(call),
    (error, message) => (error ? reject(failureOf(error, place)) : resolve(message ?? null)),
  );
  return untilAborted(promise, signal, () => running.cancel());
}

function callStreaming(client: Client, call: MethodCall): Promise<Json> {
  const { method, request, metadata, signal, place } = call;
  const { promise, resolve, reject } = Promise.withResolvers<Json>();
  const messages: Json[] = [];
  let room = messagesTextMax;
  const read = (bytes: Buffer): Json => decodeMessage(method.response, bytes);
  const running = client.makeServerStreamRequest(method.path, asSent, read, request, metadata, optionsOf(call));
  running.on('data', (message: Json) => {
    room -= JSON.stringify(message).length;
    if (messages.length < messagesMax && room >= 0) return void messages.push(message);
    reject(exceeded(place, messages.length === messagesMax));
    running.cancel();
  });
  running.on('error', (error) => reject(failureOf(error, place)));
  running.on('end', () => resolve({ messages }));
  return untilAborted(promise, signal, () => running.cancel());
}

function exceeded(place: string, isTooMany: boolean): StepFailure {
  const amount = isTooMany ? `${messagesMax} messages` : `${messagesTextMax / 1024 / 1024} MiB`;
  return new StepFailure('MESSAGES_EXCEEDED', `${place} sent more than ${amount}: ask for less at once`, {
    retryable: false,
  });
}

function untilAborted<T>(work: Promise<T>, signal: AbortSignal, cancel: () => void): Promise<T> {
  if (signal.aborted) cancel();
  else signal.addEventListener('abort', cancel, { once: true });
  return work.finally(() => signal.removeEventListener('abort', cancel));
}
