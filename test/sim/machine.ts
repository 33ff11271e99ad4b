/**
 * What a node runs on: its clock and its life. A crashed machine does nothing any more; a paused one keeps what would
 * have happened and does it all when it goes on, which makes it a zombie where another node took over meanwhile.
 */
import type { Clock } from '../../src/kit/clock.ts';
import type { Tally } from './tally.ts';
import type { VirtualTime } from './virtual-time.ts';
import type { Weather } from './weather.ts';

export interface Machine {
  readonly name: string;
  readonly clock: Clock;
  isAlive: boolean;
  isPaused: boolean;
  /** Milliseconds that its clock is ahead of true time. */
  offsetMs: number;
  /** Runs it now, when the machine goes on, or never. */
  run(job: () => void): void;
  crash(): void;
  pause(): void;
  resume(): void;
}

export function makeMachine(deps: { name: string; time: VirtualTime; weather: Weather; tally: Tally }): Machine {
  const { time, weather, tally } = deps;
  const bootAt = time.now();
  let held: (() => void)[] = [];
  const lateness = (): number => {
    if (!weather.strikes('timerLate')) return 0;
    tally.fault('timer late');
    return 7;
  };
  const machine: Machine = {
    name: deps.name,
    isAlive: true,
    isPaused: false,
    offsetMs: 0,
    clock: {
      nowMs: () => time.now() + machine.offsetMs,
      monotonicMs: () => time.now() - bootAt,
      schedule(delayMs, callback) {
        let isCancelled = false;
        const cancel = time.after(delayMs + lateness(), () => machine.run(() => isCancelled || callback()));
        return () => {
          isCancelled = true;
          cancel();
        };
      },
    },
    run(job) {
      if (!machine.isAlive) return;
      if (machine.isPaused) held.push(job);
      else job();
    },
    crash() {
      machine.isAlive = false;
      held = [];
    },
    pause() {
      machine.isPaused = true;
    },
    resume() {
      machine.isPaused = false;
      for (const job of held.splice(0)) time.after(0, () => machine.run(job));
    },
  };
  return machine;
}
