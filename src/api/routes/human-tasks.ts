/** What people are asked: their lists, and their answers. Whoever may not read executions sees their own tasks alone. */
import { may } from '../../auth/permission.ts';
import {
  CompleteHumanTaskBody,
  type CompleteHumanTaskRequest,
  HumanTask,
  HumanTaskHeaders,
  HumanTaskList,
  HumanTaskListQuery,
  type HumanTaskListRequest,
  humanTaskStatuses,
} from '../../contract/human-tasks.ts';
import { Empty } from '../../contract/values.ts';
import type { Caller, HumanTaskDesk, HumanTaskDetail } from '../../engine/engine.ts';
import { Fault } from '../../kit/fault.ts';
import type { Json } from '../../kit/json.ts';
import { nobody, peopleOf } from '../../storage/human-tasks.ts';
import { humanTaskAnswer, humanTaskSummary } from '../answers/human-task-answer.ts';
import { decodeHumanTaskCursor, encodeHumanTaskCursor } from '../cursor.ts';
import { defined } from '../defined.ts';
import { type ApiDeps, callerOf, type HttpApp } from '../http-app.ts';
import { wordsOf } from '../list-query.ts';
import { limitDefault } from '../pages.ts';
import { humanTaskIdOf } from '../requests.ts';

interface Identified {
  id: string;
}

type Request = Parameters<typeof callerOf>[0];

export function humanTaskRoutes(app: HttpApp, { engine }: ApiDeps): void {
  const { humanTasks } = engine;
  listRoute(app, humanTasks);

  app.route<{ Params: Identified }>({
    method: 'GET',
    url: '/human-tasks/:id',
    config: { permission: 'human_tasks:read' },
    schema: { summary: 'Get what a person is asked', tags: ['human tasks'], response: { 200: HumanTask } },
    handler: async (request) => {
      const { workspace } = callerOf(request);
      return humanTaskAnswer(readable(request, await humanTasks.get(workspace, humanTaskIdOf(request.params))));
    },
  });

  const operate = (verb: 'claim' | 'unclaim', summary: string): void => {
    app.route<{ Params: Identified }>({
      method: 'POST',
      url: `/human-tasks/:id/${verb}`,
      config: { permission: 'human_tasks:answer' },
      schema: { summary, tags: ['human tasks'], body: Empty, response: { 200: HumanTask } },
      handler: async (request) =>
        humanTaskAnswer(await humanTasks[verb](personOf(request), humanTaskIdOf(request.params))),
    });
  };
  operate('claim', 'Take a task: nobody else answers it then');
  operate('unclaim', 'Give a task back, or take it from whoever has it');

  app.route<{ Params: Identified; Body: CompleteHumanTaskRequest; Headers: { 'idempotency-key'?: string } }>({
    method: 'POST',
    url: '/human-tasks/:id/complete',
    config: { permission: 'human_tasks:answer' },
    schema: {
      summary: 'Answer',
      description:
        'An answer that does not fit the form is refused with the place of each problem, and changes nothing.',
      tags: ['human tasks'],
      body: CompleteHumanTaskBody,
      headers: HumanTaskHeaders,
      response: { 200: HumanTask },
    },
    handler: async (request) => {
      const { answer, outcome, comment } = request.body;
      const given = { answer: answer as Json | undefined, outcome };
      const more = defined({ comment, id: request.headers['idempotency-key'] });
      const id = humanTaskIdOf(request.params);
      return humanTaskAnswer(await humanTasks.complete(personOf(request), id, { ...given, ...more }));
    },
  });
}

function listRoute(app: HttpApp, humanTasks: HumanTaskDesk): void {
  app.route<{ Querystring: HumanTaskListRequest }>({
    method: 'GET',
    url: '/human-tasks',
    config: { permission: 'human_tasks:read' },
    schema: {
      summary: 'List what people are asked, newest first',
      tags: ['human tasks'],
      querystring: HumanTaskListQuery,
      response: { 200: HumanTaskList },
    },
    handler: async (request) => {
      const { status, workflow, cursor, limit = limitDefault } = request.query;
      const { rows, hasMore } = await humanTasks.list({
        workspace: callerOf(request).workspace,
        status: status === undefined ? humanTaskStatuses : wordsOf(status, humanTaskStatuses, 'status'),
        limit,
        ...defined({
          workflow,
          people: peopleAskedFor(request, request.query.assignee),
          after: cursor === undefined ? undefined : decodeHumanTaskCursor(cursor),
        }),
      });
      const last = rows.at(-1);
      const next = hasMore && last ? encodeHumanTaskCursor(last) : null;
      const pagination = { page: null, limit, total: null, has_more: hasMore, next_cursor: next };
      return { human_tasks: rows.map(humanTaskSummary), pagination };
    },
  });
}

function personOf(request: Request): Caller {
  const { workspace, name, role } = callerOf(request);
  return { workspace, name, isOperator: may(role, 'executions:operate') };
}

const seesAll = (request: Request): boolean => may(callerOf(request).role, 'executions:read');

function peopleAskedFor(request: Request, assignee: string | undefined): readonly string[] | undefined {
  const { name } = callerOf(request);
  if (seesAll(request)) return assignee === undefined ? undefined : [assignee];
  if (assignee === undefined) return [name, nobody];
  if (assignee === name) return [name];
  throw new Fault('FORBIDDEN', `${name} sees tasks of their own: leave "assignee" out`);
}

function readable(request: Request, task: HumanTaskDetail): HumanTaskDetail {
  const { name } = callerOf(request);
  const people = peopleOf(task);
  if (seesAll(request) || people.includes(name) || people.includes(nobody)) return task;
  throw new Fault('FORBIDDEN', `the task is not for ${name}: it is for ${people.join(', ')}`);
}
