import { createExecutor, NonRetryable } from 'magicflow/executor';

const executor = createExecutor({ name: 'payment-service' });

executor.register<{ amount: number }>('scoreFraud', ({ amount }) => ({ risk: amount > 10_000 ? 'high' : 'low' }));

/** The charge id is made of the idempotency key: a repeated delivery charges once. */
executor.register<{ method: string; amount: number }>('charge', ({ method, amount }, task) => {
  if (method === 'declined_card') throw new NonRetryable('the card was declined', { code: 'CARD_DECLINED' });
  return { charge_id: `ch-${task.idempotencyKey}`, amount };
});

executor.register<{ charge_id: string }>('refund', ({ charge_id }) => {
  console.log(`refunded ${charge_id}`);
  return { refunded: charge_id };
});

await executor.run();
