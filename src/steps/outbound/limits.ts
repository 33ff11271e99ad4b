/** Bounds of what goes out, with their units. */

/** Bytes of one answer, decompressed. */
export const responseBytesMax = 10 * 1024 * 1024;
/** From the name to the last byte, where the caller sets no deadline. */
export const requestTimeoutDefaultMs = 60_000;
/** Until a connection stands. */
export const connectTimeoutMs = 10_000;
/** Connections are kept this long for the next request: less than servers keep theirs, so that none is lost halfway. */
export const keepAliveMs = 2_000;
/** Connections kept open to one host and port. */
export const keptSocketsMax = 16;
/** Redirects of one request. */
export const redirectsMax = 10;
