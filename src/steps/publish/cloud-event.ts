/**
 * The message as the data of a CloudEvent 1.0, in its JSON format, with the extensions for keys and traces.
 *
 * `source` and `id` together tell two events apart: an execution, and in it the visit of a step.
 */
import type { Json } from '../../kit/json.ts';
import { type ConnectorCall, StepFailure } from '../connector.ts';

export interface EventParts {
  readonly topic: string;
  readonly key: string | undefined;
  readonly data: Json;
  readonly nowMs: number;
}

export function cloudEventOf(call: ConnectorCall, { topic, key, data, nowMs }: EventParts) {
  const event = {
    specversion: '1.0',
    id: call.idempotencyKey,
    source: `/workspaces/${call.workspace}/executions/${call.executionId}`,
    type: typeOf(Object.hasOwn(call.request, 'event_type') ? (call.request['event_type'] ?? null) : topic),
    subject: call.step,
    time: new Date(nowMs).toISOString(),
    datacontenttype: 'application/json',
    ...(key === undefined ? {} : { partitionkey: key }),
    traceparent: call.traceparent,
    data,
  };
  return { type: 'application/cloudevents+json', text: JSON.stringify(event) };
}

function typeOf(written: Json): string {
  if (typeof written === 'string' && written !== '') return written;
  throw new StepFailure('REQUEST_INVALID', '"event_type" gave no text: see what its expression reads', {
    retryable: false,
  });
}
