/** Every bound of a script, with its unit. The length of its source stands in `model/limits.ts`. */

/** Time of one run, in milliseconds; a step's `timeout` may shorten it. */
export const runMsMax = 1_000;
/** How long after that a run that does not stop by itself is waited for, before its thread is ended. */
export const stopGraceMs = 250;
/** How long a thread may take to start, in milliseconds. */
export const startMsMax = 10_000;
/** Memory that one run may hold, in bytes. */
export const memoryBytesMax = 32 * 1024 * 1024;
/** Of the engine's own stack, in bytes: recursion ends there. */
export const stackBytesMax = 256 * 1024;
/** The JSON text that goes in (input and params together) and the one that comes out, in UTF-16 code units. */
export const valueTextMax = 1024 * 1024;
/** What a failed run shows of its `console`: lines, and UTF-16 code units of each. */
export const logLinesMax = 50;
export const logLineMax = 500;
/** UTF-16 code units of an error's message, and of its stack. */
export const messageMax = 2_000;
/** What a thread keeps of compiled scripts, in bytes: about a third of a MiB each. */
export const compiledBytesMax = 16 * 1024 * 1024;
/** Memory that a script finds free at first, in bytes, and at most: one that needed more than it found gets more. */
export const roomBytes = 256 * 1024;
export const roomBytesMax = 4 * 1024 * 1024;
/** Runs that a thread holds: one that runs, and one so that it need not wait for the next. */
export const runsPerThread = 2;
/** Threads beside one for each processor: some wait for scripts that hang. */
export const threadsExtra = 1;
export const threadsMax = 9;
