/** Every bound of a node, with its unit. */

/** A value whose JSON text is longer is stored once under its hash, out of the record. In UTF-16 code units. */
export const inlineValueMax = 16_384;
/** The longest JSON text of one input, output or payload. */
export const valueTextMax = 4 * 1024 * 1024;
/** Writes that share one commit. */
export const batchMax = 2_000;
/** Batches under way at once. */
export const batchesMax = 2;
/** Writes that are reason enough to commit at once, so that the store works while the next ones are decided. */
export const batchEager = 128;
/** Writes that wait for the next commit before starts are refused with QUEUE_FULL: of a workspace its share of them. */
export const pendingWritesMax = 50_000;
/** Attempts to settle a commit whose result is unknown, before its callers are told. */
export const commitAttemptsMax = 3;
/** How long a commit of unknown result waits before it is tried again; doubled each time. In milliseconds. */
export const commitRetryDelayMs = 50;
/** Executions kept in memory while nothing happens to them. */
export const idleLiveMax = 2_000;
/** Records read at once when an execution is loaded; the rest follows in pages. */
export const loadPage = 1_000;
/** A snapshot is written when the tail holds at least this many events, and as many as the last snapshot. */
export const snapshotEventsMin = 500;
/** Until when work handed out inside this process is looked after again if nothing was heard of it. */
export const handOverGraceMs = 30_000;
/** Timers due later than this are left to their wake row. */
export const timerHorizonMs = 60_000;
/** How often wake rows and leases are swept, and how many at once. */
export const sweepIntervalMs = 500;
export const sweepBatch = 200;
/** How often the queues of ready tasks are compared with the store. In milliseconds. */
export const queueRefreshMs = 10_000;
/** How long an executor holds a task without a heartbeat. */
export const leaseDefaultMs = 30_000;
/** Tasks of one claim. */
export const claimTasksMax = 100;
/** The longest wait of one claim. */
export const claimWaitMaxMs = 60_000;
/** Ready tasks of one executor held in memory; the rest stays in the store until they are claimed. */
export const readyTasksMax = 10_000;
/** How long a start key is remembered. */
export const startKeyLifetimeMs = 24 * 3_600_000;
/** The longest documents that are parsed on the main thread, in UTF-16 code units; longer ones go to a worker. */
export const parseInlineMax = 65_536;
/** Pieces of a longer text that are looked at on the main thread, a few milliseconds: bombs show themselves by then. */
export const parseGlanceTokens = 5_000;
/** Workers that parse at once; texts beyond them wait. */
export const parseWorkersMax = 2;
/** How long a worker that has nothing to parse is kept, in milliseconds: the next long text saves its start. */
export const parseWorkerIdleMs = 30_000;
/** Running executions of a workspace, and those that wait for a slot: none unless configured. */
export const admissionDefaults = { running: Number.POSITIVE_INFINITY, queued: 100_000 } as const;
/** Of an execution whose start and workflow say none: 0 to 9, 9 first. */
export const priorityDefault = 5;
