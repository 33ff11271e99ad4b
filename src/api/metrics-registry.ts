/** The program's own metrics in the Prometheus text format: the process, the engine's counters, the depth of queues. */
import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import type { Engine, EngineCounters } from '../engine/engine.ts';

/** Plain counters of the engine, by their metric. */
const counters: readonly (readonly [keyof Omit<EngineCounters, 'ended'>, string, string])[] = [
  ['started', 'executions_started_total', 'Executions started.'],
  ['commits', 'commits_total', 'Batches of moves made durable.'],
  ['moves', 'moves_total', 'Moves made durable.'],
  ['conflicts', 'move_conflicts_total', 'Moves that lost against another writer.'],
  ['tasksHandedOut', 'tasks_handed_out_total', 'Tasks handed to executors.'],
  ['staleResults', 'stale_results_total', 'Results under a lease that was lost.'],
  ['timersFired', 'timers_fired_total', 'Timers fired.'],
  ['removed', 'executions_removed_total', 'Ended executions removed by retention.'],
  ['recovered', 'executions_recovered_total', 'Executions taken up again after a restart.'],
];

export function openMetricsRegistry(engine: Engine, streams: { readonly count: number }): Registry {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  for (const [field, name, help] of counters) {
    new Counter({
      name: `magicflow_${name}`,
      help,
      registers,
      collect() {
        this.reset();
        this.inc(engine.health().counters[field]);
      },
    });
  }
  new Counter({
    name: 'magicflow_executions_ended_total',
    help: 'Executions ended, by outcome.',
    labelNames: ['status'],
    registers,
    collect() {
      this.reset();
      for (const [status, count] of Object.entries(engine.health().counters.ended)) this.inc({ status }, count);
    },
  });
  addGauges(engine, streams, registers);
  return registry;
}

function addGauges(engine: Engine, streams: { readonly count: number }, registers: Registry[]): void {
  const gauges: readonly (readonly [string, string, () => number])[] = [
    ['ready', '1 while the server takes work.', () => Number(engine.health().ready)],
    ['executions_live', 'Executions held in memory.', () => engine.health().live],
    ['pending_writes', 'Moves that wait for the next commit.', () => engine.health().pendingWrites],
    ['waiting_claims', 'Claims that wait for work.', () => engine.health().waitingClaims],
    ['open_streams', 'Event streams that are open.', () => streams.count],
  ];
  for (const [name, help, read] of gauges) {
    new Gauge({
      name: `magicflow_${name}`,
      help,
      registers,
      collect() {
        this.set(read());
      },
    });
  }
  new Gauge({
    name: 'magicflow_storage_bytes',
    help: 'What everything that is kept takes.',
    registers,
    async collect() {
      this.set(await engine.retention.sizeBytes());
    },
  });
  new Gauge({
    name: 'magicflow_retention_last_sweep_seconds',
    help: 'When retention last looked for what is due, in seconds since 1970; 0 before the first time.',
    registers,
    collect() {
      this.set((engine.retention.lastSweep()?.at ?? 0) / 1_000);
    },
  });
  new Gauge({
    name: 'magicflow_queue_depth',
    help: 'Tasks of an executor, by whether somebody holds them.',
    labelNames: ['workspace', 'executor', 'state'],
    registers,
    async collect() {
      this.reset();
      for (const { workspace, executor, ready, leased } of await engine.tasks.depths()) {
        this.set({ workspace, executor, state: 'ready' }, ready);
        this.set({ workspace, executor, state: 'leased' }, leased);
      }
    },
  });
}
