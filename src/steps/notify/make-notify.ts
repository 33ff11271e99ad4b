/** For tests: one notification in one call. */
import { openVirtualClock } from '../../../test/support/virtual-clock.ts';
import type { Json, JsonObject } from '../../kit/json.ts';
import type { Connections } from '../connections.ts';
import type { ConnectorCall } from '../connector.ts';
import { makeCall } from '../make-call.ts';
import { makeOutbound } from '../outbound/make-asking.ts';
import type { OutboundRules } from '../outbound-rules.ts';
import { openNotifyConnector } from './notify-connector.ts';
import type { Channel } from './routes.ts';

export interface MadeNotify {
  notify(
    channels: readonly Channel[],
    request: JsonObject,
    more?: Partial<ConnectorCall> & { readonly connections?: readonly string[] },
  ): Promise<Json>;
  close(): Promise<void>;
}

export function makeNotify(connections: Connections, rules: OutboundRules = {}): MadeNotify {
  const outbound = makeOutbound(rules);
  const connector = openNotifyConnector({ outbound, connections, clock: openVirtualClock() });
  return {
    notify: (channels, request, { connections: names, ...more } = {}) =>
      connector.run(makeCall(request, { channels, severity: 'error', ...(names ? { connections: names } : {}) }, more)),
    close: () => outbound.close(),
  };
}
