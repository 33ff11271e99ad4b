/** Bounds of an HTTP step, with their units. */

/** Bytes of a body that is neither JSON nor text: as base64 it stays below what a journal keeps. */
export const binaryBytesMax = 2 * 1024 * 1024;
/** Characters of a body that the details of a failure keep. */
export const excerptMax = 8_192;
/** Pages of a step that does not say. */
export const pagesDefault = 100;
/** Length of the items of all pages together as JSON, in UTF-16 code units. */
export const pagesTextMax = 4 * 1024 * 1024;
/** How long a request may outlive the timeout of its step, which is the engine's to watch. */
export const deadlineGraceMs = 5_000;
