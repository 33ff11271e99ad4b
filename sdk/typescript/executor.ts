import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { parseDuration } from '../../src/kit/duration.ts';
import { Desk } from './desk.ts';
import { type ExecutorConfig, readExecutorConfig } from './executor-config.ts';
import { type HealthServer, type HealthSettings, serveHealth } from './health.ts';
import type { TaskFunction } from './task.ts';
import { openTransport, parseServer, type Transport } from './transport.ts';
import { type Stopped, Worker } from './worker.ts';

export { ApiError } from './api-error.ts';
export { NonRetryable, type Task, type TaskFunction } from './task.ts';

/**
 * An executor: a program that registers functions and does the tasks that workflows hand to them.
 *
 * It needs nothing but HTTP to the platform. Delivery is at least once: a task whose result was lost comes again with the
 * same `idempotencyKey`. Options win over the file, the file over MAGICFLOW_SERVER and MAGICFLOW_TOKEN.
 */
export interface ExecutorOptions {
  /** Default: MAGICFLOW_SERVER, else http://localhost:8080. */
  readonly server?: string;
  readonly token?: string;
  /** The name that workflows write as `executor`. A name that ends in `-executor` also serves the name without it. */
  readonly name?: string;
  /** Every name to serve, where one program does the work of several. */
  readonly names?: readonly string[];
  /** The executor's file, read by `start()`. */
  readonly config?: string;
  /** Functions that run at once. Default 10. */
  readonly concurrency?: number;
  /** The longest a function may take: `5m`. Default: what the step says. */
  readonly timeout?: string;
  /** Deliveries under way at once. Default 4, never more than `concurrency`. */
  readonly lanes?: number;
  /** How long one claim waits on the server. Default `20s`. */
  readonly wait?: string;
  readonly health?: HealthSettings;
  /** Told of every failure that the executor deals with by itself. Default: a line on stderr. */
  readonly report?: (problem: unknown) => void;
}

export interface Executor {
  /** Replaces an earlier function of that name. */
  register<Input = never, Output = unknown>(functionName: string, run: TaskFunction<Input, Output>): Executor;
  /** Resolves once it takes work. Rejects where the file cannot be read or the health port is taken. */
  start(): Promise<void>;
  /** Starts, and stops when the process is asked to end (SIGTERM, SIGINT): what a program that is only an executor calls. */
  run(): Promise<void>;
  /** Takes no more work, lets what runs end and delivers it; hands back what still runs after `deadlineMs` (default 30 s). */
  stop(options?: { deadlineMs?: number }): Promise<Stopped>;
  /** What it does right now; `healthPort` once its health is served. */
  state(): { isRunning: boolean; tasks: number; healthPort: number | undefined };
}

const deadlineDefaultMs = 30_000;

/** Throws TypeError for an option that cannot be right. */
export function createExecutor(options: ExecutorOptions = {}): Executor {
  if (options.server !== undefined) parseServer(options.server);
  const functions = new Map<string, TaskFunction<never>>();
  let running: Running | undefined;
  let starting = false;
  const executor: Executor = {
    register(functionName, run) {
      functions.set(functionName, run as TaskFunction<never>);
      return executor;
    },
    async start() {
      if (starting) throw new TypeError('the executor was started before: create another');
      if (functions.size === 0) throw new TypeError('the executor has no functions: register one before start()');
      starting = true;
      running = await startRunning(options, functions);
    },
    async run() {
      const end = (): void => void executor.stop();
      process.once('SIGTERM', end).once('SIGINT', end);
      await executor.start();
    },
    async stop({ deadlineMs = deadlineDefaultMs } = {}) {
      const stopped = await running?.worker.stop(deadlineMs);
      await running?.health?.close();
      running?.transport.close();
      running = undefined;
      return stopped ?? { handedBack: 0, undelivered: 0 };
    },
    state: () => ({
      isRunning: running !== undefined,
      tasks: running?.worker.holdings.size ?? 0,
      healthPort: running?.health?.port,
    }),
  };
  return executor;
}

interface Running {
  readonly worker: Worker;
  readonly transport: Transport;
  readonly health: HealthServer | undefined;
}

async function startRunning(
  options: ExecutorOptions,
  functions: ReadonlyMap<string, TaskFunction<never>>,
): Promise<Running> {
  const file: ExecutorConfig = options.config === undefined ? {} : await readExecutorConfig(options.config);
  const names = options.names ?? namesOf(options.name ?? file.name);
  const concurrency = positive('concurrency', options.concurrency ?? file.concurrency ?? 10);
  const lanes = Math.min(positive('lanes', options.lanes ?? 4), concurrency);
  const transport = openTransport({
    server: options.server ?? file.server ?? process.env['MAGICFLOW_SERVER'] ?? 'http://localhost:8080',
    token: options.token ?? file.token ?? process.env['MAGICFLOW_TOKEN'],
    // A claim a name, the lanes, and room for beats and releases.
    connectionsMax: names.length + lanes + 4,
  });
  const worker = new Worker({
    desk: new Desk(transport, `${hostname()}-${process.pid}-${randomUUID().slice(0, 8)}`),
    names,
    functions,
    concurrency,
    lanes,
    timeoutMs: options.timeout === undefined ? file.timeoutMs : durationOf('timeout', options.timeout),
    waitMs: durationOf('wait', options.wait ?? '20s'),
    report: options.report ?? reportLine,
  });
  const settings = options.health ?? file.health;
  const stateOf = () => ({ isReady: !worker.stopping.signal.aborted, executor: names[0], tasks: worker.holdings.size });
  const health = settings && (await serveHealth(settings, stateOf));
  worker.start();
  return { worker, transport, health };
}

function namesOf(name: string | undefined): readonly string[] {
  if (name === undefined || name === '')
    throw new TypeError('the executor needs a name: give name, names or a config file');
  const served = name.replace(/-executor$/, '');
  return served === name || served === '' ? [name] : [name, served];
}

function positive(what: string, value: number): number {
  if (Number.isInteger(value) && value > 0) return value;
  throw new TypeError(`${what} must be a whole number above 0, it is ${value}`);
}

function durationOf(what: string, text: string): number {
  const durationMs = parseDuration(text);
  if (durationMs === undefined) throw new TypeError(`${what} must be a duration like 20s, it is "${text}"`);
  return durationMs;
}

function reportLine(problem: unknown): void {
  console.error(`magicflow executor: ${problem instanceof Error ? problem.message : String(problem)}`);
}
