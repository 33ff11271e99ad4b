/** Carts, customers, recommendations, orders and payments: five services in one process, as an example may. */
import { createExecutor } from 'magicflow/executor';

const carts = createExecutor({ name: 'carts' });
carts.register<{ cart_id: string }>('get', ({ cart_id }) => ({
  cart_id,
  items: [
    { sku: 'tea', price: 5, quantity: 2, weight: 0.1 },
    { sku: 'pot', price: 20, quantity: 1, weight: 1 },
  ],
}));

const customers = createExecutor({ name: 'customers' });
customers.register<{ customer_id: string }>('get', ({ customer_id }) => ({ customer_id, is_member: true }));

const recommendations = createExecutor({ name: 'recommendations' });
recommendations.register('forCart', () => ({ products: ['mug'] }));

const orders = createExecutor({ name: 'orders' });
orders.register('create', (_, task) => ({ order_id: `o-${task.idempotencyKey}` }));
orders.register<{ order_id: string }>('cancel', ({ order_id }) => ({ cancelled: order_id }));

const payments = createExecutor({ name: 'payments' });
payments.register('charge', (_, task) => ({ payment_id: `p-${task.idempotencyKey}` }));
payments.register<{ payment_id: string }>('refund', ({ payment_id }) => ({ refunded: payment_id }));

await Promise.all([carts, customers, recommendations, orders, payments].map((executor) => executor.run()));
