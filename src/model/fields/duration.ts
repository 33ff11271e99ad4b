import { parseDuration } from '../../kit/duration.ts';
import type { Sink } from '../sink.ts';
import { nameOf, type Spot, shorten } from '../yaml/tree.ts';
import { type Kind, reportType } from './kind.ts';

/** Fixed durations: milliseconds in the normal form. Apart from `time.ts`, which needs the expression language. */
export const durationExample = 'a duration with its unit: 500ms, 15s, 10m, 24h, 7d, 1h30m or PT15S';

/** A fixed duration of at least `minMs`. */
export function duration(minMs = 0): Kind<number> {
  return {
    expected: durationExample,
    read: (spot, sink) => readDuration(spot, sink, minMs),
    schema: () => ({ type: 'string', examples: ['500ms', '15s', '10m', '24h', '7d', '1h30m', 'PT15S'] }),
  };
}

function readDuration(spot: Spot, sink: Sink, minMs: number): number | undefined {
  const { node } = spot;
  if (node.kind !== 'scalar' || node.value === null || typeof node.value === 'boolean')
    return reportType(spot, sink, durationExample);
  const durationMs = typeof node.value === 'number' ? undefined : parseDuration(node.value);
  if (durationMs !== undefined && durationMs >= minMs) return durationMs;
  const reason = durationMs === undefined ? `is not ${durationExample}` : `is too short: at least ${minMs}ms`;
  const hint = typeof node.value === 'number' ? `; "${node.value}s" is ${node.value} seconds` : '';
  sink.report('DURATION_INVALID', spot, `"${nameOf(spot)}": ${shorten(String(node.value))} ${reason}${hint}`);
  return undefined;
}
