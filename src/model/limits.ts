/**
 * Every bound of a document, with its unit. They are checked before the work they bound is done, and each is tested at
 * its edge. Bounds of an expression stand in `expression/limits.ts`.
 */

/** Bytes of UTF-8 in one text. */
export const textBytesMax = 1_048_576;
/** Lists and maps inside each other, whatever they mean. */
export const depthMax = 64;
/** Values and keys of one text. */
export const nodesMax = 20_000;
/** Lexical pieces of one text, white space and comments included. */
export const tokensMax = 120_000;
/** UTF-16 code units of one value. */
export const scalarLengthMax = 131_072;
/** Documents of one text. */
export const documentsMax = 100;
/** Anchors, tags and directives of one text: hardly any is accepted, so hardly any is read. */
export const decorationsMax = 100;
/** Problems reported for one text. */
export const problemsMax = 200;

/** Steps of one workflow, nested ones and handlers included. */
export const stepsMax = 500;
/** Lists of steps inside each other. */
export const nestingMax = 32;
/** Branches of one parallel step, and cases of one condition. */
export const branchesMax = 1_000;
/** Things that one wait may wait for at once. */
export const alternativesMax = 100;
/** Signals that one wait may take; as many as an execution keeps. */
export const signalsTakenMax = 1_000;
/** Fields of one form. */
export const formFieldsMax = 100;
/** Options of one field of a form. */
export const formOptionsMax = 1_000;
/** Outcomes that one human task may have. */
export const outcomesMax = 20;
/** Escalations of one human task. */
export const escalationsMax = 20;
/** People and groups that one human task may be written to. */
export const assigneesMax = 100;
/** Characters of a name. */
export const nameLengthMax = 63;
/** Rules of one `error_handling`. */
export const rulesMax = 100;
/** Workflows under `includes`. */
export const includesMax = 100;
/** Retry policies of one step. */
export const retryPoliciesMax = 20;
/** Attempts of one step. */
export const attemptsMax = 1_000;
/** Rules of one validate step. */
export const qualityRulesMax = 100;
/** Statistics of one aggregate step, the members that make its groups, and the values that one `list` keeps. */
export const statisticsMax = 50;
export const groupFieldsMax = 10;
export const listedMax = 1_000;
/** UTF-16 code units of one script. */
export const scriptLengthMax = 65_536;
/** Visits of one step in one execution. */
export const visitsMax = 100_000;

/** Cases of one test document, the answers of one mock, what is sent to one case, and calls that may be expected. */
export const testCasesMax = 1_000;
export const mockAnswersMax = 1_000;
export const testSignalsMax = 1_000;
export const expectedCallsMax = 1_000_000;

/** Problems that a check of one value against a schema reports. */
export const schemaErrorsMax = 50;
/** Levels of a value that is checked against a schema. */
export const valueDepthMax = 128;
/** Schemas inside one schema. */
export const subschemasMax = 2_000;
/** Patterns of one schema: each costs about a quarter of a millisecond to compile. */
export const patternsMax = 100;
/** UTF-16 code units of a pattern. */
export const patternLengthMax = 1_000;
/** UTF-16 code units of a text that has a format: longer ones have none. */
export const formatLengthMax = 2_048;
/** Rounds of one loop, and those of it that run at once. */
export const roundsMax = 1_000_000;
export const roundsAtOnceMax = 10_000;
