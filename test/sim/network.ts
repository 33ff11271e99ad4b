/**
 * The way from clients and executors to a node and back: calls take time, get lost on either way, arrive twice and out of
 * order, and end with the machine that was working on them.
 */
import type { Engine } from '../../src/engine/engine.ts';
import type { Dice } from './dice.ts';
import type { Machine } from './machine.ts';
import type { Tally } from './tally.ts';
import type { VirtualTime } from './virtual-time.ts';
import type { Weather } from './weather.ts';

/** No answer came. What was asked for may have happened. */
export class Lost extends Error {
  override readonly name = 'Lost';
}

export interface Endpoint {
  readonly machine: Machine;
  readonly engine: Engine;
}

export interface Network {
  /** `seen` is called on the node, at the moment the engine answers, before the answer travels. */
  ask<T>(call: Call<T>): Promise<T>;
}

export interface Call<T> {
  readonly run: (engine: Engine) => Promise<T>;
  readonly seen?: (answer: T, endpoint: Endpoint) => void;
  /** How long the caller waits for an answer, in milliseconds. */
  readonly patienceMs?: number;
  /** Whether the network may deliver it twice. */
  readonly mayDouble?: boolean;
  readonly isCutOff?: () => boolean;
}

export interface NetworkDeps {
  readonly time: VirtualTime;
  readonly dice: Dice;
  readonly weather: Weather;
  readonly tally: Tally;
  readonly endpoint: () => Endpoint | undefined;
  /** A check on the node failed, or the engine threw what it must not throw. */
  readonly broken: (error: unknown) => void;
}

export function openNetwork(deps: NetworkDeps): Network {
  const { time, dice, weather, tally } = deps;

  function delayMs(): number {
    if (!weather.strikes('messageDelayed')) return dice.int(0, 3);
    tally.fault('message delayed');
    return dice.int(5, 2_000);
  }

  function isLost(hazard: 'messageLost' | 'answerLost'): boolean {
    if (!weather.strikes(hazard)) return false;
    tally.fault(hazard === 'messageLost' ? 'message lost' : 'answer lost');
    return true;
  }

  function deliver<T>(call: Call<T>, answer: (settle: () => void) => void, waiter: Waiter<T>): void {
    const endpoint = deps.endpoint();
    if (call.isCutOff?.()) return;
    if (!endpoint) return answer(() => waiter.reject(new Lost('nobody listens')));
    endpoint.machine.run(() => {
      call.run(endpoint.engine).then(
        (value) => {
          if (!endpoint.machine.isAlive) return;
          check(() => call.seen?.(value, endpoint));
          answer(() => waiter.resolve(value));
        },
        (error: unknown) => {
          if (endpoint.machine.isAlive) answer(() => waiter.reject(error));
        },
      );
    });
  }

  function check(look: () => void): void {
    try {
      look();
    } catch (error) {
      deps.broken(error);
    }
  }

  return {
    ask(call) {
      return new Promise((resolve, reject) => {
        const cancel = time.after(call.patienceMs ?? 5_000, () => reject(new Lost('no answer')));
        const answer = (settle: () => void): void => {
          if (isLost('answerLost') || call.isCutOff?.()) return;
          time.after(delayMs(), () => {
            cancel();
            settle();
          });
        };
        if (call.mayDouble && weather.strikes('messageDoubled')) {
          tally.fault('message doubled');
          const nobody = { resolve: () => undefined, reject: () => undefined };
          time.after(delayMs(), () => deliver(call, () => undefined, nobody));
        }
        if (isLost('messageLost')) return;
        time.after(delayMs(), () => deliver(call, answer, { resolve, reject }));
      });
    },
  };
}

interface Waiter<T> {
  readonly resolve: (value: T) => void;
  readonly reject: (error: unknown) => void;
}
