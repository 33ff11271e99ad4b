/** PagerDuty by the Events API v2. Its deduplication key is the step's: sent twice, it is one incident. */
import { createHash } from 'node:crypto';
import { isObject, type JsonObject } from '../../kit/json.ts';
import { dedupKeyMax, summaryMax } from './limits.ts';
import { type Notice, type Send, textOf } from './notice.ts';
import { post, taken } from './post.ts';

const eventsUrl = 'https://events.pagerduty.com/v2/enqueue';

export const sendToPagerDuty: Send<'pagerduty'> = async (deps, notice, { routingKey, url = eventsUrl }) => {
  notice.hide(routingKey);
  const dedupKey = dedupKeyOf(notice.key);
  const body = {
    routing_key: routingKey,
    event_action: 'trigger',
    dedup_key: dedupKey,
    client: 'Magic Flow',
    payload: {
      summary: (notice.subject ?? textOf(notice)).slice(0, summaryMax).toWellFormed(),
      source: 'magicflow',
      severity: notice.severity,
      custom_details: detailsOf(notice),
    },
  };
  return { ...taken(await post(deps, notice, { url, body })), dedup_key: dedupKey };
};

function detailsOf({ message, executionId, step }: Notice): JsonObject {
  return { ...(isObject(message) ? message : { message }), execution_id: executionId, step };
}

const dedupKeyOf = (key: string): string =>
  key.length <= dedupKeyMax ? key : createHash('sha256').update(key).digest('hex');
