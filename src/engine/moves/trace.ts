import { hash } from 'node:crypto';

import type { ParentLink } from '../../core/child-events.ts';

/** Whose trace an execution is a part of: its own, or that of the outermost one above it. */
export const traceRootOf = ({ id, parent }: { id: string; parent: ParentLink | undefined }): string =>
  parent?.root ?? id;

/** W3C trace context of a task: the root is the trace, the attempt its span; the same on every delivery. */
export function traceparentOf(root: string, executionId: string, attempt: string): string {
  const trace = hash('sha256', root);
  const span = hash('sha256', `${executionId}/${attempt}`);
  return `00-${trace.slice(0, 32)}-${span.slice(0, 16)}-01`;
}
