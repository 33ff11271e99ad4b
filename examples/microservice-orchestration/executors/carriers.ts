import { createExecutor } from 'magicflow/executor';

const executor = createExecutor({ name: 'carriers' });

executor.register<{ carrier: string; weight: number }>('quote', ({ carrier, weight }) => ({
  carrier,
  price: carrier === 'swift' ? 9 : 4 + weight,
}));

executor.register<{ carrier: string; order_id: string }>('book', ({ carrier, order_id }) => ({
  carrier,
  tracking: `${carrier}-${order_id}`,
}));

executor.register<{ tracking: string }>('cancel', ({ tracking }) => ({ cancelled: tracking }));

await executor.run();
