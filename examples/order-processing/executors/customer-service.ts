import { createExecutor, NonRetryable } from 'magicflow/executor';

const executor = createExecutor({ name: 'customer-service' });

executor.register<{ customer_id: string }>('checkCustomer', ({ customer_id }) => {
  if (customer_id.startsWith('blocked-'))
    throw new NonRetryable(`${customer_id} is blocked`, { code: 'CUSTOMER_BLOCKED' });
  return { customer_segment: 'standard' };
});

await executor.run();
