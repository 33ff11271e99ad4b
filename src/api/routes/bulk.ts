/** Steering many executions at once, and looking at how far that has come. */
import {
  BulkBody,
  type BulkBodyRequest,
  BulkList,
  BulkListQuery,
  type BulkListRequest,
  BulkOperation,
  BulkPreviewSchema,
} from '../../contract/bulk.ts';
import { ExecuteHeaders } from '../../contract/executions.ts';
import { Empty } from '../../contract/values.ts';
import type { BulkDesk, BulkRequest } from '../../engine/bulk/bulk-desk.ts';
import { Fault } from '../../kit/fault.ts';
import type { JsonObject } from '../../kit/json.ts';
import { bulkAnswer } from '../answers/bulk-answer.ts';
import { viewAnswer } from '../answers/view-answer.ts';
import { decodeBulkCursor, encodeBulkCursor } from '../cursor.ts';
import { defined } from '../defined.ts';
import { type ApiDeps, bulkBodyBytesMax, callerOf, type HttpApp, workspaceOf } from '../http-app.ts';
import { viewFilter } from '../list-query.ts';
import { limitDefault } from '../pages.ts';
import { refusal } from '../problem.ts';
import { idOf, signalNameOf } from '../requests.ts';

interface Identified {
  id: string;
}

export function bulkRoutes(app: HttpApp, { engine }: ApiDeps): void {
  startRoute(app, engine.bulk);
  readRoutes(app, engine.bulk);

  app.route<{ Params: Identified }>({
    method: 'POST',
    url: '/executions/bulk/:id/cancel',
    config: { permission: 'executions:operate' },
    schema: {
      summary: 'Look at no more executions',
      description: 'What it has done stays done.',
      tags: ['bulk'],
      body: Empty,
      response: { 200: BulkOperation },
    },
    handler: async (request) => bulkAnswer(await engine.bulk.cancel(workspaceOf(request), bulkIdOf(request.params))),
  });
}

function startRoute(app: HttpApp, bulk: BulkDesk): void {
  app.route<{ Body: BulkBodyRequest; Headers: { 'idempotency-key'?: string } }>({
    method: 'POST',
    url: '/executions/bulk',
    bodyLimit: bulkBodyBytesMax,
    config: { permission: 'executions:operate' },
    schema: {
      summary: 'Do something to all executions that match',
      description: 'Durable once answered, and carried on after a restart; each execution is acted on once at most.',
      tags: ['bulk'],
      body: BulkBody,
      headers: ExecuteHeaders,
      response: { 200: BulkPreviewSchema, 202: BulkOperation },
    },
    handler: async (request, reply) => {
      const { workspace, name: requestedBy } = callerOf(request);
      const idempotencyKey = request.headers['idempotency-key'];
      const wanted = { workspace, requestedBy, ...wishOf(request.body), ...defined({ idempotencyKey }) };
      if (request.body.dry_run) {
        const { matched, sample } = await bulk.preview(wanted);
        return { dry_run: true, action: wanted.action, matched, sample: sample.map(viewAnswer) };
      }
      const row = await bulk.start(wanted);
      void reply.code(202).header('location', `/api/v1/executions/bulk/${row.bulkId}`);
      return bulkAnswer(row);
    },
  });
}

function readRoutes(app: HttpApp, bulk: BulkDesk): void {
  app.route<{ Querystring: BulkListRequest }>({
    method: 'GET',
    url: '/executions/bulk',
    config: { permission: 'executions:read' },
    schema: {
      summary: 'List operations on many executions, newest first',
      tags: ['bulk'],
      querystring: BulkListQuery,
      response: { 200: BulkList },
    },
    handler: async (request) => {
      const { cursor, limit = limitDefault } = request.query;
      const after = cursor === undefined ? {} : { after: decodeBulkCursor(cursor) };
      const { rows, hasMore } = await bulk.list({ workspace: workspaceOf(request), limit, ...after });
      const last = rows.at(-1);
      const next = hasMore && last ? encodeBulkCursor(last) : null;
      const pagination = { page: null, limit, total: null, has_more: hasMore, next_cursor: next };
      return { bulk_operations: rows.map(bulkAnswer), pagination };
    },
  });

  app.route<{ Params: Identified }>({
    method: 'GET',
    url: '/executions/bulk/:id',
    config: { permission: 'executions:read' },
    schema: { summary: 'How far it has come', tags: ['bulk'], response: { 200: BulkOperation } },
    handler: async (request) => bulkAnswer(await bulk.get(workspaceOf(request), bulkIdOf(request.params))),
  });
}

/** An id that no bulk operation can have is not found like any other. */
const bulkIdOf = ({ id }: Identified): string =>
  idOf(
    id,
    () => new Fault('BULK_OPERATION_NOT_FOUND', 'there is no such bulk operation; list them with GET /executions/bulk'),
  );

type Wish = Pick<BulkRequest, 'action' | 'filter' | 'given'>;

function wishOf(body: BulkBodyRequest): Wish {
  const { action, filter } = body;
  if (Object.keys(filter).length === 0) {
    throw refused('VALUE_INVALID', '/filter', 'name at least one thing that the executions have in common');
  }
  for (const [field, actions] of Object.entries(fieldsOfActions)) {
    if (body[field as Field] === undefined || (actions as readonly string[]).includes(action)) continue;
    throw refused('FIELD_CONFLICT', `/${field}`, `it goes with ${actions.join(' and ')}, not with ${action}`);
  }
  const { execution_ids: ids, ...rest } = filter;
  return {
    action,
    filter: { ...viewFilter(rest, { in: 'body', base: '/filter' }), ...defined({ ids }) },
    given: givenOf(body),
  };
}

/** Which field belongs to which action. */
const fieldsOfActions = {
  reason: ['cancel', 'terminate'],
  signal: ['signal'],
  from_step: ['rerun'],
  input: ['rerun'],
  outputs: ['rerun'],
} as const satisfies Partial<Record<keyof BulkBodyRequest, readonly string[]>>;
type Field = keyof typeof fieldsOfActions;

function givenOf({ action, reason, signal, from_step: fromStep, input, outputs }: BulkBodyRequest): JsonObject {
  if (action === 'signal') {
    if (!signal) throw refused('FIELD_MISSING', '/signal', 'say which signal: {"name": …}');
    const { name, payload = null, key } = signal;
    const named = signalNameOf(name, { in: 'body', pointer: '/signal/name' });
    return { signal: { name: named, payload, ...defined({ key }) } } as JsonObject;
  }
  if (action !== 'rerun') return defined({ reason }) as JsonObject;
  if (fromStep === undefined) throw refused('FIELD_MISSING', '/from_step', 'say which step to begin at');
  return defined({ fromStep, input, outputs }) as JsonObject;
}

function refused(code: string, pointer: string, message: string): Fault {
  return refusal({ code, message, pointer, in: 'body' });
}
