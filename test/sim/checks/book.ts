/** What the checks know of one execution: its state replayed from the journal, and what its definition says. */
import type { ExecutionEvent } from '../../../src/core/events.ts';
import type { ExecutionState } from '../../../src/core/state.ts';
import type { Tally } from '../tally.ts';
import type { Target } from '../target.ts';
import type { Outline } from './outline.ts';

export interface Book {
  readonly id: string;
  /** After the events so far, as a replay of the journal gives it. */
  readonly shadow: ExecutionState;
  outline: Outline;
  readonly target: Target;
  readonly tally: Tally;
  /** True where nothing goes wrong in this run: time limits hold to the second. */
  readonly isFair: boolean;
  /** Until when the execution was paused last; timers may be late by that. */
  heldUntil: number;
  /** Events by type. */
  readonly counts: Map<string, number>;
}

/** One of the things looked at while a journal grows. */
export interface Check {
  /** Before the event changes the shadow. */
  before?(event: ExecutionEvent, at: number): void;
  /** After every event of a move. */
  moved?(at: number): void;
}

/** How late a timer may be when nothing is wrong, in milliseconds. */
export const latenessMaxMs = 2_000;
