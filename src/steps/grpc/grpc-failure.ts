import { type Metadata, type ServiceError, status } from '@grpc/grpc-js';
import type { JsonObject } from '../../kit/json.ts';
import { StepFailure } from '../connector.ts';

/** Statuses that may go better the next time. */
const passingStatuses = new Set(['UNAVAILABLE', 'DEADLINE_EXCEEDED', 'RESOURCE_EXHAUSTED', 'ABORTED']);

/** What the call ended with, as `GRPC_` and the name of its status; its trailers stand in the details. */
export function failureOf(error: unknown, place: string): StepFailure {
  if (error instanceof StepFailure) return error;
  const { code = status.UNKNOWN, details, metadata } = error as Partial<ServiceError>;
  const name = status[code] ?? 'UNKNOWN';
  const reason = details || (error instanceof Error ? error.message : String(error));
  // It will be as large the next time.
  const isTooLarge = name === 'RESOURCE_EXHAUSTED' && /larger than max/.test(reason);
  const trailers = metadata ? textsOf(metadata) : {};
  return new StepFailure(`GRPC_${name}`, `${place} answered ${name}: ${reason}`, {
    retryable: passingStatuses.has(name) && !isTooLarge,
    cause: error,
    ...(Object.keys(trailers).length === 0 ? {} : { details: { trailers } }),
  });
}

const transportTrailers = new Set(['content-type', 'date']);
/** Trailers that are kept of a failure, and characters of each. */
const trailersMax = 20;
const trailerTextMax = 500;

function textsOf(metadata: Metadata): JsonObject {
  const texts = Object.entries(metadata.getMap()).filter(
    (entry): entry is [string, string] => typeof entry[1] === 'string' && !transportTrailers.has(entry[0]),
  );
  return Object.fromEntries(texts.slice(0, trailersMax).map(([name, text]) => [name, text.slice(0, trailerTextMax)]));
}

/** The definition, or what it was given, asks for what cannot be: no attempt will ever do it. */
export function invalidCall(
  code: 'GRPC_REQUEST_INVALID' | 'GRPC_PROTO_INVALID' | 'GRPC_METHOD_INVALID',
  message: string,
): StepFailure {
  return new StepFailure(code, message, { retryable: false });
}
