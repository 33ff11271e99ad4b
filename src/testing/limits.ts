/** Every bound of a test run, with its unit. */

/** When the clock of a case begins that sets none: the first instant of 2026, UTC. In milliseconds since the epoch. */
export const clockDefaultMs = Date.UTC(2026, 0, 1);
export const seedDefault = 1;
/** Moments of one case at which something happens; one more ends it as endless. */
export const momentsMax = 100_000;
/** Virtual time of one case: longer than any duration of the language. In milliseconds. */
export const virtualTimeMax = 200 * 366 * 86_400_000;
/** Events of one execution that a report looks at. */
export const eventsPage = 10_000;
/** Lines of one difference that a report shows. */
export const differenceLinesMax = 40;
/** Characters of one value that a report shows. */
export const shownLengthMax = 2_000;
