/** `retry` of an ended execution: goes on from the steps that failed or were cut off; what completed stays. */
import { present } from '../kit/assert.ts';
import { attemptAnew, beginAttempt, canRunIn, enter } from './arrival.ts';
import { frameChanged } from './containers.ts';
import { advance, finishFrame } from './flow.ts';
import { resumeLoop } from './loop.ts';
import type { ProgramList } from './program.ts';
import { cancelledOrFailed, type FrameState, type StepState } from './state.ts';
import { isReady } from './stream.ts';
import { emit, frameAt, later, nodeOf, pathIn, stepAt, type Turn } from './turn.ts';

/** `blamed`: the step that the error named, where it had completed (a rule ended the execution after it). */
export function resumeFailed(turn: Turn, blamed: string | undefined): void {
  resumeFrame(turn, frameAt(turn.state, ''), blamed);
}

export function resumeFrame(turn: Turn, frame: FrameState, blamed: string | undefined): void {
  emit(turn, { type: 'frame.reopened', frame: frame.path });
  const list = present(turn.program.lists.get(frame.list), `list ${frame.list}`);
  const begun = [...frame.begun].flatMap((path) => turn.state.steps.get(path) ?? []);
  const own = begun.filter(({ origin }) => origin !== 'handler');
  if (list.isGraph) return resumeGraph(turn, frame, { list, cut: own.filter(isCut) });
  const last = own.at(-1);
  if (!last) return later(turn, () => finishFrame(turn, frame.path));
  // Failures before it were handled.
  if (isCut(last)) return later(turn, () => resumeStep(turn, last.path, blamed));
  goOn(turn, frame, { last, blamed });
}

const isCut = (step: StepState): boolean => !step.passed && cancelledOrFailed(step);

/** What was cut off, and what could have begun but had no time to. */
function resumeGraph(turn: Turn, frame: FrameState, { list, cut }: { list: ProgramList; cut: StepState[] }): void {
  // Where a fallback failed too, it goes on from there and not from the step that it stands in for.
  const replaced = new Set(cut.map(({ origin, after }) => origin === 'fallback' && after));
  const again = cut.filter(({ path }) => !replaced.has(path));
  const fresh = list.nodes.filter(
    (node) => !node.step.handler && !frame.begun.has(pathIn(frame.path, node.name)) && isReady(turn, frame, node),
  );
  for (const { path } of again) later(turn, () => resumeStep(turn, path, undefined));
  for (const node of fresh) later(turn, () => enter(turn, node, { frame: frame.path, origin: 'flow' }));
  if (again.length + fresh.length === 0) later(turn, () => finishFrame(turn, frame.path));
}

/** No step of this sequence failed: the one that a rule judged runs again, else the flow goes on behind the last one. */
function goOn(turn: Turn, frame: FrameState, { last, blamed }: { last: StepState; blamed: string | undefined }): void {
  const judged = blamed !== undefined && frame.begun.has(blamed) ? stepAt(turn.state, blamed) : undefined;
  if (judged) return later(turn, () => enter(turn, nodeOf(turn, judged), { ...judged, isAgain: true }));
  advance(turn, last);
}

function resumeStep(turn: Turn, path: string, blamed: string | undefined): void {
  const step = stepAt(turn.state, path);
  if (!canRunIn(turn, step)) return;
  if (!step.hasLists || !attemptAnew(turn, path)) return beginAttempt(turn, path);
  if (turn.state.loops.has(path)) return resumeLoop(turn, path);
  const cut = [...turn.state.frames.values()].filter(({ owner, status }) => owner === path && status !== 'completed');
  for (const frame of cut) resumeFrame(turn, frame, blamed);
  if (cut.length === 0) frameChanged(turn, path);
}
