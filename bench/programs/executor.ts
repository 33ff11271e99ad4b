/** An executor as users write it, with one function that does nothing. Reports once it takes work. */
import { createExecutor } from '../../sdk/typescript/executor.ts';
import { readJob, report } from '../support/program.ts';
import { stepOutput } from '../support/workflows.ts';

export interface ExecutorJob {
  readonly url: string;
  readonly token: string;
  readonly concurrency: number;
}

const { url, token, concurrency } = readJob<ExecutorJob>();
const executor = createExecutor({ server: url, token, name: 'bench', concurrency });
executor.register('step', () => stepOutput);
await executor.run();
report('ready');
