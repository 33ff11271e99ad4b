import { createExecutor } from 'magicflow/executor';

const executor = createExecutor({ name: 'reports' });
const revenues: Readonly<Record<string, number>> = { eu: 500, us: 300, ap: 200 };

executor.register<{ region: string; day: string }>('figures', ({ region }) => ({
  region,
  revenue: revenues[region] ?? 0,
  orders: (revenues[region] ?? 0) / 100,
}));

executor.register<{ before: string }>('lastReport', ({ before }) => ({ before, revenue: 800 }));

await executor.run();
