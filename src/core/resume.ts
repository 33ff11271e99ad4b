/** `retry` of an ended execution: goes on from the steps that failed or were cut off; what completed stays. */
import { present } from '../kit/assert.ts';
import { beginAttempt } from './failure.ts';
import { enter, finishFrame, openFrame } from './flow.ts';
import { cancelledOrFailed, type FrameState } from './state.ts';
import { emit, later, nodeOf, stepAt, type Turn } from './turn.ts';

export function resumeFailed(turn: Turn): void {
  const root = turn.state.frames.get('');
  if (!root) return openFrame(turn, { path: '', list: '' });
  resumeFrame(turn, root);
}

function resumeFrame(turn: Turn, frame: FrameState): void {
  emit(turn, { type: 'frame.reopened', frame: frame.path });
  const list = present(turn.program.lists.get(frame.list), `list ${frame.list}`);
  const cut = [...frame.begun].filter((path) => {
    const step = turn.state.steps.get(path);
    return step !== undefined && !step.passed && cancelledOrFailed(step) && step.origin !== 'handler';
  });
  const chosen = list.isGraph ? cut : cut.slice(-1);
  for (const path of chosen) later(turn, () => resumeStep(turn, path));
  if (chosen.length > 0) return;
  const last = frame.last === undefined ? undefined : stepAt(turn.state, frame.last);
  const next = last && nodeOf(turn, last).next;
  if (next?.kind !== 'node') return later(turn, () => finishFrame(turn, frame.path));
  later(turn, () =>
    enter(turn, next.node, { frame: frame.path, origin: 'flow', previous: present(last, 'last step').path }),
  );
}

function resumeStep(turn: Turn, path: string): void {
  const inner = [...turn.state.frames.values()].filter((frame) => frame.owner === path && frame.status !== 'completed');
  const step = stepAt(turn.state, path);
  if (step.kind === 'wait') return enter(turn, nodeOf(turn, step), { frame: step.frame, origin: 'flow' });
  if (inner.length === 0 || step.kind === 'function') return beginAttempt(turn, path);
  emit(turn, { type: 'step.attempted', step: path, attempt: step.attempt + 1 });
  for (const frame of inner) resumeFrame(turn, frame);
}
