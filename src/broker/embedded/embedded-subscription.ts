/**
 * One subscription of a group: it takes as many as it has hands for, and again whenever a hand is free, something was
 * published, or what was given back is due. Nothing is held here but what is in hand.
 */
import type { Cancel, Clock } from '../../kit/clock.ts';
import { deadLetterOf, type Redelivery, type Subscription, type Take } from '../broker.ts';
import type { BrokerLink } from './broker-link.ts';
import type { Settlement, Taken } from './broker-operations.ts';
import { troublePauseMs } from './limits.ts';

export interface SubscriptionDeps {
  readonly clock: Clock;
  readonly link: BrokerLink;
  readonly warn: (message: string, error: unknown) => void;
  /** Something of a topic may be there to be taken. */
  readonly wake: (topic: string) => void;
}

export interface SubscriptionParts {
  readonly group: number;
  readonly topic: string;
  readonly inHandMax: number;
  readonly redelivery: Redelivery;
  readonly take: Take;
}

export interface EmbeddedSubscription extends Subscription {
  wake(): void;
}

export function openSubscription(deps: SubscriptionDeps, parts: SubscriptionParts): EmbeddedSubscription {
  const { clock, link } = deps;
  const inHand = new Set<Promise<void>>();
  let isClosed = false;
  let isTaking = false;
  let isAskedAgain = false;
  let cancelDue: Cancel = () => undefined;

  function wake(): void {
    isAskedAgain = true;
    if (!isTaking) void takeAll();
  }

  async function takeAll(): Promise<void> {
    isTaking = true;
    try {
      while (isAskedAgain && !isClosed && inHand.size < parts.inHandMax) {
        isAskedAgain = false;
        const limit = parts.inHandMax - inHand.size;
        const taken = await link.call('take', { group: parts.group, limit, at: clock.nowMs() });
        cancelDue();
        if (taken.dueAt !== null) cancelDue = clock.schedule(taken.dueAt - clock.nowMs(), wake);
        for (const delivery of taken.deliveries) hold(delivery);
      }
    } catch (error) {
      if (!isClosed) deps.warn(`messages of the topic "${parts.topic}" cannot be taken`, error);
      cancelDue();
      if (!isClosed) cancelDue = clock.schedule(troublePauseMs, wake);
    } finally {
      isTaking = false;
    }
  }

  function hold(delivery: Taken['deliveries'][number]): void {
    const held = carry(delivery).finally(() => {
      inHand.delete(held);
      deps.wake(parts.topic);
    });
    inHand.add(held);
  }

  async function carry({ place: position, ...delivery }: Taken['deliveries'][number]): Promise<void> {
    let then: Settlement = null;
    try {
      await parts.take(delivery);
    } catch (error) {
      then = afterFailure(delivery.attempt, error);
    }
    while (!(await isSettled(position, then))) await pause(clock, troublePauseMs);
    if (then && 'deadLetter' in then) deps.wake(then.deadLetter.topic);
  }

  /** Until then the hand is not free. What is never settled comes again when the file is opened next. */
  async function isSettled(position: number, then: Settlement): Promise<boolean> {
    try {
      await link.call('settle', { group: parts.group, position, then });
      return true;
    } catch (error) {
      deps.warn(`message ${position} of the topic "${parts.topic}" was taken, and that cannot be written down`, error);
      return isClosed;
    }
  }

  function afterFailure(attempt: number, error: unknown): Settlement {
    const { initialMs, maxMs, attemptsMax } = parts.redelivery;
    if (attempt < attemptsMax) return { dueAt: clock.nowMs() + Math.min(maxMs, initialMs * 2 ** (attempt - 1)) };
    const reason = (error instanceof Error ? error.message : String(error)).slice(0, 1_000);
    return { deadLetter: { topic: deadLetterOf(parts.topic), reason, at: clock.nowMs() } };
  }

  return {
    wake,
    async close() {
      isClosed = true;
      cancelDue();
      while (inHand.size > 0) await Promise.allSettled(inHand);
    },
  };
}

const pause = (clock: Clock, ms: number): Promise<void> => new Promise((resolve) => clock.schedule(ms, resolve));
