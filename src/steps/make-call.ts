/** For tests: one call of a connector, and what it hides. */
import type { JsonObject } from '../kit/json.ts';
import type { ConnectorCall } from './connector.ts';

export interface MadeCall extends ConnectorCall {
  readonly hidden: readonly string[];
}

export function makeCall(request: JsonObject, settings: JsonObject = {}, more: Partial<ConnectorCall> = {}): MadeCall {
  const hidden: string[] = [];
  return {
    workspace: 'default',
    executionId: 'exec_1',
    step: 'ask',
    attempt: 1,
    idempotencyKey: 'exec_1/ask#1',
    request,
    settings,
    deadlineAt: undefined,
    signal: new AbortController().signal,
    traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
    lastError: undefined,
    hide: (secret) => void hidden.push(secret),
    hidden,
    ...more,
  };
}
