/**
 * What a benchmark is: something that runs once per round and gives figures. Rounds of all benchmarks take turns, so that
 * whatever else the machine does falls on all of them alike, and the median over the rounds is what counts.
 */
export interface Measure {
  /** For `--only`. */
  readonly name: string;
  run(scale: Scale): Promise<readonly Figure[]>;
}

export interface Scale {
  /** Empty, on the disk that is measured, removed after the round. */
  readonly folder: string;
  readonly seed: number;
  /** How many of something to do: `full`, or the tenth part of it in a quick run. */
  count(full: number): number;
}

export type Unit = '/s' | 'ms' | 'MB' | 'B' | '×' | 'µs';

export interface Figure {
  readonly title: string;
  readonly value: number;
  readonly unit: Unit;
  /** The worst value that is still good enough. */
  readonly bar?: number;
}

/** A figure of the whole run. */
export interface Summary extends Figure {
  readonly measure: string;
  /** In the order of the rounds. */
  readonly rounds: readonly number[];
}

/** Rates should be high; everything else should be low. */
export const isMet = ({ value, unit, bar }: Figure): boolean =>
  bar === undefined || (unit === '/s' ? value >= bar : value <= bar);
