import { createExecutor, NonRetryable } from 'magicflow/executor';

interface Item {
  readonly product_id: string;
  readonly quantity: number;
}

const executor = createExecutor({ name: 'inventory-service' });

executor.register<{ items: readonly Item[] }>('checkStock', ({ items }) => {
  const missing = items.filter((item) => item.quantity > 100).map((item) => item.product_id);
  if (missing.length > 0) throw new NonRetryable(`not in stock: ${missing.join(', ')}`, { code: 'OUT_OF_STOCK' });
  return { in_stock: true };
});

executor.register<{ order_id: string }>('reserve', ({ order_id }) => ({ reservation_id: `res-${order_id}` }));

executor.register<{ reservation_id: string }>('release', ({ reservation_id }) => {
  console.log(`released ${reservation_id}`);
  return { released: reservation_id };
});

await executor.run();
