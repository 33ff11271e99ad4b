import { isObject } from '../../src/kit/json.ts';
import type { JournalEvent } from './answers.ts';
import { ApiError, apiErrorOf } from './api-error.ts';
import { backoffMs, pause } from './backoff.ts';
import { readEvents } from './event-stream.ts';
import type { Transport } from './transport.ts';

/**
 * An execution's events as an async iterator: each once, in order, from after a position to the execution's end.
 *
 * A lost connection is opened again after the last whole event. Leaving the loop closes the connection. Rejects with
 * `ApiError` for what waiting cannot mend (404, 401 …), and after too many lost connections without an event between.
 */
export interface StreamPlace {
  /** The position after which to begin. Default 0: everything. */
  readonly after?: number;
  readonly signal?: AbortSignal;
}

/** Connections in a row that brought nothing. */
const failuresMax = 8;

export async function* streamExecution(
  transport: Transport,
  executionId: string,
  { after = 0, signal }: StreamPlace,
): AsyncGenerator<JournalEvent> {
  let position = after;
  let failures = 0;
  while (!signal?.aborted) {
    let lost = new ApiError({ status: 0, code: 'UNREACHABLE', message: 'the stream ended before the execution did' });
    try {
      const place = { after: position, ...(signal ? { signal } : {}) };
      for await (const event of readConnection(transport, executionId, place)) {
        failures = 0;
        if (event === 'end') return;
        // A server that resumes generously is not passed on: each event comes out once.
        if (event.position <= position) continue;
        position = event.position;
        yield event;
      }
    } catch (error) {
      if (signal?.aborted) return;
      if (!ApiError.is(error) || !error.isPassing) throw error;
      lost = error;
    }
    failures += 1;
    if (failures > failuresMax) throw lost;
    await pause(backoffMs({ failures, retryAfterMs: lost.retryAfterMs }), signal);
  }
}

async function* readConnection(
  transport: Transport,
  executionId: string,
  { after, signal }: { after: number; signal?: AbortSignal },
): AsyncGenerator<JournalEvent | 'end'> {
  const response = await transport.open({
    method: 'GET',
    path: `/api/v1/executions/${encodeURIComponent(executionId)}/stream`,
    headers: { accept: 'text/event-stream', ...(after > 0 ? { 'last-event-id': String(after) } : {}) },
    signal,
    timeoutMs: 60_000,
  });
  try {
    const status = response.statusCode ?? 0;
    if (status !== 200) {
      const chunks: Buffer[] = [];
      for await (const chunk of response as AsyncIterable<Buffer>) chunks.push(chunk);
      throw apiErrorOf({ status, headers: response.headers, text: Buffer.concat(chunks).toString('utf8') });
    }
    for await (const event of readEvents(response)) {
      if (event.event === 'end') return yield 'end';
      const read = parseEvent(event.data);
      if (read) yield read;
    }
  } catch (error) {
    if (ApiError.is(error)) throw error;
    throw new ApiError({ status: 0, code: 'UNREACHABLE', message: 'the stream broke', cause: error });
  } finally {
    response.destroy();
  }
}

/** An event without a position is no journal event (a notice to the reader) and is passed over. */
function parseEvent(text: string): JournalEvent | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) && typeof value['position'] === 'number' ? (value as unknown as JournalEvent) : undefined;
  } catch {
    return undefined;
  }
}
