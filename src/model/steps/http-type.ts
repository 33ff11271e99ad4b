import { expression } from '../fields/expression.ts';
import { type Fields, object, optional, required } from '../fields/field.ts';
import { boolean, either, integer, type Kind, map, oneOrMore, record, reportType, text } from '../fields/kind.ts';
import { plainName } from '../fields/name.ts';
import { schema } from '../fields/schema.ts';
import { purposes, type Sink } from '../sink.ts';
import { describe, findEntry, nameOf, type Spot, shorten, textOf } from '../yaml/tree.ts';
import { reportExactlyOne } from './basic-types.ts';
import { connectorStep } from './connector.ts';
import { credentials } from './credentials.ts';
import { handedOver, httpMethod } from './handed-over.ts';
import { commonFields } from './step-fields.ts';
import { stepType } from './step-type.ts';

/** `http`: calls an HTTP endpoint, by its address or at a configured service. */
const statusRange: Kind<string> = {
  expected: 'a status from 100 to 599, or a class like "2xx"',
  read(spot, sink) {
    const { node } = spot;
    if (node.kind !== 'scalar' || (typeof node.value !== 'string' && typeof node.value !== 'number'))
      return reportType(spot, sink, statusRange.expected);
    const found = String(node.value).toLowerCase();
    if (/^[1-5](\d\d|xx)$/.test(found)) return found;
    sink.report('VALUE_INVALID', spot, `"${nameOf(spot)}" must be ${statusRange.expected}, it is ${shorten(found)}`);
    return undefined;
  },
  schema: () => ({
    anyOf: [
      { type: 'integer', minimum: 100, maximum: 599 },
      { type: 'string', pattern: '^[1-5]([0-9]{2}|[xX]{2})$' },
    ],
  }),
};

const ofResponse = expression(purposes.response);

const expectation = object('an expectation', {
  status: optional('status', oneOrMore(statusRange), 'Statuses that count as success: 200, "2xx". Default 2xx.'),
  schema: optional('schema', schema, 'What the body must be.'),
  condition: optional('condition', ofResponse, 'A test on `$.response`: status, headers, body.'),
} satisfies Fields);

const pagination = object('a pagination', {
  next: required(
    'next',
    ofResponse,
    'From `$.response`: the address of the next page, or an object of query parameters; null ends.',
  ),
  items: optional('items', ofResponse, 'From `$.response`: the items of a page. Default: the body.'),
  maxPages: optional('max_pages', integer({ min: 1, max: 10_000 }), 'At most so many pages. Default 100.'),
} satisfies Fields);

/** A text names a service: its credentials are in the configuration and never in the journal. */
const auth = either(
  (spot: Spot) => textOf(spot) !== undefined,
  map(plainName, (service) => ({ service })),
  map(credentials, (own) => ({ own })),
);

export const httpType = stepType({
  name: 'http',
  aliases: ['service_call'],
  doc: 'Calls an HTTP endpoint.',
  common: commonFields,
  inheritsRetry: true,
  own: {
    method: optional('method', httpMethod, 'How it is called. Default GET.'),
    url: optional('url', handedOver, 'The address; or `service` with `endpoint`.'),
    service: optional('service', plainName, 'A configured service.'),
    endpoint: optional('endpoint', handedOver, 'The path at the service.'),
    headers: optional('headers', record(text, handedOver), 'Headers.'),
    query: optional(
      'query',
      record(text, handedOver),
      'Query parameters. Default for GET and HEAD: the input mapping.',
    ),
    body: optional('body', handedOver, 'The body. Default for other methods: the input mapping.'),
    auth: optional('auth', auth, 'Credentials, or the name of a configured service whose credentials are used there.'),
    followRedirects: optional('follow_redirects', boolean, 'Go where the answer leads. Default false.'),
    expect: optional('expect', expectation, 'What counts as success.'),
    paginate: optional('paginate', pagination, 'How to read all pages.'),
  } satisfies Fields,
  draft(own, { spot, sink }) {
    reportExactlyOne(spot, sink, ['url', 'service']);
    const { method = 'GET', url, service, endpoint, headers, auth: given, expect, paginate, followRedirects } = own;
    const place = method === 'GET' || method === 'HEAD' ? 'query' : 'body';
    reportInput(spot, sink, place);
    const stray = service === undefined ? findEntry(spot, 'endpoint') : undefined;
    if (stray) sink.report('FIELD_CONFLICT', stray, '"endpoint" is the path at a "service": name it, or write a "url"');
    return {
      build(common) {
        const query = own.query ?? (place === 'query' ? common.input : undefined);
        const body = own.body ?? (place === 'body' ? common.input : undefined);
        return connectorStep(common, 'http', {
          request: { url, endpoint, headers, query, body, auth: given && 'own' in given ? given.own : undefined },
          settings: {
            method,
            service,
            auth: given && 'service' in given ? given.service : undefined,
            followRedirects,
            expect,
            paginate,
          },
          target: service ?? url,
        });
      },
    };
  },
});

/** The input mapping is what is sent, so nothing else may say it too. */
function reportInput(spot: Spot, sink: Sink, place: 'query' | 'body'): void {
  const mapping = findEntry(spot, 'data_mapping');
  const input = findEntry(spot, 'input') ?? (mapping && findEntry(mapping, 'input'));
  if (input === undefined) return;
  if (findEntry(spot, place)) {
    sink.report('FIELD_CONFLICT', input, `"input" is the ${place} here, and "${place}" is there too: keep one`);
  } else if (
    place === 'query' &&
    (input.node.kind === 'list' || (input.node.kind === 'scalar' && !isReference(input)))
  ) {
    sink.report('TYPE_WRONG', input, `"input" is the query of a GET: an object, it is ${describe(input.node)}`);
  }
}

const isReference = (spot: Spot): boolean => textOf(spot)?.startsWith('$') === true;
