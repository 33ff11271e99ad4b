/** Slack and Teams: a text, or an object in the words of the channel itself. */
import { isObject, type Json } from '../../kit/json.ts';
import { type Notice, type Send, textOf } from './notice.ts';
import { post, taken } from './post.ts';

/** By an incoming webhook: `{text}`, or an object with `text`, `blocks` … as it is. */
export const sendToSlack: Send<'slack'> = async (deps, notice, { url }) =>
  taken(await post(deps, notice, { url, body: isObject(notice.message) ? notice.message : slackText(notice) }));

function slackText(notice: Notice): Json {
  const text = textOf(notice);
  return { text: notice.subject === undefined ? text : `*${notice.subject}*\n${text}` };
}

/** By a workflow that a webhook starts: an adaptive card, or an object that is a message (`type: message`) as it is. */
export const sendToTeams: Send<'teams'> = async (deps, notice, { url }) =>
  taken(await post(deps, notice, { url, body: teamsMessage(notice) }));

function teamsMessage(notice: Notice): Json {
  const { message, subject } = notice;
  if (isObject(message) && message['type'] === 'message') return message;
  const title = subject === undefined ? [] : [{ type: 'TextBlock', text: subject, weight: 'Bolder', wrap: true }];
  const card =
    isObject(message) && message['type'] === 'AdaptiveCard'
      ? message
      : {
          $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
          type: 'AdaptiveCard',
          version: '1.4',
          body: [...title, { type: 'TextBlock', text: textOf(notice), wrap: true }],
        };
  return { type: 'message', attachments: [{ contentType: 'application/vnd.microsoft.card.adaptive', content: card }] };
}
