import { createExecutor, NonRetryable } from 'magicflow/executor';

const executor = createExecutor({ name: 'ci' });

executor.register<{ commit: string }>('lint', ({ commit }) => ({ commit, warnings: 0 }));

executor.register<{ commit: string; runtime: string }>('test', ({ commit, runtime }) => {
  if (commit.startsWith('bad')) throw new NonRetryable(`3 tests fail on ${runtime}`, { code: 'TESTS_FAILED' });
  return { runtime, passed: 120 };
});

executor.register<{ repository: string; commit: string }>('build', ({ repository, commit }) => ({
  image: `registry.example.com/${repository}:${commit}`,
}));

await executor.run();
