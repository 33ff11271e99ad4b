/**
 * How a driver presents itself to the conformance suites, and how the suites state a promise. For tests only.
 *
 * A case that a driver is excused from is skipped with its reason, never left out; an excuse that names no case fails,
 * so that none outlives the promise it was made for.
 */
import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import type { Store } from './store.ts';

export interface StoreSubject {
  readonly name: string;
  /** A store over empty data of its own. */
  open(): Promise<Store>;
  /** The data of the store opened last, once that one is closed. Absent where nothing outlives a store. */
  reopen?(): Promise<Store>;
  /** A second store over the data of the store opened last, while that one is open. Absent where one node owns the data. */
  peer?(): Promise<Store>;
  /** Promises this driver cannot keep, by title, each with its reason. */
  readonly excused?: Readonly<Record<string, string>>;
}

/** States one promise; its body gets a fresh store that is closed afterwards. */
export type PromiseCase = (title: string, body: (store: Store) => Promise<void>) => void;

/** Runs suites over one subject. */
export function storeSuite(subject: StoreSubject, suites: readonly ((promise: PromiseCase) => void)[]): void {
  const titles = new Set<string>();
  describe(`store: ${subject.name}`, () => {
    let open: Store | undefined;
    afterEach(async () => {
      await open?.close();
      open = undefined;
    });
    const promise: PromiseCase = (title, body) => {
      titles.add(title);
      const reason = excuse(subject, title);
      it(title, { skip: reason ?? false }, async () => {
        open = await subject.open();
        await body(open);
      });
    };
    for (const suite of suites) suite(promise);
    it('is excused only from promises that exist', () => {
      assert.deepEqual(
        Object.keys(subject.excused ?? {}).filter((title) => !titles.has(title)),
        [],
      );
    });
  });
}

function excuse(subject: StoreSubject, title: string): string | undefined {
  return subject.excused && Object.hasOwn(subject.excused, title) ? subject.excused[title] : undefined;
}
