import { createHash } from 'node:crypto';

/** W3C trace context of a task: the execution is the trace, the attempt its span; the same on every delivery. */
export function traceparentOf(executionId: string, attempt: string): string {
  const digest = createHash('sha256').update(executionId).digest('hex');
  const span = createHash('sha256').update(`${executionId}/${attempt}`).digest('hex');
  return `00-${digest.slice(0, 32)}-${span.slice(0, 16)}-01`;
}
