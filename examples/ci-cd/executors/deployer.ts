import { createExecutor } from 'magicflow/executor';

const executor = createExecutor({ name: 'deployer' });

executor.register<{ region: string; image: string }>('deploy', ({ region, image }) => {
  console.log(`${image} runs in ${region}`);
  return { region };
});

executor.register<{ region: string }>('check', ({ region }) => ({ region, healthy: true }));

executor.register<{ region: string }>('rollback', ({ region }) => {
  console.log(`${region} is back where it was`);
  return { region };
});

await executor.run();
