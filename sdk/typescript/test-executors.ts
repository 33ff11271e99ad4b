import { createExecutor, type Executor, type ExecutorOptions } from './executor.ts';
import { TestPlatform } from './test-platform.ts';

/** Executors for tests, over a test platform: what they report is kept, and all of them are stopped in the end. */
export interface TestExecutors {
  readonly platform: TestPlatform;
  readonly problems: unknown[];
  problemCodes(): string[];
  /** Of the name `shop`. */
  make(options?: Partial<ExecutorOptions>): Executor;
  close(): Promise<void>;
}

export async function openTestExecutors(): Promise<TestExecutors> {
  const platform = await TestPlatform.open();
  const problems: unknown[] = [];
  const made: Executor[] = [];
  return {
    platform,
    problems,
    problemCodes: () => problems.map((problem) => (problem as { code: string }).code),
    make(options = {}) {
      const report = (problem: unknown): void => void problems.push(problem);
      const executor = createExecutor({ server: platform.url, name: 'shop', token: 'mf_secret', report, ...options });
      made.push(executor);
      return executor;
    },
    async close() {
      await Promise.all(made.map((executor) => executor.stop({ deadlineMs: 0 })));
      await platform.close();
    },
  };
}

/** Tasks `t0`, `t1` … whose input is their number. */
export const numbered = (count: number) =>
  Array.from({ length: count }, (_, index) => ({ id: `t${index}`, input: index }));
