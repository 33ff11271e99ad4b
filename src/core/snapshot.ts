/**
 * A state as text and back. A snapshot is a cache of a journal's beginning: it may be thrown away at any time, and a
 * text of another format is.
 */
import type { Quality, RoundFailure } from './events.ts';
import type { ExecutionState, FrameState, LoopState } from './state.ts';

/** Raised whenever the state's shape changes; older snapshots are then ignored and the journal is read from its start. */
const format = 8;

export function writeSnapshot(state: ExecutionState): string {
  return JSON.stringify({
    format,
    state: {
      ...state,
      steps: [...state.steps.values()],
      roundVars: [...state.roundVars],
      pathsByName: [...state.pathsByName],
      frames: [...state.frames.values()].map((frame) => ({
        ...frame,
        active: [...frame.active],
        begun: [...frame.begun],
      })),
      loops: [...state.loops.values()].map((loop) => ({
        ...loop,
        running: [...loop.running],
        failures: [...loop.failures.values()],
      })),
      qualityFolded: [...state.qualityFolded],
      completed: [...state.completed],
      outstanding: [...state.outstanding.values()],
      opened: [],
      settled: [],
      humanTasks: [],
      limitsLeft: undefined,
    },
  });
}

/** Undefined where the text is of another format. */
export function readSnapshot(text: string): ExecutionState | undefined {
  const parsed = JSON.parse(text) as { format: number; state: Flat };
  if (parsed.format !== format) return undefined;
  const { state } = parsed;
  return {
    ...state,
    startedAt: state.startedAt ?? undefined,
    limitsLeft: undefined,
    vars: Object.assign(Object.create(null), state.vars),
    roundVars: new Map(state.roundVars.map(([round, vars]) => [round, Object.assign(Object.create(null), vars)])),
    steps: new Map(state.steps.map((step) => [step.path, step])),
    pathsByName: new Map(state.pathsByName),
    frames: new Map(
      state.frames.map((frame) => [
        frame.path,
        { ...frame, active: new Set(frame.active), begun: new Set(frame.begun) },
      ]),
    ),
    loops: new Map(
      state.loops.map((loop) => [
        loop.path,
        {
          ...loop,
          running: new Set(loop.running),
          failures: new Map(loop.failures.map((failure) => [failure.index, failure])),
        },
      ]),
    ),
    qualityFolded: new Map(state.qualityFolded),
    completed: new Set(state.completed),
    outstanding: new Map(state.outstanding.map((command) => [command.id, command])),
  };
}

type FlatFrame = Omit<FrameState, 'active' | 'begun'> & { readonly active: string[]; readonly begun: string[] };

type FlatLoop = Omit<LoopState, 'running' | 'failures'> & {
  readonly running: number[];
  readonly failures: RoundFailure[];
};

type Flat = Omit<
  ExecutionState,
  'roundVars' | 'steps' | 'pathsByName' | 'frames' | 'loops' | 'qualityFolded' | 'completed' | 'outstanding'
> & {
  readonly steps: (ExecutionState['steps'] extends Map<string, infer Step> ? Step : never)[];
  readonly roundVars: [string, ExecutionState['vars']][];
  readonly pathsByName: [string, string][];
  readonly frames: FlatFrame[];
  readonly loops: FlatLoop[];
  readonly qualityFolded: [string, Quality][];
  readonly completed: string[];
  readonly outstanding: (ExecutionState['outstanding'] extends Map<string, infer Command> ? Command : never)[];
};
