/** Bounds of a notification, with their units. */

/** Ports of public mail servers that need no allow entry. */
export const mailPorts: readonly number[] = [25, 465, 587, 2525];
/** Recipients of one email. */
export const recipientsMax = 100;
/** Characters of a PagerDuty summary. */
export const summaryMax = 1_024;
/** Characters of a PagerDuty deduplication key. */
export const dedupKeyMax = 255;
/** Until a mail server stands and greets, and until it says the next word. */
export const mailConnectTimeoutMs = 10_000;
export const mailSilenceMax = 30_000;
/** Steps that were delivered in part and are remembered for their next attempt. */
export const rememberedMax = 1_000;
