/**
 * Who may do what. Pure: a role and a permission in, a yes or no out.
 *
 * Every route names one permission; what a route does not name, nobody may. `public` is a permission too, so that an
 * open route is a decision that somebody wrote down.
 */
export const roles = ['admin', 'operator', 'executor', 'viewer', 'person'] as const;
export type Role = (typeof roles)[number];

const admin = ['admin'] as const;
const operators = ['admin', 'operator'] as const;
const readers = ['admin', 'operator', 'viewer'] as const;

const grants = {
  'workflows:read': readers,
  'workflows:write': operators,
  'executions:read': readers,
  'executions:start': operators,
  'executions:operate': operators,
  'tasks:work': ['admin', 'operator', 'executor'],
  /** A person sees and answers what is theirs, or nobody's. */
  'human_tasks:read': ['admin', 'operator', 'viewer', 'person'],
  'human_tasks:answer': ['admin', 'operator', 'person'],
  'topics:read': readers,
  'metrics:read': readers,
  'system:read': readers,
  'system:manage': admin,
  'tokens:manage': admin,
} as const satisfies Record<string, readonly Role[]>;

export type Permission = keyof typeof grants | 'public';

export const permissions: readonly Permission[] = ['public', ...(Object.keys(grants) as (keyof typeof grants)[])];

export function isPermission(value: unknown): value is Permission {
  return typeof value === 'string' && (value === 'public' || Object.hasOwn(grants, value));
}

export function may(role: Role, permission: Permission): boolean {
  if (permission === 'public') return true;
  const granted: readonly Role[] = grants[permission];
  return granted.includes(role);
}
