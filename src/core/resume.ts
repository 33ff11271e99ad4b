/** `retry` of an ended execution: goes on from the steps that failed or were cut off; what completed stays. */
import { present } from '../kit/assert.ts';
import { attemptAnew, beginAttempt, canRunIn, enter } from './arrival.ts';
import { frameChanged } from './containers.ts';
import { advance, finishFrame, restGraph } from './flow.ts';
import { resumeLoop } from './loop.ts';
import type { Node, ProgramList } from './program.ts';
import { cancelledOrFailed, type FrameState, type StepState } from './state.ts';
import { isReady } from './stream.ts';
import { emit, frameAt, later, nodeOf, pathIn, stepAt, type Turn } from './turn.ts';

export function resumeFailed(turn: Turn): void {
  resumeFrame(turn, frameAt(turn.state, ''));
}

export function resumeFrame(turn: Turn, frame: FrameState): void {
  emit(turn, { type: 'frame.reopened', frame: frame.path });
  const list = present(turn.program.lists.get(frame.list), `list ${frame.list}`);
  const begun = [...frame.begun].flatMap((path) => turn.state.steps.get(path) ?? []);
  const own = begun.filter(({ origin }) => origin !== 'handler');
  const judged = begun.find(({ path }) => path === turn.state.blamed);
  if (list.isGraph) return resumeGraph(turn, frame, { list, cut: own.filter(isCut), judged });
  const last = own.at(-1);
  if (!last) return later(turn, () => finishFrame(turn, frame.path));
  // Failures before it were handled.
  if (isCut(last)) return later(turn, () => resumeStep(turn, last.path));
  if (judged) return runAgain(turn, judged);
  advance(turn, last);
}

const isCut = (step: StepState): boolean => !step.passed && cancelledOrFailed(step);

/** A step that had completed when a rule ended the execution after it: what it gives is judged once more. */
function runAgain(turn: Turn, judged: StepState): void {
  later(turn, () => enter(turn, nodeOf(turn, judged), { ...judged, isAgain: true }));
}

interface Resumed {
  readonly list: ProgramList;
  readonly cut: readonly StepState[];
  readonly judged: StepState | undefined;
}

/** What was cut off or judged, and what could have begun but had no time to. */
function resumeGraph(turn: Turn, frame: FrameState, { list, cut, judged }: Resumed): void {
  // Where a fallback failed too, it goes on from there and not from the step that it stands in for.
  const replaced = new Set(cut.map(({ origin, after }) => origin === 'fallback' && after));
  const again = cut.filter(({ path }) => !replaced.has(path));
  const canBegin = (node: Node): boolean =>
    !node.step.handler && !frame.begun.has(pathIn(frame.path, node.name)) && isReady(turn, frame, node);
  const fresh = list.nodes.filter(canBegin);
  if (judged && !isCut(judged)) runAgain(turn, judged);
  for (const { path } of again) later(turn, () => resumeStep(turn, path));
  for (const node of fresh) {
    later(turn, () => {
      if (canBegin(node)) enter(turn, node, { frame: frame.path, origin: 'flow' });
    });
  }
  later(turn, () => restGraph(turn, frame, list));
}

function resumeStep(turn: Turn, path: string): void {
  const step = stepAt(turn.state, path);
  if (!canRunIn(turn, step)) return;
  if (!step.hasLists || !attemptAnew(turn, path)) return beginAttempt(turn, path);
  if (turn.state.loops.has(path)) return resumeLoop(turn, path);
  const cut = [...turn.state.frames.values()].filter(({ owner, status }) => owner === path && status !== 'completed');
  for (const frame of cut) resumeFrame(turn, frame);
  if (cut.length === 0) frameChanged(turn, path);
}
