/** How long a workflow usually takes: the median of its newest runs. */
const samplesMax = 101;
/** Runs after which the median is taken anew. */
const refreshEvery = 10;

export interface Estimates {
  record(workspace: string, workflow: string, durationMs: number): void;
  /** Milliseconds; undefined where no run has ended yet. */
  typicalMs(workspace: string, workflow: string): number | undefined;
}

interface Samples {
  readonly durations: number[];
  count: number;
  median: number;
}

export function openEstimates(): Estimates {
  const byWorkflow = new Map<string, Samples>();
  return {
    record(workspace, workflow, durationMs) {
      const key = `${workspace}\n${workflow}`;
      const samples = byWorkflow.get(key) ?? { durations: [], count: 0, median: durationMs };
      samples.durations[samples.count % samplesMax] = durationMs;
      samples.count += 1;
      if (samples.count % refreshEvery === 0) samples.median = medianOf(samples.durations);
      byWorkflow.set(key, samples);
    },
    typicalMs: (workspace, workflow) => byWorkflow.get(`${workspace}\n${workflow}`)?.median,
  };
}

function medianOf(durations: readonly number[]): number {
  return durations.toSorted((a, b) => a - b)[durations.length >> 1] ?? 0;
}
