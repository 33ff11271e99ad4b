import { type Command, UsageError } from './command.ts';
import { type Connection, connectionFlags, connectionOf, withClient } from './connection.ts';
import { choiceOf, durationTextOf, readWords, verbOf } from './read-words.ts';
import { type Format, fieldsOf, formatFlags, formatOf, listOf, show, tableOf } from './show.ts';

const verbs = ['create', 'list', 'revoke'] as const;
const roles = ['admin', 'operator', 'executor', 'viewer', 'person'] as const;
const path = '/api/v1/tokens';

interface Args {
  readonly verb: (typeof verbs)[number];
  /** The name of a new token, the id of one to revoke. */
  readonly subject: string;
  readonly role: (typeof roles)[number];
  readonly expiresIn: string | undefined;
  readonly format: Format;
  readonly connection: Connection;
}

export const token: Command<Args> = {
  name: 'token',
  summary: 'make, list and revoke tokens',
  usage: 'token create NAME | list | revoke ID',
  examples: [
    'token create ci --role operator --expires-in 30d',
    'token create ada --role person',
    'token list',
    'token revoke tok_01j…',
  ],
  flags: {
    role: { type: 'string', value: roles.join('|'), doc: 'what it may do (default: operator)' },
    'expires-in': { type: 'string', value: 'DURATION', doc: 'how long it works (default: for ever)' },
    ...formatFlags,
    ...connectionFlags,
  },

  parse(argv) {
    const words = readWords(argv, token.flags, { names: [verbs.join('|'), 'NAME or ID'], min: 1 });
    const [word = '', subject = ''] = words.positionals;
    const verb = verbOf('token', word, verbs);
    if (verb === 'create' && subject === '') throw new UsageError('token create needs a NAME');
    if (verb === 'revoke' && subject === '') throw new UsageError('token revoke needs an ID');
    if (verb === 'list' && subject !== '') throw new UsageError(`"${subject}" is one word too many`);
    return {
      verb,
      subject,
      role: choiceOf(words, 'role', roles) ?? 'operator',
      expiresIn: durationTextOf(words, 'expires-in'),
      format: formatOf(words),
      connection: connectionOf(words),
    };
  },

  async run({ verb, subject, role, expiresIn, format, connection }, io) {
    await withClient(connection, io, async (client) => {
      if (verb === 'revoke') {
        await client.request({ method: 'DELETE', path: `${path}/${encodeURIComponent(subject)}` });
        return io.out(`${subject} revoked`);
      }
      if (verb === 'list') {
        const rows = listOf(await client.request({ method: 'GET', path }), 'tokens');
        const names = ['id', 'name', 'role', 'created_at', 'expires_at'];
        const table = () =>
          tableOf(
            ['ID', 'NAME', 'ROLE', 'CREATED', 'EXPIRES'],
            rows.map((row) => names.map((name) => row[name])),
          );
        return await show(rows, { io, format, table });
      }
      const body = { name: subject, role, ...(expiresIn === undefined ? {} : { expires_in: expiresIn }) };
      const created = await client.request({ method: 'POST', path, body });
      await show(created, {
        io,
        format,
        table: () => fieldsOf(created, ['id', 'name', 'role', 'expires_at', 'token']),
      });
    });
    return 0;
  },
};
