/**
 * The bounds of the expression language. A user's text can cost no more than these, whatever it says: passing one is
 * a problem at compile time or an `EXPRESSION_TOO_COSTLY` fault at evaluation, never a slow or a dead server.
 */

/** The longest expression, in UTF-16 code units. */
export const expressionLengthMax = 16 * 1024;

/** The longest text with `${…}` in it (a letter, a page), in UTF-16 code units. Other texts are not limited here. */
export const interpolationLengthMax = 256 * 1024;

/** Brackets, calls, lambdas and filters inside one another. Bounds the stack, so it stays far from what one holds. */
export const nestingMax = 64;

/** Lists and objects inside one another, in values that are walked whole and in templates. Bounds the stack too. */
export const valueDepthMax = 500;

/**
 * Steps of one evaluation. A step is some tens of nanoseconds of work: a round of a loop is one and one more for every
 * 8 characters of its body, a text that is made one for every 16 characters.
 */
export const operationsMax = 1_000_000;

/** Nodes that the paths of one evaluation may select or pass. */
export const pathNodesMax = 100_000;

/** The longest text that an evaluation may make, in UTF-16 code units. */
export const textLengthMax = 1024 * 1024;

/** Items in a list that an evaluation makes. */
export const itemsMax = 100_000;

/** Values inside a value that is walked whole: compared, printed, or put together by the expression as its result. */
export const valuePartsMax = 1_000_000;

/** Characters of all texts and names inside such a value, in UTF-16 code units. */
export const valueCharactersMax = 8 * 1024 * 1024;

/** The longest regular expression, in UTF-16 code units. Matching is linear in text times pattern. */
export const patternLengthMax = 1_000;

/** Compiled regular expressions kept per process. */
export const patternCacheMax = 200;

/** Instructions that a regular expression may compile to (`a{1000}` is a thousand of them). */
export const patternSizeMax = 5_000;
