/** Operations on many executions that cannot be meant: of nothing, with what belongs to another action, of ids that nobody has. */
import { type BadCase, shown, unfit, type Writer } from '../bad-case.ts';

const line = 'POST /api/v1/executions/bulk';
const filter = { workflow: 'nobody' };

export function bulkCases(writer: Writer): BadCase[] {
  return [...wishCases(writer), ...idCases(writer), ...letterCases(writer), ...pageCases(writer)];
}

function wishCases(writer: Writer): BadCase[] {
  const refused: readonly (readonly [body: object, code: string, pointer: string])[] = [
    [{ action: 'cancel', filter: {} }, 'VALUE_INVALID', '/filter'],
    [{ action: 'cancel', filter: {}, dry_run: true }, 'VALUE_INVALID', '/filter'],
    [{ action: 'cancel' }, 'FIELD_MISSING', '/filter'],
    [{ filter }, 'FIELD_MISSING', '/action'],
    [{ action: 'rerun', filter }, 'FIELD_MISSING', '/from_step'],
    [{ action: 'signal', filter, signal: { name: 'a b' } }, 'NAME_INVALID', '/signal/name'],
    [{ action: 'signal', filter, signal: { name: 'a/b' } }, 'NAME_INVALID', '/signal/name'],
    ...['retry', 'pause', 'resume', 'rerun', 'signal'].map(
      (action) => [{ ...wish(action), reason: 'why' }, 'FIELD_CONFLICT', '/reason'] as const,
    ),
    ...['retry', 'cancel', 'rerun'].map(
      (action) => [{ ...wish(action), signal: { name: 'go' } }, 'FIELD_CONFLICT', '/signal'] as const,
    ),
    ...['retry', 'cancel', 'signal'].flatMap((action) => [
      [{ ...wish(action), from_step: 'a' }, 'FIELD_CONFLICT', '/from_step'] as const,
      [{ ...wish(action), input: {} }, 'FIELD_CONFLICT', '/input'] as const,
      [{ ...wish(action), outputs: {} }, 'FIELD_CONFLICT', '/outputs'] as const,
    ]),
  ];
  return refused.map(([body, code, pointer]) => ({
    title: `${line}: ${shown(body)}`,
    request: writer.json(line, body),
    answer: unfit({ code, pointer, in: 'body' } as const, pointer === '' ? undefined : pointer.split('/').at(-1)),
  }));
}

const wish = (action: string): object => ({
  action,
  filter,
  ...(action === 'rerun' ? { from_step: 'a' } : {}),
  ...(action === 'signal' ? { signal: { name: 'go' } } : {}),
});

const strangeIds = ['x', 'bulk_', 'bulk_01m83v2rm2wkmz7bwtg8hpsyb7', '%00', '__proto__', 'a'.repeat(129), '..%2f', '*'];

function idCases(writer: Writer): BadCase[] {
  const answer = { status: 404, code: 'BULK_OPERATION_NOT_FOUND', names: 'bulk operation' };
  return strangeIds.flatMap((id) => [
    { title: `GET bulk ${id}`, request: writer.bare(`GET /api/v1/executions/bulk/${id}`), answer },
    {
      title: `cancel bulk ${id}`,
      request: writer.json(`POST /api/v1/executions/bulk/${id}/cancel`, {}),
      answer,
    },
  ]);
}

/** What is no dead letter: nobody's ids. */
function letterCases(writer: Writer): BadCase[] {
  const answer = { status: 404, code: 'DEAD_LETTER_NOT_FOUND', names: 'dead letter' };
  const at = '/api/v1/dead-letters';
  return strangeIds.flatMap((id) => [
    { title: `GET dead letter ${id}`, request: writer.bare(`GET ${at}/${id}`), answer },
    ...['replay', 'discard'].map((verb) => ({
      title: `${verb} dead letter ${id}`,
      request: writer.json(`POST ${at}/${id}/${verb}`, {}),
      answer,
    })),
  ]);
}

function pageCases(writer: Writer): BadCase[] {
  return ['x', 'e30', 'WzFd'].map((cursor) => ({
    title: `GET bulk operations from ${cursor}`,
    request: writer.bare(`GET /api/v1/executions/bulk?cursor=${cursor}`),
    answer: {
      status: 400,
      code: 'CURSOR_INVALID',
      place: { code: 'CURSOR_INVALID', pointer: '/cursor', in: 'query' },
      names: 'cursor',
    },
  }));
}
