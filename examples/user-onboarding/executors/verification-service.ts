import { createExecutor } from 'magicflow/executor';

const executor = createExecutor({ name: 'verification-service' });

executor.register('verifyUser', () => ({ verification_status: 'verified' }));

await executor.run();
