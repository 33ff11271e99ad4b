import { type Fields, object, optional, required } from '../model/fields/field.ts';
import { choice, type Kind, label, record, reportType } from '../model/fields/kind.ts';
import { plainName } from '../model/fields/name.ts';
import { didYouMean } from '../model/suggest.ts';
import { findEntry, isMap, nameOf, textOf } from '../model/yaml/tree.ts';
import type { Connection } from '../steps/connections.ts';
import { isDatabase } from '../steps/database-connections.ts';
import { mysql, postgres, reportAstray, sqlite } from './config-databases.ts';
import { credential, named, port, webAddress } from './config-kinds.ts';

/** What steps reach by the name of a connection. A new kind is a table here and its interface in `steps/connections.ts`. */
const type = <const T extends string>(name: T) => required('type', choice(name), 'What it is.');

const slack = {
  type: type('slack'),
  url: required('url', webAddress({ takesQuery: true }), 'Of an incoming webhook. Keep it in a variable.'),
} satisfies Fields;

const teams = {
  type: type('teams'),
  url: required('url', webAddress({ takesQuery: true }), 'Of a workflow that a webhook starts. Keep it in a variable.'),
} satisfies Fields;

const pagerduty = {
  type: type('pagerduty'),
  routingKey: required('routing_key', credential, 'Of an Events API v2 integration. Keep it in a variable.'),
  url: optional('url', webAddress({ takesQuery: true }), 'Default https://events.pagerduty.com/v2/enqueue.'),
} satisfies Fields;

const webhook = {
  type: type('webhook'),
  url: required('url', webAddress({ takesQuery: true }), 'Where it is posted to.'),
  headers: optional('headers', record(label, label), 'Sent with every message.'),
  secret: optional('secret', credential, 'Signs every message. Keep it in a variable.'),
} satisfies Fields;

const smtp = {
  type: type('smtp'),
  host: required('host', label, 'The mail server.'),
  port: optional('port', port, 'Default 465 with secure: tls, else 587.'),
  username: optional(['username', 'user'], label, 'Who signs in.'),
  password: optional('password', label, 'Keep it in a variable.'),
  from: required('from', label, 'The address of the sender.'),
  secure: optional(
    'secure',
    named({ tls: ['true', 'ssl'], starttls: [], none: ['false'] }),
    'From the first byte, by STARTTLS, or not at all. Default starttls; tls at port 465.',
  ),
} satisfies Fields;

const tables = { slack, teams, pagerduty, webhook, smtp, postgres, mysql, sqlite } satisfies Record<
  Connection['type'],
  Fields
>;
/** Other words for a kind. */
const aliases: Readonly<Record<string, Connection['type']>> = { postgresql: 'postgres', mariadb: 'mysql' };

const kinds: readonly string[] = Object.keys(tables);
const expected = `a connection: an object with a type, one of ${kinds.join(', ')}`;

/** By its type, so that problems are told in the words of its kind. */
const connection: Kind<Connection> = {
  expected,
  read(spot, sink) {
    if (!isMap(spot)) return reportType(spot, sink, expected);
    const entry = findEntry(spot, 'type');
    const written = entry && textOf(entry);
    const name = written !== undefined && Object.hasOwn(aliases, written) ? aliases[written] : written;
    if (name !== undefined && Object.hasOwn(tables, name)) {
      // A connection that was read without a problem has every field that its table requires.
      const read = object(`a connection of type ${name}`, tables[name as Connection['type']]).read(spot, sink) as
        | Connection
        | undefined;
      if (read && isDatabase(read)) reportAstray(read, spot, sink);
      return read;
    }
    if (entry === undefined)
      sink.report('FIELD_MISSING', spot, `"${nameOf(spot)}" needs "type": one of ${kinds.join(', ')}`);
    else if (name === undefined) reportType(entry, sink, `one of ${kinds.join(', ')}`);
    else {
      const hint = didYouMean(name, kinds);
      sink.report('VALUE_INVALID', entry, `"type" must be one of ${kinds.join(', ')}, it is "${name}"${hint}`);
    }
    return undefined;
  },
  schema: () => ({ type: 'object' }),
};

export const connections = record(plainName, connection);
