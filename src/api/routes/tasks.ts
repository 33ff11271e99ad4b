/**
 * Where executors take work and bring results.
 *
 * What is wrong with one output must not cost the other results of the call: an output that no store may see fails its
 * own attempt with OUTPUT_INVALID.
 */
import {
  ClaimAnswer,
  ClaimBody,
  type ClaimBodyRequest,
  CompleteAnswer,
  CompleteBody,
  HeartbeatAnswerSchema,
  HeartbeatBody,
  progressBytesMax,
  ReleaseAnswer,
  ReleaseBody,
  type Result,
} from '../../contract/tasks.ts';
import type { StepError } from '../../core/errors.ts';
import type { Heartbeat, TaskAnswer, TaskResult } from '../../engine/engine.ts';
import type { Json } from '../../kit/json.ts';
import { isoTime } from '../answers/time.ts';
import { refuseFlaw } from '../body.ts';
import type { Closing } from '../closing.ts';
import { defined } from '../defined.ts';
import { depthMax, type Flaw, findFlaw } from '../flaw.ts';
import { type ApiDeps, bulkBodyBytesMax, type HttpApp, workspaceOf } from '../http-app.ts';
import { refuseLong } from '../problem.ts';
import { type Claims, claimRequest, openClaims } from './claims.ts';

interface Lease {
  task_id: string;
  lease_token: string;
}

interface HeldTask extends Lease {
  progress?: unknown;
}

/** `results`, its place and `output` stand around what an executor gives. */
const bodyDepthMax = depthMax + 3;

export function taskRoutes(app: HttpApp, deps: ApiDeps & { closing: Closing }): void {
  const claims = openClaims(deps.engine.tasks, deps.closing);
  completeRoute(app, deps, claims);
  leaseRoutes(app, deps);

  app.route<{ Body: ClaimBodyRequest }>({
    method: 'POST',
    url: '/tasks/claim',
    config: { permission: 'tasks:work' },
    schema: { summary: 'Take work', tags: ['tasks'], body: ClaimBody, response: { 200: ClaimAnswer } },
    handler: async (request, reply) => ({
      tasks: await claims.claim(claimRequest(workspaceOf(request), request.body), reply.raw),
    }),
  });
}

function completeRoute(app: HttpApp, { engine }: ApiDeps, claims: Claims): void {
  const { tasks } = engine;

  app.route<{ Body: { results: Result[]; claim?: ClaimBodyRequest } }>({
    method: 'POST',
    url: '/tasks/complete',
    bodyLimit: bulkBodyBytesMax,
    config: { permission: 'tasks:work', judgesBody: true },
    schema: {
      summary: 'Bring results, and take more work in the same call',
      description: 'One answer per result, in their order; a stale lease is an answer, not an error.',
      tags: ['tasks'],
      body: CompleteBody,
      response: { 200: CompleteAnswer },
    },
    handler: async (request, reply) => {
      const { results, claim: more } = request.body;
      const workspace = workspaceOf(request);
      const isSound = findFlaw(request.body, bodyDepthMax) === undefined;
      // Nothing is recorded unless the claim that comes along is sound too.
      if (!isSound && more !== undefined) refuseUnsound(more, '/claim');
      const wish = more && claimRequest(workspace, more, '/claim');
      const given = results.map((result, index) => taskResult(result, isSound ? undefined : index));
      if (wish === undefined) return { results: (await tasks.complete(workspace, given)).map(resultAnswer) };
      const { answers, tasks: handed } = await claims.exchange(given, wish, reply.raw);
      return { results: answers.map(resultAnswer), tasks: handed };
    },
  });
}

function leaseRoutes(app: HttpApp, { engine }: ApiDeps): void {
  const { tasks } = engine;

  app.route<{ Body: { tasks: HeldTask[] } }>({
    method: 'POST',
    url: '/tasks/heartbeat',
    config: { permission: 'tasks:work' },
    schema: { summary: 'Keep tasks', tags: ['tasks'], body: HeartbeatBody, response: { 200: HeartbeatAnswerSchema } },
    handler: async (request) => {
      const answers = await tasks.heartbeat(workspaceOf(request), request.body.tasks.map(heartbeatOf));
      return {
        tasks: answers.map(({ taskId, leaseExpiresAt, cancelRequested, code }) => ({
          task_id: taskId,
          lease_expires_at: isoTime(leaseExpiresAt),
          cancel_requested: cancelRequested,
          ...defined({ code }),
        })),
      };
    },
  });

  app.route<{ Body: { tasks: Lease[] } }>({
    method: 'POST',
    url: '/tasks/release',
    config: { permission: 'tasks:work' },
    schema: { summary: 'Give tasks back', tags: ['tasks'], body: ReleaseBody, response: { 200: ReleaseAnswer } },
    handler: async (request) => {
      const answers = await tasks.release(workspaceOf(request), request.body.tasks.map(leaseOf));
      return { released: answers.filter(({ accepted }) => accepted).length, results: answers.map(resultAnswer) };
    },
  });
}

function heartbeatOf({ progress, ...lease }: HeldTask, index: number): Heartbeat {
  if (progress === undefined) return leaseOf(lease);
  refuseLong(progress, { bytesMax: progressBytesMax, pointer: `/tasks/${index}/progress` });
  return { ...leaseOf(lease), progress: progress as Json };
}

const leaseOf = (lease: Lease): { taskId: string; leaseToken: string } => ({
  taskId: lease.task_id,
  leaseToken: lease.lease_token,
});

/** `index` is given where something in the body is unsound: then it is told from the results that are not. */
function taskResult(result: Result, index: number | undefined): TaskResult {
  const lease = leaseOf(result);
  if (index !== undefined) {
    const { task_id, lease_token } = result;
    refuseUnsound({ task_id, lease_token }, `/results/${index}`);
    const found = findFlaw(result.status === 'completed' ? result.output : result.error);
    if (found) return { ...lease, status: 'failed', error: outputInvalid(found, result.status) };
  }
  if (result.status === 'completed') return { ...lease, status: 'completed', output: result.output ?? null };
  const { code, message, retryable, details } = result.error;
  // Parsed from JSON, so it is JSON.
  return {
    ...lease,
    status: 'failed',
    error: { code, message, ...defined({ retryable, details: details as Json | undefined }) },
  };
}

function outputInvalid(found: Flaw, status: Result['status']): StepError {
  const what = status === 'completed' ? 'output' : 'error';
  return {
    code: 'OUTPUT_INVALID',
    message: `the ${what} is refused at ${found.pointer || 'its root'}: ${found.message}`,
  };
}

function refuseUnsound(value: unknown, pointer: string): void {
  const found = findFlaw(value);
  if (found) throw refuseFlaw({ ...found, pointer: `${pointer}${found.pointer}` });
}

const resultAnswer = ({ taskId, accepted, code }: TaskAnswer) => ({
  task_id: taskId,
  accepted,
  ...defined({ code }),
});
