import { duration } from '../model/fields/duration.ts';
import { exactlyOne, type Fields, object, optional, required } from '../model/fields/field.ts';
import { type Kind, label, list, map, record } from '../model/fields/kind.ts';
import { plainName } from '../model/fields/name.ts';
import { nameOf } from '../model/yaml/tree.ts';
import { allowEntryExpected, parseAllowEntry } from '../steps/outbound-rules.ts';
import type { Credentials, Service } from '../steps/services.ts';
import { commaSeparated, credential, port, size, webAddress } from './config-kinds.ts';

/** Where the server may connect to for its users, and the HTTP services that it knows by name. */
const allowEntry: Kind<string> = {
  expected: allowEntryExpected,
  read(spot, sink) {
    const found = label.read(spot, sink);
    if (found === undefined || parseAllowEntry(found)) return found;
    sink.report('VALUE_INVALID', spot, `"${nameOf(spot)}" must be ${allowEntryExpected}, it is "${found}"`);
    return undefined;
  },
  schema: () => ({ type: 'string' }),
};

export const outboundFields = {
  allow: optional(
    'allow',
    commaSeparated(list(allowEntry, { max: 1_000 })),
    'What may be reached besides the public internet: addresses, subnets, hosts, with a port if wanted.',
  ),
  ports: optional('ports', list(port, { min: 1, max: 100 }), 'Ports of public addresses. Default 80, 443, 8080, 8443.'),
  responseBytesMax: optional('max_response', size, 'Bytes of one answer. Default 10mb.'),
} satisfies Fields;

const credentials = exactlyOne('credentials', {
  bearer: optional('bearer', credential, 'A token. Keep it in a variable.'),
  basic: optional(
    'basic',
    object('basic credentials', {
      username: required('username', label, 'Who.'),
      password: required('password', label, 'Keep it in a variable.'),
    }),
    'A user and a password.',
  ),
  apiKey: optional(
    'api_key',
    object('an API key', {
      header: optional('header', label, 'The name of the header. Default X-API-Key.'),
      value: required('value', credential, 'Keep it in a variable.'),
    }),
    'A key in a header of its own.',
  ),
});

const service = object('a service', {
  baseUrl: required(['base_url', 'url'], webAddress(), 'Where it is; endpoints stay below it.'),
  headers: optional('headers', record(label, label), 'Sent with every request.'),
  auth: optional(
    'auth',
    map(credentials, (read) => read as Credentials),
    'Sent with every request.',
  ),
  timeoutMs: optional('timeout', duration(1), 'Of one request.'),
} satisfies Fields);

/** A service that was read without a problem has its base address. */
export const services = record(
  plainName,
  map(service, (read) => read as Service),
);
