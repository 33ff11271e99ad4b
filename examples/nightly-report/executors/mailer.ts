import { createExecutor } from 'magicflow/executor';

const executor = createExecutor({ name: 'mailer' });

/** A mail program that keeps what it sent by the key sends a report once, however often it is asked. */
executor.register<{ report: { title: string } }>('send', ({ report }, task) => {
  console.log(`${task.idempotencyKey}: ${report.title}`);
  return { sent: true };
});

await executor.run();
