/** Messages that steps publish, for whoever looks at them or takes them over HTTP. */
import type { Static } from 'typebox';
import { Type } from './type.ts';
import { AnyJson, closed, DurationText, Limit, TextOrNull, Time } from './values.ts';

export const MessagesQuery = closed({
  after: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 100,
      description: 'A position: only messages after it. Default: from the oldest that is kept.',
    }),
  ),
  limit: Type.Optional(Limit(200)),
  wait: Type.Optional(DurationText('Where there is none, answers with the next one, at the latest after this long.')),
});
export type MessagesRequest = Static<typeof MessagesQuery>;

const Message = Type.Object(
  {
    position: Type.String({ description: 'Its place in the topic.' }),
    message_id: Type.String({ description: 'The same however often it was sent.' }),
    key: TextOrNull('Messages of one key keep their order.'),
    headers: Type.Unsafe<Readonly<Record<string, string>>>({
      type: 'object',
      additionalProperties: { type: 'string' },
    }),
    published_at: Time('When the broker took it.'),
    body: AnyJson('What was sent: JSON as it is, anything else as a text.'),
  },
  { title: 'Message' },
);
export type MessageAnswer = Static<typeof Message>;

export const MessagesPage = Type.Object(
  {
    topic: Type.String(),
    messages: Type.Array(Message),
    next_after: TextOrNull('Give it back as `after` for what comes next; null before the first message.'),
  },
  { title: 'MessagesPage' },
);

export const TopicList = Type.Object(
  {
    topics: Type.Array(
      Type.Object({
        topic: Type.String(),
        messages: Type.Integer({ description: 'That are kept.' }),
        size_bytes: Type.Integer(),
        last_position: Type.String({ description: 'Of the newest.' }),
        groups: Type.Array(
          Type.Object({
            group: Type.String(),
            unsettled: Type.Integer({ description: 'Messages it has still to take or to settle.' }),
          }),
        ),
      }),
    ),
  },
  { title: 'TopicList' },
);
