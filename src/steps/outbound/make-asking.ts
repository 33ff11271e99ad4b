/** For tests: one request in one call, and what it fails with. */
import assert from 'node:assert/strict';
import { systemClock } from '../../kit/clock.ts';
import { StepFailure } from '../connector.ts';
import type { Outbound, OutboundAnswer, OutboundRequest } from '../outbound.ts';
import type { OutboundRules } from '../outbound-rules.ts';
import { openOutbound } from './open-outbound.ts';

/** Reaches 127.0.0.1 unless other rules are given. */
export function makeOutbound(rules: OutboundRules = {}): Outbound {
  return openOutbound({ rules: { allow: ['127.0.0.1'], ...rules }, clock: systemClock });
}

export function ask(
  outbound: Outbound,
  url: string,
  more: Partial<Omit<OutboundRequest, 'url'>> = {},
): Promise<OutboundAnswer> {
  return outbound.request({ method: 'GET', headers: {}, ...more, url: new URL(url) });
}

/** What `assert.rejects` holds a failure against. */
export const fails =
  (code: string, message = /./) =>
  (error: unknown): boolean => {
    assert.ok(error instanceof StepFailure, String(error));
    assert.equal(error.code, code, error.message);
    assert.match(error.message, message);
    return true;
  };
