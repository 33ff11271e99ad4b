/** Steering executions. */
import { ExecutionDetail, ReasonBody, SignalBody, stepsPageMax } from '../../contract/executions.ts';
import { Empty } from '../../contract/values.ts';
import type { Operation } from '../../engine/engine.ts';
import type { Json } from '../../kit/json.ts';
import { defined } from '../defined.ts';
import { type ApiDeps, type HttpApp, workspaceOf } from '../http-app.ts';
import { refusal } from '../problem.ts';
import { executionIdOf } from '../requests.ts';
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

  app.route<{ Params: Identified & { name: string }; Body: { payload?: Json; id?: string } }>({
    method: 'POST',
    url: '/executions/:id/signals/:name',
    config: { permission: 'executions:operate' },
    schema: { summary: 'Send a signal', tags: ['signals'], body: SignalBody, response: { 200: ExecutionDetail } },
    handler: async (request) => {
      const { payload = null, id } = request.body;
      const signal = { type: 'signal', name: signalNameOf(request.params.name), payload, ...defined({ id }) } as const;
      const place = { workspace: workspaceOf(request), executionId: executionIdOf(request.params) };
      await executions.operate(place.workspace, place.executionId, signal);
      return answer(place, { offset: 0, limit: stepsPageMax });
    },
  });
}

function signalNameOf(name: string): string {
  if (/^[\w.:-]{1,128}$/.test(name)) return name;
  const message = 'a signal is named by 1 to 128 of A-Z, a-z, 0-9, _, ., : and -';
  throw refusal({ code: 'NAME_INVALID', message, pointer: '/name', in: 'path' });
}
