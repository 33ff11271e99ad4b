/** How many scripts the sandbox runs in a second, one workspace, from the connector's side. Reports figures. */
import { systemClock } from '../../src/kit/clock.ts';
import type { Json } from '../../src/kit/json.ts';
import type { ConnectorCall } from '../../src/steps/connector.ts';
import { openScriptConnector } from '../../src/steps/script/script-connector.ts';
import type { Figure } from '../measure.ts';
import { report } from '../support/program.ts';

const simple =
  'return { total: input.items.reduce((sum, item) => sum + item.price * item.quantity, 0), count: input.items.length }';
const inFlight = 64;
const roundMs = 500;

const scripts = await openScriptConnector({ clock: systemClock });
const items = (count: number): Json => ({
  items: Array.from({ length: count }, (_, place) => ({ sku: `item-${place}`, price: place % 90, quantity: 3 })),
});
report([
  await figure('script: a total of 3 items', items(3), 5_000),
  await figure('script: a total of 200 items (10 KB)', items(200)),
]);
await scripts.close?.();

/** The best of five rounds: what the machine can do where nothing else does. */
async function figure(title: string, input: Json, bar?: number): Promise<Figure> {
  const call = callWith(input);
  let value = 0;
  for (let round = 0; round < 5; round += 1) value = Math.max(value, await perSecond(call));
  return { title, value, unit: '/s', ...(bar === undefined ? {} : { bar }) };
}

async function perSecond(call: ConnectorCall): Promise<number> {
  const start = performance.now();
  let runs = 0;
  const lane = async (): Promise<void> => {
    for (; performance.now() - start < roundMs; runs += 1) await scripts.run(call);
  };
  await Promise.all(Array.from({ length: inFlight }, lane));
  return (runs / (performance.now() - start)) * 1_000;
}

function callWith(input: Json): ConnectorCall {
  return {
    workspace: 'default',
    executionId: 'exec_bench',
    step: 'total',
    attempt: 1,
    idempotencyKey: 'exec_bench/total#1',
    request: { input, params: {}, at: '2026-01-31T09:00:00.000Z', seed: 0.5 },
    settings: { script: simple },
    deadlineAt: undefined,
    signal: new AbortController().signal,
    traceparent: '',
    lastError: undefined,
    hide: () => undefined,
  };
}
