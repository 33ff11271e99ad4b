/** How bad a run is: the share of each fault, drawn per seed, and none at all once the calm has begun. */
import type { Dice } from './dice.ts';

export interface Weather {
  /** True in a seed without any fault: lateness is checked there. */
  readonly isFair: boolean;
  /** No fault happens any more. */
  isCalm: boolean;
  /** The share of a fault, 0 to 1; drawn so that many seeds have none of it and some have much. */
  readonly shares: Readonly<Record<Hazard, number>>;
  /** Whether the fault happens now. */
  strikes(hazard: Hazard): boolean;
}

/** The largest share of each. */
const worst = {
  crashBeforeCommit: 0.01,
  crashAfterCommit: 0.01,
  commitRejects: 0.08,
  commitRejectsDone: 0.08,
  commitSlow: 0.15,
  commitConflicts: 0.05,
  readFails: 0.03,
  readSlow: 0.1,
  timerLate: 0.3,
  messageLost: 0.1,
  answerLost: 0.1,
  messageDoubled: 0.1,
  messageDelayed: 0.1,
  executorCrash: 0.1,
  executorHang: 0.1,
  executorLate: 0.1,
  executorDuplicate: 0.1,
  executorWrongToken: 0.1,
  executorRelease: 0.1,
  executorGone: 0.1,
  localThrows: 0.2,
  localHangs: 0.1,
  localChangesInput: 0.3,
  localNoJson: 0.1,
} as const;

/** Sometimes executors are so bad that a task is handed out again and again. */
const severity = 10;

export type Hazard = keyof typeof worst;

export function makeWeather(dice: Dice): Weather {
  const isFair = dice.chance(0.2);
  const shares: Record<string, number> = {};
  for (const [hazard, share] of Object.entries(worst)) {
    const isSevere = hazard.startsWith('executor') && dice.chance(0.1);
    const worstShare = isSevere ? share * severity : share;
    shares[hazard] = isFair || dice.chance(0.5) ? 0 : worstShare * dice.int(1, 10) * 0.1;
  }
  return {
    isFair,
    isCalm: false,
    shares: shares as Record<Hazard, number>,
    strikes(hazard) {
      return !this.isCalm && this.shares[hazard] > 0 && dice.chance(this.shares[hazard]);
    },
  };
}
