import { hash } from 'node:crypto';

/** W3C trace context of a task: the execution is the trace, the attempt its span; the same on every delivery. */
export function traceparentOf(executionId: string, attempt: string): string {
  const trace = hash('sha256', executionId);
  const span = hash('sha256', `${executionId}/${attempt}`);
  return `00-${trace.slice(0, 32)}-${span.slice(0, 16)}-01`;
}
