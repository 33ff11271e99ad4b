import { expression, template } from '../fields/expression.ts';
import { type Fields, object, optional, required } from '../fields/field.ts';
import { boolean, choice, either, integer, oneOrMore, record, text } from '../fields/kind.ts';
import { schema } from '../fields/schema.ts';
import { amount } from '../fields/time.ts';
import { purposes } from '../sink.ts';
import { textOf } from '../yaml/tree.ts';
import { reportExactlyOne } from './basic-types.ts';
import { laterFlowTypes } from './later-flow-types.ts';
import { commonFields } from './step-fields.ts';
import { laterType, type StepType, unavailable } from './step-type.ts';

/** Types that this release checks and does not run. Their tables are the contract of the releases to come. */
const handedOver = template(purposes.input);
const httpMethod = choice('GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS');
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

const httpType = laterType({
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
  draft(_own, { spot, sink }) {
    reportExactlyOne(spot, sink, ['url', 'service']);
    return { build: unavailable('http') };
  },
});

const grpcType = laterType({
  name: 'grpc',
  doc: 'Calls a unary gRPC method.',
  common: commonFields,
  own: {
    address: required(['address', 'service_address'], handedOver, 'Host and port.'),
    service: required('service', text, 'The full name of the service.'),
    method: required('method', text, 'The name of the method.'),
    request: optional('request', handedOver, 'The message.'),
    metadataSent: optional('headers', record(text, handedOver), 'Metadata of the call.'),
    proto: optional('proto', text, 'The service in proto3; default: by reflection.'),
    tls: optional('tls', boolean, 'Default true.'),
    auth: optional('auth', handedOver, 'A configured connection, or how to sign in.'),
  } satisfies Fields,
});

const databaseType = laterType({
  name: 'database',
  doc: 'Runs a query with parameters, or one operation on a table.',
  common: commonFields,
  own: {
    connection: required('connection', text, 'A configured connection.'),
    query: optional('query', text, 'The text of the query. Values go into `params`, never into the text.'),
    params: optional('params', handedOver, 'Values of the parameters, by place or by name.'),
    operation: optional(
      'operation',
      choice('insert', 'update', 'upsert', 'delete', 'select', 'find', 'find_one'),
      'Instead of a query.',
    ),
    table: optional(['table', 'collection'], text, 'With `operation`.'),
    values: optional(['values', 'data'], handedOver, 'With `operation`: the columns.'),
    where: optional('where', handedOver, 'With `operation`: which rows.'),
    limit: optional('limit', amount({ min: 1, max: 100_000 }), 'At most so many rows.'),
  } satisfies Fields,
  draft(_own, { spot, sink }) {
    reportExactlyOne(spot, sink, ['query', 'operation']);
    return { build: unavailable('database') };
  },
});

const publishType = laterType({
  name: 'publish',
  aliases: ['message_queue'],
  doc: 'Sends a message.',
  common: commonFields,
  own: {
    broker: optional('broker', choice('kafka', 'redis', 'rabbitmq', 'nats'), 'Default: the configured one.'),
    connection: optional('connection', text, 'A configured connection.'),
    topic: required(['topic', 'queue', 'subject', 'channel'], handedOver, 'Where to.'),
    key: optional(['key', 'routing_key'], handedOver, 'Messages of one key keep their order.'),
    message: optional(['message', 'payload', 'body'], handedOver, 'What. Default: the input.'),
    headers: optional('headers', record(text, handedOver), 'Headers.'),
  } satisfies Fields,
});

const notifyType = laterType({
  name: 'notify',
  doc: 'Tells people.',
  common: commonFields,
  own: {
    channel: required(
      ['channel', 'channels'],
      oneOrMore(choice('slack', 'email', 'pagerduty', 'teams', 'webhook')),
      'By which way.',
    ),
    to: optional(['to', 'recipients'], oneOrMore(handedOver), 'Whom.'),
    subject: optional('subject', handedOver, 'In a line.'),
    message: required('message', handedOver, 'What.'),
    connection: optional('connection', text, 'A configured connection.'),
  } satisfies Fields,
});

const webhookType = laterType({
  name: 'webhook',
  doc: 'Posts to an HTTP endpoint, signed.',
  common: commonFields,
  own: {
    url: required('url', handedOver, 'The address.'),
    method: optional('method', httpMethod, 'Default POST.'),
    headers: optional('headers', record(text, handedOver), 'Headers.'),
    body: optional(['body', 'payload'], handedOver, 'Default: the input.'),
    secret: optional('secret', handedOver, 'Signs the body.'),
  } satisfies Fields,
});

export const laterTypes: readonly StepType[] = [
  httpType,
  grpcType,
  databaseType,
  publishType,
  notifyType,
  webhookType,
  ...laterFlowTypes,
];
