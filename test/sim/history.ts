/** A journal that was recorded once: whatever the program becomes, it must replay to the state that stands beside it. */
import type { ExecutionEvent } from '../../src/core/events.ts';
import { writeSnapshot } from '../../src/core/snapshot.ts';
import type { Path } from './random-path.ts';

export interface History {
  /** What the execution shows. */
  readonly about: string;
  /** The release that wrote it. */
  readonly release: string;
  readonly executionId: string;
  readonly definition: unknown;
  readonly records: readonly { readonly at: number; readonly events: readonly ExecutionEvent[] }[];
  readonly state: unknown;
}

export function readHistory(text: string): History {
  return JSON.parse(text) as History;
}

export function writeHistory(path: Path, { about, release }: { about: string; release: string }): string {
  const { state } = JSON.parse(writeSnapshot(path.state)) as { state: unknown };
  const history: History = {
    about,
    release,
    executionId: path.state.id,
    definition: JSON.parse(path.text) as unknown,
    records: path.moves,
    state,
  };
  return `${JSON.stringify(history, null, 1)}\n`;
}
