/**
 * The end of the server, for requests that wait. A long wait must not hold up a shutdown: claims are aborted, waits for
 * an end answer with what is known. Nothing here grows with the requests that have come and gone.
 */
import { SlotMap } from '../kit/slot-map.ts';

export interface Closing {
  readonly isClosing: boolean;
  /** The value, or undefined where the server begins to close first. */
  orWhenClosing<T>(waiting: Promise<T>): Promise<T | undefined>;
  /** Calls back once when the server begins to close. Returns how to stop listening. */
  onClose(callback: () => void): () => void;
  begin(): void;
}

export function openClosing(): Closing {
  const callbacks = new SlotMap<number, () => void>();
  let added = 0;
  let isClosing = false;

  function add(callback: () => void): () => void {
    const number = ++added;
    callbacks.set(number, callback);
    if (isClosing) callback();
    return () => void callbacks.delete(number);
  }

  return {
    get isClosing() {
      return isClosing;
    },
    orWhenClosing(waiting) {
      return new Promise((resolve, reject) => {
        const giveUp = (): void => resolve(undefined);
        waiting.then(resolve, reject).finally(add(giveUp));
      });
    },
    onClose: add,
    begin() {
      isClosing = true;
      for (const callback of [...callbacks.values()]) callback();
      callbacks.clear();
    },
  };
}
