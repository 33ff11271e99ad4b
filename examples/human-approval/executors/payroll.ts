import { createExecutor } from 'magicflow/executor';

const executor = createExecutor({ name: 'payroll' });

executor.register<{ employee: string; amount: number }>('reimburse', ({ employee, amount }) => {
  console.log(`${employee} gets ${amount}`);
  return { paid: true, amount };
});

await executor.run();
