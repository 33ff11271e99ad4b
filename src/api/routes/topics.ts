/** What steps have published: looked through from any place, without taking it from anybody. */
import type { StoredMessage, TopicLog } from '../../broker/broker.ts';
import {
  type MessageAnswer,
  MessagesPage,
  MessagesQuery,
  type MessagesRequest,
  TopicList,
} from '../../contract/topics.ts';
import { Fault } from '../../kit/fault.ts';
import type { Json } from '../../kit/json.ts';
import type { Closing } from '../closing.ts';
import { defined } from '../defined.ts';
import { type ApiDeps, type HttpApp, workspaceOf } from '../http-app.ts';
import { limitDefault } from '../pages.ts';
import { durationMs, waitMaxMs } from '../requests.ts';

export function topicRoutes(app: HttpApp, { broker, closing }: ApiDeps & { closing: Closing }): void {
  const logOf = async (): Promise<TopicLog> => {
    const { log } = await broker.open();
    if (log) return log;
    throw new Fault('STATE_CONFLICT', `${broker.type} keeps no log of its topics: subscribe with its own client`);
  };

  app.route({
    method: 'GET',
    url: '/topics',
    config: { permission: 'topics:read' },
    schema: { summary: 'List the topics that steps publish to', tags: ['topics'], response: { 200: TopicList } },
    handler: async (request) => {
      const topics = await (await logOf()).topics(workspaceOf(request));
      return {
        topics: topics.map(({ topic, messages, sizeBytes, position, groups }) => ({
          topic,
          messages,
          size_bytes: sizeBytes,
          last_position: position,
          groups: groups.map(({ name, unsettled }) => ({ group: name, unsettled })),
        })),
      };
    },
  });

  app.route<{ Params: { topic: string }; Querystring: MessagesRequest }>({
    method: 'GET',
    url: '/topics/:topic/messages',
    config: { permission: 'topics:read' },
    schema: {
      summary: 'Read the messages of a topic',
      description:
        'Nothing is taken from anybody: whoever reads keeps the place, `next_after`. A topic that has no message is empty.',
      tags: ['topics'],
      querystring: MessagesQuery,
      response: { 200: MessagesPage },
    },
    handler: async (request, reply) => {
      const { after, limit = limitDefault, wait } = request.query;
      const { topic } = request.params;
      const waitMs = wait === undefined ? 0 : durationMs(wait, { in: 'query', pointer: '/wait' }, waitMaxMs);
      const gone = new AbortController();
      const stop = (): void => gone.abort();
      reply.raw.once('close', stop);
      const forget = closing.onClose(stop);
      try {
        const place = { workspace: workspaceOf(request), topic, limit, waitMs, ...defined({ after }) };
        const messages = await (await logOf()).read(place, gone.signal);
        return { topic, messages: messages.map(messageAnswer), next_after: messages.at(-1)?.position ?? after ?? null };
      } finally {
        reply.raw.off('close', stop);
        forget();
      }
    },
  });
}

function messageAnswer({ position, id, key, headers, publishedAt, body }: StoredMessage): MessageAnswer {
  return {
    position,
    message_id: id,
    key: key ?? null,
    headers,
    published_at: new Date(publishedAt).toISOString(),
    body: bodyOf(body, headers['content-type'] ?? ''),
  };
}

/** A step may say that something is JSON which is not. */
function bodyOf(text: string, contentType: string): Json {
  if (!/[/+]json\b/.test(contentType)) return text;
  try {
    return JSON.parse(text) as Json;
  } catch {
    return text;
  }
}
