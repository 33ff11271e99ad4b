/** Steering executions. */
import {
  ExecutionDetail,
  ReasonBody,
  SignalBody,
  SignalHeaders,
  type SignalRequest,
  stepsPageMax,
} from '../../contract/executions.ts';
import { Empty } from '../../contract/values.ts';
import type { Operation } from '../../engine/engine.ts';
import type { Json } from '../../kit/json.ts';
import { defined } from '../defined.ts';
import { type ApiDeps, type HttpApp, workspaceOf } from '../http-app.ts';
import { refusal } from '../problem.ts';
import { executionIdOf, signalNameOf } from '../requests.ts';
import type { ExecutionAnswers } from './execution-answers.ts';

interface Identified {
  id: string;
}

export function operationRoutes(app: HttpApp, { engine }: ApiDeps, answer: ExecutionAnswers): void {
  const { executions } = engine;

  const operate = (verb: string, summary: string, operation: (body: { reason?: string }) => Operation): void => {
    app.route<{ Params: Identified; Body: { reason?: string } }>({
      method: 'POST',
      url: `/executions/:id/${verb}`,
      config: { permission: 'executions:operate' },
      schema: {
        summary,
        tags: ['executions'],
        body: verb === 'cancel' || verb === 'terminate' ? ReasonBody : Empty,
        response: { 200: ExecutionDetail },
      },
      handler: async (request) => {
        const place = { workspace: workspaceOf(request), executionId: executionIdOf(request.params) };
        await executions.operate(place.workspace, place.executionId, operation(request.body));
        return answer(place, { offset: 0, limit: stepsPageMax });
      },
    });
  };
  operate('cancel', 'Cancel, and undo what completed steps did', ({ reason }) => ({
    type: 'cancel',
    ...defined({ reason }),
  }));
  operate('terminate', 'End at once, undoing nothing', ({ reason }) => ({ type: 'terminate', ...defined({ reason }) }));
  operate('pause', 'Hand out no more work', () => ({ type: 'pause' }));
  operate('resume', 'Go on with a paused execution', () => ({ type: 'resume' }));
  operate('retry', 'Try again from the failed step', () => ({ type: 'retry' }));

  app.route<{
    Params: Identified & { name: string };
    Body: SignalRequest;
    Headers: { 'idempotency-key'?: string };
  }>({
    method: 'POST',
    url: '/executions/:id/signals/:name',
    config: { permission: 'executions:operate' },
    schema: {
      summary: 'Send a signal',
      description: 'Kept until a step asks for it, by its name and its key.',
      tags: ['signals'],
      body: SignalBody,
      headers: SignalHeaders,
      response: { 200: ExecutionDetail },
    },
    handler: async (request) => {
      const { payload = null, key } = request.body;
      const id = signalIdOf(request.body, request.headers['idempotency-key']);
      const name = signalNameOf(request.params.name, { in: 'path', pointer: '/name' });
      const signal = { type: 'signal', name, payload: payload as Json, ...defined({ key, id }) } as const;
      const place = { workspace: workspaceOf(request), executionId: executionIdOf(request.params) };
      await executions.operate(place.workspace, place.executionId, signal);
      return answer(place, { offset: 0, limit: stepsPageMax });
    },
  });
}

function signalIdOf({ id }: SignalRequest, keyHeader: string | undefined): string | undefined {
  if (id === undefined || keyHeader === undefined || id === keyHeader) return id ?? keyHeader;
  const message = 'it differs from the header Idempotency-Key; send one of them';
  throw refusal({ code: 'FIELD_CONFLICT', message, pointer: '/id', in: 'body' });
}
