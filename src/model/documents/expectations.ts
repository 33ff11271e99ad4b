import { duration } from '../fields/duration.ts';
import { expression } from '../fields/expression.ts';
import { type Fields, object, optional } from '../fields/field.ts';
import { choice, either, integer, json, jsonObject, type Kind, list, map, record, text } from '../fields/kind.ts';
import { expectedCallsMax } from '../limits.ts';
import { purposes } from '../sink.ts';
import { type Expectations, type ExpectedCalls, type ExpectedDuration, expectedStatuses } from '../workflow-test.ts';
import { isMap } from '../yaml/tree.ts';

/** What a case expects of its execution. Whatever is not named may be anything. */
const count = integer({ min: 0, max: expectedCallsMax });

const calls: Kind<ExpectedCalls> = either(
  (spot) => !isMap(spot),
  map(count, (amount): ExpectedCalls => ({ count: amount })),
  object('expected calls', {
    count: optional('count', count, 'How often, every attempt counted.'),
    input: optional('input', json, 'What every call got.'),
    inputIncludes: optional('input_includes', json, 'What the input of every call includes.'),
    inputs: optional('inputs', list(json), 'What each call got, in their order.'),
  } satisfies Fields),
);

const lasting: Kind<ExpectedDuration> = either(
  (spot) => !isMap(spot),
  map(duration(), (exactly): ExpectedDuration => ({ exactly })),
  object('an expected duration', {
    atLeast: optional('at_least', duration(), 'No shorter than this.'),
    atMost: optional('at_most', duration(), 'No longer than this.'),
  } satisfies Fields),
);

const error = object('an expected error', {
  code: optional('code', text, 'Its code.'),
  message: optional('message', text, 'Its message, word for word.'),
  step: optional('step', text, 'The path of the step it came from.'),
  details: optional('details', json, 'What its details include.'),
} satisfies Fields);

const anyName: Kind<string> = { ...text, schema: () => ({ type: 'string' }) };
const steps = list(text);

export const expectations: Kind<Expectations> = object('expectations', {
  status: optional(
    'status',
    choice(...expectedStatuses),
    'How it ends, or what it waits as; refused: it does not start.',
  ),
  output: optional('output', json, 'The whole output.'),
  outputIncludes: optional('output_includes', json, 'What the output includes: members and items that are named.'),
  error: optional('error', error, 'What it fails with.'),
  steps: optional('steps', steps, 'The steps that begin, in their order, every visit: all of them.'),
  stepsInclude: optional('steps_include', steps, 'Steps that begin in this order, with others between them.'),
  stepsExclude: optional('steps_exclude', steps, 'Steps that never begin.'),
  outputs: optional('outputs', jsonObject, 'The whole outputs of steps, by their names.'),
  outputsInclude: optional('outputs_include', jsonObject, 'What the outputs of steps include, by their names.'),
  calls: optional(
    'calls',
    record(anyName, calls),
    'How often something is called and with what, by step or `executor/function`.',
  ),
  vars: optional('vars', jsonObject, 'Variables at the end, by their names.'),
  duration: optional('duration', lasting, 'How long it takes in virtual time.'),
  conditions: optional(
    'conditions',
    list(expression(purposes.expectation)),
    'Expressions that hold: over `$.input`, `$.output`, `$.status`, `$.error`, `$.vars`, `$.calls`, `$.steps`, `$.duration` and steps by their names.',
  ),
} satisfies Fields);
