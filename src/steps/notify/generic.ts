/** Any HTTP endpoint: the notice as JSON, signed where the connection has a secret. */
import { webhookHeaders } from '../webhook/signature.ts';
import type { Send } from './notice.ts';
import { post, taken } from './post.ts';

export const sendToWebhook: Send<'webhook'> = async (deps, notice, { url, headers = {}, secret }) => {
  const { message, subject, severity, to, executionId, step } = notice;
  if (secret !== undefined) notice.hide(secret);
  const secrets = secret === undefined ? [] : [secret];
  return taken(
    await post(deps, notice, {
      url,
      body: {
        message,
        severity,
        execution_id: executionId,
        step,
        ...(subject === undefined ? {} : { subject }),
        ...(to.length === 0 ? {} : { to }),
      },
      headers: (body) => ({
        ...Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value])),
        ...webhookHeaders({ id: notice.key, body, nowMs: deps.nowMs() }, secrets),
      }),
    }),
  );
};
