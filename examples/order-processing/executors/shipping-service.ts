import { createExecutor, NonRetryable } from 'magicflow/executor';

interface Address {
  readonly city?: string;
  readonly zip?: string;
}

const executor = createExecutor({ name: 'shipping-service' });

executor.register<{ order_id: string; address: Address }>('ship', ({ order_id, address }) => {
  if (address.zip === undefined) throw new NonRetryable('the address has no zip code', { code: 'ADDRESS_INVALID' });
  return { tracking: `track-${order_id}` };
});

await executor.run();
