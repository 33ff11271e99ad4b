import { createExecutor } from 'magicflow/executor';

const executor = createExecutor({ name: 'account-service' });

/** A repeat of the same task gives the same account: the id is made of the idempotency key. */
executor.register<{ email: string; name: string }>('createUserAccount', ({ email }, task) => {
  if (email.startsWith('taken@'))
    throw Object.assign(new Error(`${email} has an account`), { code: 'EMAIL_TAKEN', retryable: false });
  return {
    user_id: `user-${task.idempotencyKey.split('/')[0]?.slice(-8)}`,
    account_status: 'active',
    created_at: new Date().toISOString(),
    verification_status: 'pending',
  };
});

await executor.run();
