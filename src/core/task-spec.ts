import type { Scope } from '../expression/expression.ts';
import type { TaskSpec } from './events.ts';
import type { Node, Work } from './program.ts';

/** What an executor is told of a function step. */
export function taskOf(node: Node, work: Extract<Work, { kind: 'function' }>, scope: Scope): TaskSpec {
  const timeoutMs = node.timeout?.(scope);
  const heartbeatMs = node.heartbeatTimeout?.(scope);
  const queueTimeoutMs = node.queueTimeout?.(scope);
  const key = node.idempotencyKey?.fill(scope);
  return {
    executor: work.executor,
    function: work.function,
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    ...(heartbeatMs === undefined ? {} : { heartbeatMs }),
    ...(queueTimeoutMs === undefined ? {} : { queueTimeoutMs }),
    ...(key === undefined ? {} : { idempotencyKey: String(key) }),
  };
}
