import { duration } from '../fields/duration.ts';
import { expression, template } from '../fields/expression.ts';
import { type Fields, object, optional, required } from '../fields/field.ts';
import { boolean, choice, either, json, type Kind, label, map, oneOrMore, text } from '../fields/kind.ts';
import { mockAnswersMax } from '../limits.ts';
import { purposes, type Sink } from '../sink.ts';
import { errorCode, reportExactlyOne } from '../steps/basic-types.ts';
import type { Mock, MockAnswer, MockError } from '../workflow-test.ts';
import { findEntry, isList, isMap, itemSpots, type Spot, textOf } from '../yaml/tree.ts';

/** What steps answer in a test: `passthrough`, an answer, or a list of answers, one a call; the last one stays. */
const errorFields = {
  code: required('code', errorCode, 'What retries, rules and handlers see.'),
  message: optional('message', text, 'For people.'),
  details: optional('details', json, 'For programs.'),
  retryable: optional('retryable', boolean, 'False: no retry policy tries again.'),
} satisfies Fields;

const error: Kind<MockError> = either(
  (spot) => !isMap(spot),
  map(errorCode, (code): MockError => ({ code })),
  map(object('an error', errorFields), ({ code = '', ...rest }): MockError => ({ ...rest, code })),
);

const never: Kind<true> = {
  expected: 'true',
  read(spot, sink) {
    const value = boolean.read(spot, sink);
    if (value === false) sink.report('VALUE_INVALID', spot, '"timeout" must be true: leave it out otherwise');
    return value === true ? true : undefined;
  },
  schema: () => ({ const: true }),
};

const answerFields = {
  when: optional(
    'when',
    expression(purposes.mock),
    'For the calls that this holds for: `$.input`, `$.call`, `$.attempt`.',
  ),
  response: optional('response', template(purposes.mock), 'What the step gets back.'),
  output: optional('output', template(purposes.mock), "The step's output itself: its output mapping is passed over."),
  error: optional('error', error, 'What the attempt fails with: a code, or an error.'),
  timeout: optional('timeout', never, 'No answer comes: the attempt runs into its timeout.'),
  delay: optional('delay', duration(), 'How long the answer takes, in virtual time.'),
} satisfies Fields;

const answer: Kind<MockAnswer> = {
  ...object('a mock', answerFields),
  read(spot, sink) {
    const read = object('a mock', answerFields).read(spot, sink);
    if (!isMap(spot)) return undefined;
    reportExactlyOne(spot, sink, ['response', 'output', 'error', 'timeout'], 'a mock');
    return read;
  },
};

const answerList = oneOrMore(answer, { max: mockAnswersMax });

/** The mapping of a step is there for all of its calls or for none. */
const answers: Kind<readonly MockAnswer[]> = {
  ...answerList,
  read(spot, sink) {
    const items = isList(spot) ? itemSpots(spot) : [spot];
    const [output] = items.flatMap((item) => findEntry(item, 'output') ?? []);
    const isMixed = output !== undefined && items.some((item) => findEntry(item, 'response') !== undefined);
    if (isMixed && items.length > 1) {
      sink.report('FIELD_CONFLICT', output, 'a mock gives responses or outputs, not both: keep one kind');
    }
    return answerList.read(spot, sink);
  },
};

export const mock: Kind<Mock> = {
  expected: '"passthrough", a mock ({response}, {output}, {error} or {timeout}) or a list of them',
  read(spot: Spot, sink: Sink) {
    if (textOf(spot) !== undefined) return choice('passthrough').read(spot, sink);
    return answers.read(spot, sink);
  },
  schema: () => ({ anyOf: [{ const: 'passthrough' }, answers.schema()] }),
};

/** Values of variables and secrets. */
export const textValue = label;
