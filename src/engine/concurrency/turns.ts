/**
 * The start of an execution whose workflow bounds how many run at once.
 *
 * A start takes its workflow's slot, and where admission is limited its workspace's, in the one move that begins it, or
 * neither: nobody holds anything while it waits. Where the workflow's is not free, `on_limit` decides, and what it decides
 * is as durable as a start: the execution stands in line, has been cancelled, or never was. Where the workspace alone is
 * full it stands in the same line, for good, as one of those that count under the limit of its workflow: whoever comes
 * after them and would be beyond it is dealt with as if they ran.
 */
import { type ExecutionTurn, keyIn, keyText } from '../../core/execution-turn.ts';
import type { Program } from '../../core/program.ts';
import { ExpressionFault, type Scope } from '../../expression/expression.ts';
import { Fault } from '../../kit/fault.ts';
import type { Json } from '../../kit/json.ts';
import type { PlaceTake, SlotTake } from '../../storage/limits.ts';
import type { Claims, UntimedFact } from '../moves/live.ts';
import { type Admission, slotKey } from './admission.ts';

export type TurnRefused = { readonly ok: false; readonly turnedAway: ExecutionTurn };

type StartFact = UntimedFact & { type: 'start' };
export type How = Pick<StartFact, 'queued'> & Partial<Pick<StartFact, 'inLine' | 'stillborn' | 'turn'>>;

export interface TurnStart<Sent> {
  readonly admission: Admission;
  readonly workspace: string;
  /** False for who needs no slot of its workspace. */
  readonly isAdmitted: boolean;
  readonly turn: ExecutionTurn | undefined;
  /** Called before it would wait for its workspace; throws where it may not. */
  readonly mayQueue: () => void;
  readonly send: (how: How, claims: Claims) => Promise<Sent>;
}

export async function startInTurn<Sent extends { ok: boolean }>(start: TurnStart<Sent>): Promise<Sent | TurnRefused> {
  const { admission, workspace, isAdmitted, turn, send } = start;
  const takes = turn ? { takes: [takeOf(turn)] } : {};
  const slot = isAdmitted ? { slot: { key: slotKey, limit: admission.limits.running } } : {};
  const isFull = isAdmitted && admission.queued(workspace) > 0;
  const first = isFull ? undefined : await send({ queued: false }, { ...slot, ...takes });
  if (turn && first && isMissed(first, 'limited')) return beyond(start, turn);
  if (first && !isMissed(first, 'noSlot')) {
    if (isAdmitted) admission.admitNext(workspace);
    return first;
  }
  start.mayQueue();
  const queued = await (turn
    ? send({ queued: true, inLine: true }, { takes: [placeOf(turn)] })
    : send({ queued: true }, {}));
  if (turn && isMissed(queued, 'limited')) return beyond(start, turn);
  if (queued.ok && turn) admission.joinedLine({ workspace, key: turn.key });
  return queued;
}

const isMissed = (sent: { ok: boolean }, what: 'limited' | 'noSlot'): boolean => !sent.ok && what in sent;

async function beyond<Sent>(start: TurnStart<Sent>, turn: ExecutionTurn): Promise<Sent | TurnRefused> {
  switch (turn.onLimit) {
    case 'reject':
      return { ok: false, turnedAway: turn };
    case 'cancel_new':
      return start.send({ queued: false, stillborn: reachedText(turn) }, {});
    default:
      return start.send({ queued: true, inLine: true }, {});
  }
}

export const reachedText = ({ key, limit }: ExecutionTurn): string =>
  `the limit ${keyText(key)} is reached: ${limit} executions run already`;

export const turnedAway = (turn: ExecutionTurn): Fault =>
  new Fault('CONCURRENCY_LIMIT', `${reachedText(turn)}: start it again later`, { detail: { retryAfterSeconds: 5 } });

export const takeOf = ({ key, limit }: ExecutionTurn): SlotTake => ({ kind: 'slot', key, limit, holder: '' });

const placeOf = ({ key, limit }: ExecutionTurn): PlaceTake => ({ kind: 'place', key, limit });

/** Under which key an execution with this input runs. Throws INPUT_INVALID where that has no value. */
export function turnOf(
  program: Program,
  { workspace, input, nowMs }: { workspace: string; input: Json; nowMs: number },
): ExecutionTurn | undefined {
  const { concurrency } = program;
  if (!concurrency) return undefined;
  const { name, version } = program.definition;
  const roots: Record<string, unknown> = { input, workspace, workflow: { name, version } };
  const scope: Scope = {
    nowMs,
    random: () => 0,
    env: program.env,
    root: (root) => (Object.hasOwn(roots, root) ? roots[root] : undefined),
  };
  const { limit, onLimit } = concurrency;
  const more = onLimit === undefined ? {} : { onLimit };
  try {
    const own = { own: `workflow:${name}`, field: 'concurrency.key', shared: 'executions' } as const;
    return { key: keyIn(scope, concurrency.key, own), limit, ...more };
  } catch (fault) {
    if (!(fault instanceof ExpressionFault)) throw fault;
    throw new Fault('INPUT_INVALID', `${fault.message}, with this input: it says which executions share a limit`);
  }
}
