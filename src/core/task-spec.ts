import type { Scope } from '../expression/expression.ts';
import { canonicalJson } from '../kit/json.ts';
import { serverExecutor, type TaskSpec } from './events.ts';
import { connectorTimeoutDefaultMs } from './limits.ts';
import type { Node, Work } from './program.ts';

/** Work outside the core: an executor's, or the server's own. */
export type TaskWork = Extract<Work, { kind: 'function' | 'connector' }>;

export const isTaskWork = (work: Work): work is TaskWork => work.kind === 'function' || work.kind === 'connector';

/** What whoever carries a step out is told of it. */
export function taskOf(node: Node, work: TaskWork, scope: Scope): TaskSpec {
  if (work.kind === 'function') return timed(node, work, scope);
  const target = work.target?.fill(scope);
  return {
    timeoutMs: connectorTimeoutDefaultMs,
    ...timed(node, { executor: serverExecutor, function: work.connector }, scope),
    ...(target === undefined ? {} : { target: hostOf(String(target)) }),
  };
}

/** Of an address its host and port; any other text names the target itself. */
function hostOf(target: string): string {
  return URL.canParse(target) ? new URL(target).host : target;
}

function timed(node: Node, work: { executor: string; function: string }, scope: Scope): TaskSpec {
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
    ...cacheOf(node, scope),
    ...(node.limits ? { limits: node.limits(scope) } : {}),
  };
}

/** A key without a value tells no calls apart: nothing is cached then. */
function cacheOf({ step, cacheKey }: Node, scope: Scope): Pick<TaskSpec, 'cache'> {
  if (!step.cache) return {};
  const ttlMs = step.cache.ttl;
  if (!cacheKey) return { cache: { ttlMs } };
  const key = cacheKey.fill(scope);
  if (key === null) return {};
  return { cache: { ttlMs, key: typeof key === 'string' ? key : canonicalJson(key) } };
}
