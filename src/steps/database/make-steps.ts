/** For tests: steps at a database, without a workflow around them. */
import { systemClock } from '../../kit/clock.ts';
import type { Json, JsonObject } from '../../kit/json.ts';
import type { Connector, ConnectorCall } from '../connector.ts';
import { makeCall } from '../make-call.ts';
import { openDatabaseConnector } from './database-connector.ts';
import type { DatabaseSettings } from './database-settings.ts';

export interface Output {
  readonly rows: readonly JsonObject[];
  readonly row_count: number;
  readonly row: JsonObject | null;
  readonly insert_id?: Json;
}

export type CallOptions = Partial<ConnectorCall> & { readonly connection?: string };

export interface Steps {
  query(query: string, params?: Json, options?: CallOptions): Promise<Output>;
  /** On the table `item`. */
  operate(operation: string, request: JsonObject, settings?: JsonObject, options?: CallOptions): Promise<Output>;
  close(): Promise<void>;
}

let calls = 0;

/** The connection is called `shop`. */
export function openSteps(settings: DatabaseSettings): Steps {
  const connector: Connector = openDatabaseConnector({
    databases: new Map([['shop', settings]]),
    clock: systemClock,
  });
  const call = async (request: JsonObject, own: JsonObject, { connection = 'shop', ...more }: CallOptions = {}) => {
    calls += 1;
    const key = { idempotencyKey: `exec_1/ask#${calls}` };
    const output = await connector.run(makeCall(request, { connection, ...own }, { ...key, ...more }));
    // As a journal would keep it.
    return JSON.parse(JSON.stringify(output)) as Output;
  };
  return {
    query: (query, params, options) => call(params === undefined ? {} : { params }, { query }, options),
    operate: (operation, request, own = {}, options = {}) =>
      call(request, { operation, table: 'item', ...own }, options),
    async close() {
      await connector.close?.();
    },
  };
}
