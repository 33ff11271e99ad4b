import { createExecutor } from 'magicflow/executor';

const executor = createExecutor({ name: 'warehouse' });
const countries = ['DE', 'FR', 'IT'];

/** A day of sales, the same for the same day; every tenth row has no country. */
executor.register<{ day: string }>('readSales', ({ day }) => ({
  rows: Array.from({ length: 25 }, (_, index) => ({
    id: `${day}-${index}`,
    country: index % 10 === 9 ? '' : countries[index % countries.length],
    amount: (index * 37) % 200,
  })),
}));

executor.register<{ day: string; rows: readonly unknown[] }>('writeRows', ({ day, rows }) => {
  console.log(`${rows.length} rows of ${day}`);
  return { rows: rows.length };
});

await executor.run();
