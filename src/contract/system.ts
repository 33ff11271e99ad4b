/** Health, and the tokens that open the API. */
import type { Static } from 'typebox';
import { Type } from './type.ts';
import { closed, DurationText, TextOrNull, Time, TimeOrNull } from './values.ts';

export const Health = Type.Object(
  {
    status: Type.Enum(['ok', 'unavailable']),
    version: Type.Optional(Type.String()),
    uptime: Type.Number({ description: 'Seconds.' }),
    reason: Type.Optional(Type.String({ description: 'Why it takes no work.' })),
  },
  { title: 'Health' },
);
export type HealthAnswer = Static<typeof Health>;

export const SystemStatus = Type.Object(
  {
    ready: Type.Boolean(),
    reason: TextOrNull('Why it takes no work.'),
    live_executions: Type.Integer({ description: 'Held in memory.' }),
    pending_writes: Type.Integer(),
    waiting_claims: Type.Integer(),
    open_streams: Type.Integer(),
    executions: Type.Unsafe<Readonly<Record<string, number>>>({
      type: 'object',
      additionalProperties: { type: 'integer' },
      description: 'How many in each status, in this workspace.',
    }),
    queues: Type.Array(Type.Object({ executor: Type.String(), ready: Type.Integer(), leased: Type.Integer() })),
  },
  { title: 'SystemStatus' },
);

export const roles = ['admin', 'operator', 'executor', 'viewer', 'person'] as const;

export const TokenBody = closed(
  {
    name: Type.String({ minLength: 1, maxLength: 200, description: 'For people who look.' }),
    role: Type.Enum(roles),
    expires_in: Type.Optional(DurationText('Default: never.')),
  },
  { title: 'TokenBody' },
);

const token = {
  id: Type.String(),
  name: Type.String(),
  role: Type.Enum(roles),
  workspace: Type.String(),
  created_at: Time('When it was made.'),
  expires_at: TimeOrNull('Null: never.'),
};

export const TokenSummary = Type.Object(token, { title: 'TokenSummary' });
export type TokenSummaryAnswer = Static<typeof TokenSummary>;
export const TokenList = Type.Object({ tokens: Type.Array(TokenSummary) }, { title: 'TokenList' });
export const TokenCreated = Type.Object(
  { ...token, token: Type.String({ description: 'Shown this once.' }) },
  { title: 'TokenCreated' },
);
