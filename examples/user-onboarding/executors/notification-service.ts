import { createExecutor } from 'magicflow/executor';

const executor = createExecutor({ name: 'notification-service' });

executor.register<{ user_id: string; email: string }>('sendWelcomeEmail', ({ email }) => {
  console.log(`welcome mail to ${email}`);
  return { welcome_email_sent: true };
});

await executor.run();
