/**
 * What validate steps found, added up by the names of the steps: of rounds that are folded nothing else is kept, and
 * of more steps than a view lists one by one.
 */
import type { Quality, QualityByStep } from './events.ts';

export type QualityCounts = Map<string, Quality>;

export function addQuality(counts: QualityCounts, step: string, quality: Quality): void {
  const known = counts.get(step);
  const sums = new Map(Object.entries(known ?? {}));
  for (const [rule, [passed, failed]] of Object.entries(quality)) {
    const [passedBefore, failedBefore] = sums.get(rule) ?? [0, 0];
    sums.set(rule, [passedBefore + passed, failedBefore + failed]);
  }
  counts.set(step, Object.fromEntries(sums));
}

/** Undefined where none of the steps checked anything. */
export function qualityOf(
  steps: Iterable<{ readonly name: string; readonly quality: Quality | undefined }>,
): QualityByStep | undefined {
  const counts: QualityCounts = new Map();
  for (const { name, quality } of steps) if (quality) addQuality(counts, name, quality);
  return counts.size === 0 ? undefined : Object.fromEntries(counts);
}
