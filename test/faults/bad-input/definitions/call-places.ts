/** Steps that call something outside: HTTP, gRPC, databases, brokers, people. */
import type { ObjectPlace } from './object-place.ts';
import { insideStep, otherForm, typedStep } from './typed-step.ts';
import {
  amount,
  anyObject,
  bool,
  choice,
  expression,
  handedOver,
  objectOf,
  oneOrMore,
  plainName,
  text,
  type WrongValue,
  whole,
} from './wrong-values.ts';

const headers: readonly WrongValue[] = [...anyObject, ['EXPRESSION_INVALID', '{accept: "«$.nowhere.type"}', '/accept']];
/** A list is one of them too, not one value. */
const handedOverOnes = handedOver.filter(([, marked]) => !marked.startsWith('['));
/** Read from `$.response` alone: a row that reads the input besides would be wrong twice. */
const ofResponse = expression.filter(([, marked]) => !marked.includes('&& «$.'));

const http: readonly ObjectPlace[] = [
  typedStep('http', {
    sound: ['url: https://example.com'],
    excludes: { service: ['url'] },
    twins: [['url', 'service', '«users']],
    fields: {
      method: choice('GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'),
      url: handedOver,
      service: plainName,
      headers,
      query: headers,
      body: handedOver,
      auth: [
        ['NAME_INVALID', '«"a b"'],
        ['NAME_INVALID', '«""'],
        ['TYPE_WRONG', '«7'],
        ['TYPE_WRONG', '«[a]'],
        ['FIELD_MISSING', '«{}'],
      ],
      follow_redirects: bool,
      expect: [...objectOf, ['TYPE_WRONG', '«[a]']],
      paginate: [...objectOf, ['TYPE_WRONG', '«[a]']],
    },
  }),
  otherForm('http', {
    sound: ['service: users'],
    fields: { endpoint: handedOver },
  }),
  insideStep('credentials', {
    pointer: '/auth',
    around: 'type: http\nurl: a\nauth:\n  @\n',
    sound: ['bearer: a'],
    excludes: { basic: ['bearer'], api_key: ['bearer'] },
    // Two members are one too many, whatever the second is called.
    beside: ['FIELD_CONFLICT'],
    fields: { bearer: handedOver, basic: anyObject, api_key: anyObject },
  }),
  insideStep('basic credentials', {
    pointer: '/auth/basic',
    around: 'type: http\nurl: a\nauth:\n  basic:\n    @\n',
    sound: ['username: ada', 'password: a'],
    required: ['username', 'password'],
    fields: { username: handedOver, password: handedOver },
  }),
  insideStep('an API key', {
    pointer: '/auth/api_key',
    around: 'type: http\nurl: a\nauth:\n  api_key:\n    @\n',
    sound: ['value: a', 'header: X-Key'],
    required: ['value'],
    fields: { header: text, value: handedOver },
  }),
  insideStep('an expectation', {
    pointer: '/expect',
    around: 'type: http\nurl: a\nexpect:\n  @\n',
    sound: ['status: 200'],
    fields: {
      status: [
        ['VALUE_INVALID', '«99'],
        ['VALUE_INVALID', '«600'],
        ['VALUE_INVALID', '«200.5'],
        ['VALUE_INVALID', '«6xx'],
        ['VALUE_INVALID', '«""'],
        ['VALUE_INVALID', '«[]'],
        ['VALUE_INVALID', '[200, «99]', '/1'],
        ['TYPE_WRONG', '«true'],
        ['TYPE_WRONG', '«null'],
        ['TYPE_WRONG', '«{a: b}'],
      ],
      schema: [
        ['TYPE_WRONG', '«text'],
        ['TYPE_WRONG', '«7'],
        ['TYPE_WRONG', '«[a]'],
        ['SCHEMA_INVALID', '{type: «text}', '/type'],
      ],
      condition: ofResponse,
    },
  }),
  insideStep('a pagination', {
    pointer: '/paginate',
    around: 'type: http\nurl: a\npaginate:\n  @\n',
    sound: ['next: $.response.next', 'max_pages: 3'],
    required: ['next'],
    fields: { next: ofResponse, items: ofResponse, max_pages: whole(1, 10_000) },
  }),
];

