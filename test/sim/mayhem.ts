/** What happens to whole nodes and to the world around them, as long as the run is not calm. */
import type { Dice } from './dice.ts';
import type { Machine } from './machine.ts';
import type { Nodes } from './nodes.ts';
import type { Tally } from './tally.ts';
import type { Trace } from './trace.ts';
import type { VirtualTime } from './virtual-time.ts';
import type { Weather } from './weather.ts';

export interface MayhemDeps {
  readonly time: VirtualTime;
  readonly dice: Dice;
  readonly weather: Weather;
  readonly tally: Tally;
  readonly trace: Trace;
  readonly nodes: Nodes;
  readonly deploy: () => void;
  readonly storm: () => void;
}

export interface Mayhem {
  isDiskFull(): boolean;
  isCutOff(workerId: string): boolean;
  /** Ends every fault: one node goes on, with a clock that shows the latest time any node showed. */
  heal(): Promise<void>;
}

type Blow = () => void;

export function openMayhem(deps: MayhemDeps): Mayhem {
  const { time, dice, weather, tally, trace, nodes } = deps;
  const cutOff = new Set<string>();
  let fullUntil = 0;
  let latestOffsetMs = 0;

  const victim = (): Machine | undefined => {
    const living = nodes.living();
    return living.length === 0 ? undefined : dice.pick(living).machine;
  };

  const crash: Blow = () => {
    const machine = victim();
    if (!machine) return;
    tally.fault('node crash');
    nodes.crash(machine);
  };

  /** It stands still; meanwhile, sometimes, another one takes over and meets it again as a zombie. */
  const pause: Blow = () => {
    const machine = victim();
    if (!machine || machine.isPaused) return;
    tally.fault('node pause');
    trace.note(`${machine.name} pauses`);
    machine.pause();
    const pauseMs = dice.int(500, 45_000);
    if (dice.chance(0.5)) {
      time.after(Math.min(pauseMs, 3_000), () => {
        tally.fault('zombie beside its successor');
        void nodes.boot();
        time.after(pauseMs + dice.int(0, 20_000), () => nodes.crash(machine));
      });
    }
    time.after(pauseMs, () => {
      trace.note(`${machine.name} goes on`);
      machine.resume();
    });
  };

  const jump: Blow = () => {
    const machine = victim();
    if (!machine) return;
    const byMs = dice.pick([-20_000, -1_000, 1_000, 20_000, 60_000]);
    tally.fault(byMs > 0 ? 'clock jump forward' : 'clock jump back');
    trace.note(`the clock of ${machine.name} jumps by ${byMs} ms`);
    machine.offsetMs += byMs;
    latestOffsetMs = Math.max(latestOffsetMs, machine.offsetMs);
  };

  const fill: Blow = () => {
    trace.note('the disk is full');
    fullUntil = time.now() + dice.int(50, 5_000);
  };

  const cut: Blow = () => {
    const workerId = dice.pick(['alpha-1', 'alpha-2', 'beta-1']);
    tally.fault('executor partition');
    trace.note(`${workerId} is cut off`);
    cutOff.add(workerId);
    time.after(dice.int(1_000, 40_000), () => cutOff.delete(workerId));
  };

  const storm: Blow = () => {
    tally.fault('storm of starts');
    deps.storm();
  };

  const blows = [crash, pause, jump, fill, cut, storm, deps.deploy].filter(() => dice.chance(0.5));

  function strike(): void {
    if (weather.isCalm) return;
    if (blows.length > 0) dice.pick(blows)();
    time.after(dice.int(2_000, 25_000), strike);
  }

  if (!weather.isFair) time.after(dice.int(1_000, 10_000), strike);

  return {
    isDiskFull: () => time.now() < fullUntil && !weather.isCalm,
    isCutOff: (workerId) => cutOff.has(workerId) && !weather.isCalm,
    async heal() {
      weather.isCalm = true;
      trace.note('calm');
      const [kept, ...others] = nodes.living().toReversed();
      for (const { machine } of others) machine.crash();
      // A node keeps executions in memory and does not learn what another one did: this release has one at a time.
      if (nodes.hasOverlapped()) kept?.machine.crash();
      const { machine } = kept?.machine.isAlive ? kept : await nodes.boot();
      if (machine.isPaused) machine.resume();
      machine.offsetMs = latestOffsetMs;
    },
  };
}
