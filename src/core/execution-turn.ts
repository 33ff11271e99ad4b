/** The limit of a workflow on how many of its executions run at once, as one execution has it. */
import { ExpressionFault, type Scope, type Template } from '../expression/expression.ts';
import { limitKeyLengthMax } from './limits.ts';

export interface ExecutionTurn {
  readonly key: string;
  readonly limit: number;
  readonly onLimit?: 'queue' | 'reject' | 'cancel_running' | 'cancel_new';
}

/** A given key is shared by all that give it, whatever their workflow; a number counts as its text. */
export function keyIn(
  scope: Scope,
  template: Template | undefined,
  { own, field, shared }: { own: string; field: string; shared: 'key' | 'rate' | 'executions' },
): string {
  if (!template) return own;
  const value = template.fill(scope);
  const key = typeof value === 'number' || typeof value === 'boolean' ? String(value) : value;
  if (typeof key === 'string' && key !== '' && key.length <= limitKeyLengthMax) return `${shared}:${key}`;
  const wanted = `a text of 1 to ${limitKeyLengthMax} characters`;
  throw new ExpressionFault('EXPRESSION_FAILED', `"${field}" does not give ${wanted}`);
}

/** A key as people wrote it: `"customer-7"`, or `of step flow.charge`. */
export function keyText(key: string): string {
  const colon = key.indexOf(':');
  const [kind, name] = [key.slice(0, colon), key.slice(colon + 1)];
  const owner = owners.get(kind);
  return owner === undefined ? `"${name}"` : `of ${owner} ${name}`;
}

/** What has a limit that nobody has given a key, by how its own keys begin. */
const owners: ReadonlyMap<string, string> = new Map([
  ['step', 'step'],
  ['step-rate', 'step'],
  ['workflow', 'workflow'],
]);
