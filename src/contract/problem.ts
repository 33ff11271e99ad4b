/** How every error answer looks: RFC 9457, `application/problem+json`. */
import type { Static } from 'typebox';
import { Type } from './type.ts';

export const ProblemError = Type.Object(
  {
    code: Type.String({ description: 'What is wrong, as a word.' }),
    message: Type.String({ description: 'What is wrong and how to mend it.' }),
    pointer: Type.String({ description: 'JSON pointer into the body, the definition or the query.' }),
    in: Type.Optional(Type.String({ description: '`body`, `query`, `path` or `headers`; absent for definitions.' })),
    severity: Type.Optional(Type.String()),
    file: Type.Optional(Type.String()),
    line: Type.Optional(Type.Integer({ description: 'Counts from 1.' })),
    column: Type.Optional(Type.Integer({ description: 'Counts from 1.' })),
  },
  { title: 'ProblemError' },
);
export type ProblemErrorAnswer = Static<typeof ProblemError>;

export const Problem = Type.Object(
  {
    type: Type.String({ format: 'uri-reference' }),
    title: Type.String(),
    status: Type.Integer(),
    detail: Type.String({ description: 'What happened, where, and what to do.' }),
    code: Type.String({ description: 'Stable; programs look at this one.' }),
    request_id: Type.String(),
    errors: Type.Optional(Type.Array(ProblemError)),
  },
  { title: 'Problem', description: 'An error (RFC 9457).' },
);
export type ProblemAnswer = Static<typeof Problem>;
