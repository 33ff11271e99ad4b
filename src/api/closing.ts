/**
 * The end of the server, for requests that wait. A long wait must not hold up a shutdown: claims are aborted, waits for
 * an end answer with what is known. Nothing here grows with the requests that have come and gone.
 */
export interface Closing {
  readonly isClosing: boolean;
  /** The value, or undefined where the server begins to close first. */
  orWhenClosing<T>(waiting: Promise<T>): Promise<T | undefined>;
  /** Calls back once when the server begins to close. Returns how to stop listening. */
  onClose(callback: () => void): () => void;
  begin(): void;
}

export function openClosing(): Closing {
  const callbacks = new Set<() => void>();
  let isClosing = false;
  return {
    get isClosing() {
      return isClosing;
    },
    orWhenClosing(waiting) {
      return new Promise((resolve, reject) => {
        const giveUp = (): void => resolve(undefined);
        callbacks.add(giveUp);
        if (isClosing) giveUp();
        waiting.then(resolve, reject).finally(() => callbacks.delete(giveUp));
      });
    },
    onClose(callback) {
      callbacks.add(callback);
      if (isClosing) callback();
      return () => callbacks.delete(callback);
    },
    begin() {
      isClosing = true;
      for (const callback of [...callbacks]) callback();
      callbacks.clear();
    },
  };
}
