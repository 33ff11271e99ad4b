import { createExecutor } from 'magicflow/executor';

interface UserRecord {
  readonly email: string;
  readonly name: string;
}

const executor = createExecutor({ name: 'user-service' });

executor.register<{ user_data: UserRecord }>('validateUserData', ({ user_data }) => {
  const errors: string[] = [];
  if (user_data.email.endsWith('@example.invalid')) errors.push('email: this domain cannot receive mail');
  if (user_data.name.trim() === '') errors.push('name: must not be empty');
  return { valid: errors.length === 0, errors };
});

executor.register('cleanup', (_input, task) => ({ cleaned_up: true, execution: task.executionId }));

await executor.run();
