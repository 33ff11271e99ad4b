/** Which statuses statistics count as success and as failure; the same for every driver. A skipped step is neither. */

export const succeededStatuses: readonly string[] = ['completed'];
/** A compensated execution was undone because a step of it failed. A cancelled one was someone's wish. */
export const failedStatuses: readonly string[] = ['failed', 'timed_out', 'compensated'];

/** Percentiles and step statistics look at this many executions at most, the newest ones. Counts are exact. */
export const statisticsRowsMax = 50_000;
