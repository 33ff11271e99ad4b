/** Dead letters: finding them, and replaying or discarding one or many. */
import { BulkOperation, BulkPreviewSchema } from '../../contract/bulk.ts';
import {
  DeadLetter,
  type DeadLetterAnswer,
  DeadLetterList,
  DeadLetterListQuery,
  type DeadLetterListRequest,
  DeadLettersBody,
  type DeadLettersRequest,
  deadLetterReasons,
} from '../../contract/dead-letters.ts';
import { ExecuteHeaders } from '../../contract/executions.ts';
import { Empty } from '../../contract/values.ts';
import { Fault } from '../../kit/fault.ts';
import type { DeadLetterFilter, StoredView } from '../../storage/views.ts';
import { bulkAnswer } from '../answers/bulk-answer.ts';
import { isoTime } from '../answers/time.ts';
import { viewAnswer } from '../answers/view-answer.ts';
import { decodeExecutionCursor, encodeExecutionCursor } from '../cursor.ts';
import { defined } from '../defined.ts';
import { type ApiDeps, bulkBodyBytesMax, callerOf, type HttpApp, workspaceOf } from '../http-app.ts';
import { limitDefault } from '../pages.ts';
import { refusal } from '../problem.ts';
import { idOf, type Place, timeMs } from '../requests.ts';

interface Identified {
  id: string;
}

export function deadLetterRoutes(app: HttpApp, deps: ApiDeps): void {
  const { deadLetters } = deps.engine;
  listRoute(app, deps);

  app.route<{ Params: Identified }>({
    method: 'GET',
    url: '/dead-letters/:id',
    config: { permission: 'executions:read' },
    schema: { summary: 'Why an execution is a dead letter', tags: ['dead letters'], response: { 200: DeadLetter } },
    handler: async (request) => letterAnswer(await deadLetters.get(workspaceOf(request), letterIdOf(request.params))),
  });

  const act = (verb: 'replay' | 'discard', summary: string): void => {
    app.route<{ Params: Identified }>({
      method: 'POST',
      url: `/dead-letters/:id/${verb}`,
      config: { permission: 'executions:operate' },
      schema: { summary, tags: ['dead letters'], body: Empty, response: { 200: DeadLetter } },
      handler: async (request) => {
        const { workspace, name } = callerOf(request);
        const id = letterIdOf(request.params);
        const letter = verb === 'replay' ? deadLetters.replay(workspace, id) : deadLetters.discard(workspace, id, name);
        return letterAnswer(await letter);
      },
    });
  };
  act('replay', 'Go on from the step that failed, as retry does');
  act('discard', 'Let it be: it stays as it ended and is no dead letter any more');
  bulkRoute(app, deps, { verb: 'replay', action: 'retry', summary: 'Replay all that match' });
  bulkRoute(app, deps, { verb: 'discard', action: 'discard', summary: 'Discard all that match' });
}

function listRoute(app: HttpApp, { engine }: ApiDeps): void {
  app.route<{ Querystring: DeadLetterListRequest }>({
    method: 'GET',
    url: '/dead-letters',
    config: { permission: 'executions:read' },
    schema: {
      summary: 'List dead letters, those of the newest executions first',
      tags: ['dead letters'],
      querystring: DeadLetterListQuery,
      response: { 200: DeadLetterList },
    },
    handler: async (request) => {
      const { cursor, limit = limitDefault, workflow, ...rest } = request.query;
      const after = cursor === undefined ? undefined : decodeExecutionCursor(cursor);
      const filter = filterOf(rest, (name) => ({ in: 'query', pointer: `/${name}` }));
      const query = { workspace: workspaceOf(request), filter, limit, ...defined({ workflow, after }) };
      const { rows, hasMore } = await engine.deadLetters.list(query);
      const last = rows.at(-1);
      const next = hasMore && last ? encodeExecutionCursor(last) : null;
      const pagination = { page: null, limit, total: null, has_more: hasMore, next_cursor: next };
      return { dead_letters: rows.map(letterAnswer), pagination };
    },
  });
}

interface Verb {
  readonly verb: string;
  readonly action: 'retry' | 'discard';
  readonly summary: string;
}

function bulkRoute(app: HttpApp, { engine }: ApiDeps, { verb, action, summary }: Verb): void {
  app.route<{ Body: DeadLettersRequest; Headers: { 'idempotency-key'?: string } }>({
    method: 'POST',
    url: `/dead-letters/bulk/${verb}`,
    bodyLimit: bulkBodyBytesMax,
    config: { permission: 'executions:operate' },
    schema: {
      summary,
      description: 'As a bulk operation: durable once answered; how far it is, is told by /executions/bulk/{id}.',
      tags: ['dead letters'],
      body: DeadLettersBody,
      headers: ExecuteHeaders,
      response: { 200: BulkPreviewSchema, 202: BulkOperation },
    },
    handler: async (request, reply) => {
      const { workspace, name: requestedBy } = callerOf(request);
      const { execution_ids: ids, workflow, ...rest } = request.body.filter;
      const deadLetters = filterOf(rest, (name) => ({ in: 'body', pointer: `/filter/${name}` }));
      const filter = { deadLetters, ...defined({ ids, workflow }) };
      const idempotencyKey = request.headers['idempotency-key'];
      const wanted = { workspace, requestedBy, action, filter, given: {}, ...defined({ idempotencyKey }) };
      if (request.body.dry_run) {
        const { matched, sample } = await engine.bulk.preview(wanted);
        return { dry_run: true, action: verb, matched, sample: sample.map(viewAnswer) };
      }
      const row = await engine.bulk.start(wanted);
      void reply.code(202).header('location', `/api/v1/executions/bulk/${row.bulkId}`);
      return bulkAnswer(row);
    },
  });
}

type FilterRequest = Pick<DeadLetterListRequest, 'executor' | 'code' | 'reason' | 'from' | 'to'>;

function filterOf({ from, to, ...filter }: FilterRequest, at: (name: string) => Place): DeadLetterFilter {
  const { reason } = filter;
  if (reason !== undefined && !deadLetterReasons.some((known) => known === reason)) {
    const message = `there is no reason ${JSON.stringify(reason)}: ${deadLetterReasons.join(', ')}`;
    throw refusal({ code: 'VALUE_INVALID', message, ...at('reason') });
  }
  return defined({
    ...filter,
    since: from === undefined ? undefined : timeMs(from, at('from')),
    until: to === undefined ? undefined : timeMs(to, at('to')),
  });
}

/** An id that nothing can have is not found like any other. */
const letterIdOf = ({ id }: Identified): string =>
  idOf(id, () => new Fault('DEAD_LETTER_NOT_FOUND', 'there is no such dead letter; list them with GET /dead-letters'));

function letterAnswer(view: StoredView): DeadLetterAnswer {
  const { reason = null, step = null, executor = null, attempt = null, deliveries = null } = view.deadLetter ?? {};
  return {
    execution_id: view.executionId,
    workflow_name: view.workflow,
    version: view.version,
    status: view.status,
    run: view.run,
    reason,
    step,
    executor,
    function: view.deadLetter?.function ?? null,
    attempt,
    deliveries,
    error: view.errorCode === null ? null : { code: view.errorCode, message: view.errorMessage ?? '' },
    created_at: isoTime(view.createdAt),
    dead_at: isoTime(view.endedAt ?? view.createdAt),
  };
}
