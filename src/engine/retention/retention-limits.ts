/** Bounds of retention, with their units. */

/** Executions that one transaction deletes: as few as ordinary commits never wait for noticeably. */
export const removeBatchMax = 20;
/** What lies between two of them, in milliseconds; more while writes wait for the store. */
export const removePauseMs = 40;
/** Writes that wait for the store before ordinary work goes first. */
export const removeYieldWrites = 200;
/** How often what is too old is looked for, in milliseconds, unless configured. */
export const retentionIntervalDefaultMs = 60_000;
/** Executions that a dry run counts at most, for each age and limit. */
export const dryRunMax = 100_000;
/** How long the rows of operations on many executions are kept once those have ended, in milliseconds. */
export const bulkLifetimeMs = 30 * 24 * 3_600_000;
