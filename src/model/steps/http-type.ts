import { expression } from '../fields/expression.ts';
import { type Fields, object, optional, required } from '../fields/field.ts';
import { either, integer, oneOrMore, record, text } from '../fields/kind.ts';
import { schema } from '../fields/schema.ts';
import { purposes } from '../sink.ts';
import { textOf } from '../yaml/tree.ts';
import { reportExactlyOne } from './basic-types.ts';
import { connectorStep } from './connector.ts';
import { handedOver, httpMethod } from './handed-over.ts';
import { commonFields } from './step-fields.ts';
import { stepType } from './step-type.ts';

/** `http`: calls an HTTP endpoint, by its address or at a configured service. */
const statuses = oneOrMore(either((spot) => textOf(spot) !== undefined, text, integer({ min: 100, max: 599 })));

const expectation = object('an expectation', {
  status: optional('status', statuses, 'Statuses that count as success: 200, "2xx".'),
  schema: optional('schema', schema, 'What the body must be.'),
  condition: optional(
    'condition',
    expression({ ...purposes.condition, roots: ['response'] }),
    'A test on `$.response`.',
  ),
} satisfies Fields);

const pagination = object('a pagination', {
  next: required(
    'next',
    expression({ ...purposes.condition, roots: ['response'] }),
    'The next page, from `$.response`; null ends.',
  ),
  items: optional('items', expression({ ...purposes.condition, roots: ['response'] }), 'The items of a page.'),
  maxPages: optional('max_pages', integer({ min: 1, max: 10_000 }), 'At most so many pages.'),
} satisfies Fields);

export const httpType = stepType({
  name: 'http',
  aliases: ['service_call'],
  doc: 'Calls an HTTP endpoint.',
  common: commonFields,
  own: {
    method: optional('method', httpMethod, 'Default GET.'),
    url: optional('url', handedOver, 'The address; or `service` with `endpoint`.'),
    service: optional('service', text, 'A configured service.'),
    endpoint: optional('endpoint', handedOver, 'The path at the service.'),
    headers: optional('headers', record(text, handedOver), 'Headers.'),
    query: optional('query', record(text, handedOver), 'Query parameters.'),
    body: optional('body', handedOver, 'The body.'),
    auth: optional(
      'auth',
      either((spot) => textOf(spot) !== undefined, text, handedOver),
      'A configured connection, or how to sign in.',
    ),
    expect: optional('expect', expectation, 'What counts as success.'),
    paginate: optional('paginate', pagination, 'How to read all pages.'),
  } satisfies Fields,
  draft(own, { spot, sink }) {
    reportExactlyOne(spot, sink, ['url', 'service']);
    const { method, url, service, endpoint, headers, query, body, auth, expect, paginate } = own;
    return {
      build: (common) =>
        connectorStep(common, 'http', {
          request: { url, endpoint, headers, query, body: body ?? common.input, auth },
          settings: { method, service, expect, paginate },
          target: service ?? url,
        }),
    };
  },
});
