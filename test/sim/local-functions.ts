/** Functions in the engine's own process: they answer at once or later, throw, hang, and touch what is not theirs. */
import type { Engine, LocalFunction } from '../../src/engine/engine.ts';
import type { Json } from '../../src/kit/json.ts';
import type { Dice } from './dice.ts';
import type { Machine } from './machine.ts';
import type { Tally } from './tally.ts';
import type { Target } from './target.ts';
import type { Weather } from './weather.ts';

export interface LocalDeps {
  readonly machine: Machine;
  readonly dice: Dice;
  readonly weather: Weather;
  readonly tally: Tally;
  readonly target: Target;
}

class Failure extends Error {
  readonly code: string;

  constructor(code: string) {
    super('it went wrong');
    this.code = code;
  }
}

export function registerLocals(engine: Engine, deps: LocalDeps & { workspace: string }): void {
  for (const name of ['f', 'g']) engine.local.register(deps.workspace, 'inside', name, localFunction(deps));
}

export function localFunction({ machine, dice, weather, tally, target }: LocalDeps): LocalFunction {
  return (input, task) => {
    if (weather.strikes('localChangesInput') && typeof input === 'object' && input !== null) {
      tally.fault('local function changes its input');
      Object.assign(input, { k1: 99, changed: true });
    }
    if (weather.strikes('localHangs')) {
      tally.fault('local function hangs');
      target.hung(task.executionId);
      return new Promise((_resolve, reject) => {
        task.signal.addEventListener('abort', () => dice.chance(0.5) && reject(new Failure('ABORTED')));
      });
    }
    if (weather.strikes('localThrows')) {
      tally.fault('local function throws');
      throw new Failure(dice.pick(['E1', 'E2']));
    }
    if (weather.strikes('localNoJson')) {
      tally.fault('local function answers no JSON');
      return { n: Number.NaN };
    }
    const output = target.apply(task.idempotencyKey, { n: dice.int(0, 9), key: task.idempotencyKey } as Json);
    target.answered(task.executionId, attemptOf(task), output);
    if (dice.chance(0.5)) return output;
    return new Promise((resolve) => machine.clock.schedule(dice.int(0, 400), () => resolve(output)));
  };
}

/** The task's own words do not say which visit it is; its key does, unless the definition gives another. */
function attemptOf(task: { step: string; attempt: number; idempotencyKey: string }): string {
  const visit = /#(\d+)$/.exec(task.idempotencyKey)?.[1] ?? '*';
  return `${task.step}#${visit}/${task.attempt}`;
}
