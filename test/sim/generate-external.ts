/** Steps that the server carries out itself, one kind for each connector there is. */
import type { Json } from '../../src/kit/json.ts';
import type { Dice } from './dice.ts';

type Fields = Readonly<Record<string, Json>>;

/** By connector. Nothing is ever reached: `connectors.ts` answers. */
const writers: Readonly<Record<string, (dice: Dice) => Fields>> = {
  script: () => ({ type: 'transform', script: 'return { n: input.k1 }' }),
  http: (dice) => ({
    type: 'http',
    method: dice.pick(['GET', 'POST']),
    url: 'https://shop.test/orders/${input.k1}',
    query: { k: '$.input.k2' },
  }),
  grpc: () => ({ type: 'grpc', address: 'shop.test:443', service: 'shop.Orders', method: 'Get' }),
  database: (dice) =>
    dice.chance(0.5)
      ? { type: 'database', connection: 'shop', query: 'select :k', params: { k: '$.input.k1' } }
      : { type: 'database', connection: 'shop', operation: 'insert', table: 'orders', values: { k: '$.input.k2' } },
  webhook: () => ({ type: 'webhook', url: 'https://hooks.test/', body: { k: '$.input.k3' } }),
  publish: () => ({ type: 'publish', topic: 'orders', message: { k: '$.input.k1' } }),
  notify: () => ({ type: 'notify', channels: ['slack'], message: 'order ${input.k4}' }),
};

/** `replay.test.ts` sees that every step type comes up. */
export const connectorNames: readonly string[] = Object.keys(writers);

export function externalFields(dice: Dice): Fields {
  return writers[dice.pick(connectorNames)]?.(dice) ?? {};
}
