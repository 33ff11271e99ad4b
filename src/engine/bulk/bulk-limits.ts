/** Bounds of operations on many executions, with their units. */

/** Executions that a dry run shows, and problems that a row keeps. */
export const bulkSampleMax = 20;
/** Executions acted on at once. */
export const bulkBatchMax = 50;
/** Executions a second, on one node and for all operations together, unless configured. */
export const bulkRateDefault = 500;
/** Operations that take turns; further ones wait. */
export const bulksAtOnceMax = 100;
/** Writes that wait for the store before ordinary work goes first. */
export const bulkYieldWrites = 1_000;
/** How long it then stands back, and after a store that failed. In milliseconds. */
export const bulkPauseMs = 200;
/** How often operations of nodes that are gone are looked for, in milliseconds. */
export const bulkPollMs = 5_000;
/** Until when a repeat of a rerun is refused: an operation that stood still for longer is not gone on with. */
export const bulkKeyLifetimeMs = 30 * 24 * 3_600_000;
