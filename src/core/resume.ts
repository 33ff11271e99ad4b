/** `retry` of an ended execution: goes on from the steps that failed or were cut off; what completed stays. */
import { present } from '../kit/assert.ts';
import { type Arrival, attemptAnew, beginAttempt, canRunIn, enter } from './arrival.ts';
import { frameChanged } from './containers.ts';
import { finishFrame, go } from './flow.ts';
import { resumeLoop } from './loop.ts';
import type { ProgramList } from './program.ts';
import { beginAt } from './rerun.ts';
import { cancelledOrFailed, type FrameState } from './state.ts';
import { isReady } from './stream.ts';
import { emit, frameAt, later, nodeOf, pathIn, stepAt, type Turn } from './turn.ts';

/** `blamed`: the step that the error named, where it had completed (a rule ended the execution after it). */
export function resumeFailed(turn: Turn, blamed: string | undefined): void {
  resumeFrame(turn, frameAt(turn.state, ''), blamed);
}

export function resumeFrame(turn: Turn, frame: FrameState, blamed: string | undefined): void {
  emit(turn, { type: 'frame.reopened', frame: frame.path });
  const list = present(turn.program.lists.get(frame.list), `list ${frame.list}`);
  const cut = [...frame.begun].filter((path) => {
    const step = turn.state.steps.get(path);
    return step !== undefined && !step.passed && cancelledOrFailed(step) && step.origin !== 'handler';
  });
  if (list.isGraph) {
    // Where a fallback failed too, it goes on from there and not from the step that it stands in for.
    const replaced = new Set(
      cut.map((path) => turn.state.steps.get(path)).map((step) => step?.origin === 'fallback' && step.after),
    );
    return resumeGraph(turn, frame, { list, cut: cut.filter((path) => !replaced.has(path)) });
  }
  const [last] = cut.slice(-1);
  if (last !== undefined) return later(turn, () => resumeStep(turn, last, blamed));
  goOn(turn, frame, blamed);
}

/** What was cut off, and what could have begun but had no time to. */
function resumeGraph(turn: Turn, frame: FrameState, { list, cut }: { list: ProgramList; cut: string[] }): void {
  const fresh = list.nodes.filter(
    (node) => !node.step.handler && !frame.begun.has(pathIn(frame.path, node.name)) && isReady(turn, frame, node),
  );
  for (const path of cut) later(turn, () => resumeStep(turn, path, undefined));
  for (const node of fresh) later(turn, () => enter(turn, node, { frame: frame.path, origin: 'flow' }));
  if (cut.length + fresh.length === 0) later(turn, () => finishFrame(turn, frame.path));
}

/**
 * No step of this sequence failed: the one that a rule judged runs again, else the flow goes on behind the last one. An
 * execution that takes up another one and was cancelled before it began begins now.
 */
function goOn(turn: Turn, frame: FrameState, blamed: string | undefined): void {
  const { rerun } = turn.state;
  if (rerun && frame.path === '' && !frame.begun.has(rerun.from)) return beginAt(turn, rerun.from);
  const arrival: Arrival = { frame: frame.path, origin: 'flow', previous: frame.last };
  const judged = blamed !== undefined && frame.begun.has(blamed) ? stepAt(turn.state, blamed) : undefined;
  if (judged) return later(turn, () => enter(turn, nodeOf(turn, judged), { ...judged, isAgain: true }));
  if (frame.last === undefined) return later(turn, () => finishFrame(turn, frame.path));
  go(turn, nodeOf(turn, stepAt(turn.state, frame.last)).next, arrival);
}

function resumeStep(turn: Turn, path: string, blamed: string | undefined): void {
  if (!canRunIn(turn, stepAt(turn.state, path))) return;
  const inner = [...turn.state.frames.values()].filter((frame) => frame.owner === path);
  if (inner.length === 0 || !attemptAnew(turn, path)) return beginAttempt(turn, path);
  if (turn.state.loops.has(path)) return resumeLoop(turn, path);
  const cut = inner.filter((frame) => frame.status !== 'completed');
  for (const frame of cut) resumeFrame(turn, frame, blamed);
  if (cut.length === 0) frameChanged(turn, path);
}
