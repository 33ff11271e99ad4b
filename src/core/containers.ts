/** Steps that hold lists: `condition` runs one of them, `parallel` all, and both end when a predicate over frames says so. */
import { present } from '../kit/assert.ts';
import { emptyObject } from '../kit/json.ts';
import { isTrue } from './arrival.ts';
import { failAttempt } from './failure.ts';
import { cancelFrame, openFrame, succeed } from './flow.ts';
import { openLoop, roundClosed } from './loop.ts';
import type { Work } from './program.ts';
import { type FrameState, resultOf } from './state.ts';
import { evaluated, frameAt, nodeOf, type Sight, scopeOf, stepAt, type Turn } from './turn.ts';

type Parallel = Extract<Work, { kind: 'parallel' }>;
type Condition = Extract<Work, { kind: 'condition' }>;

export function openContainer(turn: Turn, path: string, sight: Sight): void {
  const { work } = nodeOf(turn, stepAt(turn.state, path));
  if (work.kind === 'condition') openCase(turn, path, { work, sight });
  if (work.kind === 'loop') openLoop(turn, path, sight);
  if (work.kind !== 'parallel') return;
  for (const branch of work.branches) {
    openFrame(turn, { path: branchFrame(path, branch.name), list: branch.list.id, owner: path });
  }
}

const branchFrame = (path: string, branch: string): string => `${path}.${branch}`;

function openCase(turn: Turn, path: string, { work, sight }: { work: Condition; sight: Sight }): void {
  const chosen = evaluated(path, () => {
    const scope = scopeOf(turn, sight);
    return work.cases.find((branch) => isTrue(branch.when.evaluate(scope)))?.list ?? work.otherwise;
  });
  if (!chosen.ok) return failAttempt(turn, path, { error: chosen.error });
  if (!chosen.value) return succeed(turn, path, { response: null });
  openFrame(turn, { path, list: chosen.value.id, owner: path });
}

/** Steps that hold lists. */
export const isContainer = (work: Work): boolean =>
  work.kind === 'condition' || work.kind === 'parallel' || work.kind === 'loop';

/** A list of a container closed. */
export function frameClosed(turn: Turn, { owner, path }: { owner: string; path: string }): void {
  const step = stepAt(turn.state, owner);
  if (step.endedAt !== undefined || step.status === 'retrying') return;
  const frame = frameAt(turn.state, path);
  if (frame.index === undefined) frameChanged(turn, owner);
  else roundClosed(turn, frame);
}

/** Does this container end, its lists being as they are? */
export function frameChanged(turn: Turn, owner: string): void {
  const { work } = nodeOf(turn, stepAt(turn.state, owner));
  if (work.kind === 'parallel') return join(turn, owner, work);
  const frame = frameAt(turn.state, owner);
  if (frame.status === 'completed') succeed(turn, owner, { response: resultOf(turn.state, frame) });
  if (frame.status === 'failed') failAttempt(turn, owner, { error: present(frame.error, 'error of a failed list') });
}

/** A predicate over the branches as they stand, so that branches that end together join once. */
function join(turn: Turn, owner: string, work: Parallel): void {
  const frames = work.branches.map((branch) => frameAt(turn.state, branchFrame(owner, branch.name)));
  const count = (status: FrameState['status']): number => frames.filter((frame) => frame.status === status).length;
  const wanted = work.waitFor === 'all' ? frames.length : Math.min(work.waitFor, frames.length);
  const [completed, open] = [count('completed'), count('open')];
  const isLost = completed + open < wanted;
  if (completed < wanted && !(isLost && (work.failFast || open === 0))) return;
  for (const frame of frames) cancelFrame(turn, frame.path);
  if (isLost) {
    const error = frames.find((frame) => frame.status === 'failed')?.error;
    return failAttempt(turn, owner, { error: present(error, `error of a branch of ${owner}`) });
  }
  const results = emptyObject();
  for (const [index, branch] of work.branches.entries()) {
    const frame = frames[index];
    if (frame?.status === 'completed') results[branch.name] = resultOf(turn.state, frame);
  }
  succeed(turn, owner, { response: results });
}