const grpc = typedStep('grpc', {
  sound: ['address: host:1', 'service: s', 'method: m'],
  required: ['address', 'service', 'method'],
  excludes: { service_address: ['address'] },
  twins: [['address', 'service_address', 'a']],
  fields: {
    address: handedOver,
    service_address: handedOver,
    service: text,
    method: text,
    request: handedOver,
    headers,
    proto: text,
    tls: bool,
    auth: [...anyObject, ['FIELD_MISSING', '«{}'], ['FIELD_UNKNOWN', '{«token: a}', '/token']],
  },
});

const operation = choice('insert', 'update', 'upsert', 'delete', 'select', 'find', 'find_one');
const columns = oneOrMore(text, 'id');

const database: readonly ObjectPlace[] = [
  typedStep('database', {
    sound: ['connection: main', 'query: select 1'],
    required: ['connection', 'query'],
    twins: [['query', 'operation', '«insert']],
    fields: {
      connection: text,
      query: [...text, ['VALUE_INVALID', '«"select ${$.input.id}"']],
      params: handedOver,
    },
  }),
  otherForm('database', {
    sound: ['connection: main', 'operation: select', 'table: users'],
    required: ['table'],
    excludes: { collection: ['table'] },
    twins: [['table', 'collection', 'users']],
    fields: {
      operation,
      table: text,
      collection: text,
      where: handedOver,
      columns,
      order_by: columns,
      limit: amount(1, 100_000),
    },
  }),
  otherForm('database', {
    sound: ['connection: main', 'operation: insert', 'table: users', 'values: {id: 1}'],
    required: ['values'],
    excludes: { data: ['values'] },
    twins: [['values', 'data', '{id: 1}']],
    fields: { values: handedOver, data: handedOver, returning: columns },
  }),
];

/** A text, so nothing that holds one. */
const topicName: readonly WrongValue[] = [
  ...handedOver.filter(([, marked]) => marked.startsWith('"')),
  ['VALUE_INVALID', '«"orders/new"'],
  ['VALUE_INVALID', '«"two words"'],
  ['VALUE_INVALID', `«${'x'.repeat(250)}`],
  ['TYPE_WRONG', '«7'],
  ['TYPE_WRONG', '«[orders]'],
  ['TYPE_WRONG', '«null'],
];

const publish = typedStep('publish', {
  sound: ['topic: orders'],
  required: ['topic'],
  excludes: { queue: ['topic'], subject: ['topic'], channel: ['topic'] },
  twins: [
    ['topic', 'queue', 'a'],
    ['broker', 'connection', 'nats'],
    ['key', 'routing_key', 'a'],
    ['message', 'payload', 'a'],
  ],
  fields: {
    broker: choice('embedded', 'kafka', 'redis', 'rabbitmq', 'nats'),
    connection: choice('embedded', 'kafka', 'redis', 'rabbitmq', 'nats'),
    topic: topicName,
    queue: topicName,
    subject: topicName,
    channel: topicName,
    format: choice('cloudevents', 'raw'),
    event_type: handedOver,
    key: handedOver,
    routing_key: handedOver,
    message: handedOver,
    payload: handedOver,
    body: handedOver,
    headers,
  },
});

const channels: readonly WrongValue[] = [
  ...oneOrMore(choice('slack', 'email', 'pagerduty', 'teams', 'webhook'), 'slack'),
  ['VALUE_INVALID', '[slack, «slack]', '/1'],
];

const people: readonly ObjectPlace[] = [
  typedStep('notify', {
    sound: ['channel: slack', 'message: hi'],
    required: ['channel', 'message'],
    excludes: { channels: ['channel'] },
    twins: [
      ['channel', 'channels', 'slack'],
      ['to', 'recipients', 'ops'],
      ['connection', 'connections', 'ops'],
    ],
    fields: {
      channel: channels,
      channels,
      to: handedOverOnes,
      recipients: handedOverOnes,
      subject: handedOver,
      message: handedOver,
      severity: choice('info', 'warning', 'error', 'critical'),
      connection: oneOrMore(plainName, 'ops'),
      connections: oneOrMore(plainName, 'ops'),
    },
  }),
  typedStep('webhook', {
    sound: ['url: https://example.com'],
    required: ['url'],
    twins: [['body', 'payload', '1']],
    fields: {
      url: handedOver,
      method: choice('POST', 'PUT', 'PATCH'),
      headers,
      body: handedOver,
      payload: handedOver,
      secret: handedOverOnes,
    },
  }),
];

export const callPlaces: readonly ObjectPlace[] = [...http, grpc, ...database, publish, ...people];
