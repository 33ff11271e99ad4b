import type protobuf from 'protobufjs';
import type { Clock } from '../../kit/clock.ts';
import type { GrpcPlace } from './channels.ts';
import { rootFromDescriptors } from './descriptor-root.ts';
import { type ReflectionCall, readDescriptors } from './reflection.ts';
import { rootFromText } from './service-schema.ts';

/** Descriptions of services that were read before, so that a call is one call. */
export interface Roots {
  ofText(text: string): Promise<protobuf.Root>;
  ofServer(place: GrpcPlace, asked: { call: ReflectionCall; service: string }): Promise<protobuf.Root>;
}

/** Descriptions kept; the one that was used longest ago goes first. */
const rootsMax = 200;
/** How long a server's own description is believed: it may be replaced by a newer one. */
const serverRootMs = 60_000;
const reflectionDeadlineMs = 15_000;

interface Kept {
  readonly root: Promise<protobuf.Root>;
  readonly until: number;
}

export function openRoots(clock: Clock): Roots {
  /** In the order of their last use. */
  const kept = new Map<string, Kept>();

  function keep(key: string, lifetimeMs: number, read: () => Promise<protobuf.Root>): Promise<protobuf.Root> {
    const known = kept.get(key);
    const isFresh = known !== undefined && known.until > clock.monotonicMs();
    const entry: Kept = isFresh ? known : { root: read(), until: clock.monotonicMs() + lifetimeMs };
    kept.delete(key);
    kept.set(key, entry);
    // What could not be read is read again by the next one.
    entry.root.catch(() => {
      if (kept.get(key) === entry) kept.delete(key);
    });
    const [oldest] = kept.keys();
    if (kept.size > rootsMax && oldest !== undefined) kept.delete(oldest);
    return entry.root;
  }

  return {
    ofText: (text) => keep(`text ${text}`, Number.POSITIVE_INFINITY, async () => rootFromText(text)),
    ofServer: (place, { call, service }) =>
      keep(JSON.stringify([place, service]), serverRootMs, async () => {
        // Not the call's own: others wait for this too.
        const signal = AbortSignal.timeout(reflectionDeadlineMs);
        return rootFromDescriptors(await readDescriptors({ ...call, signal, deadlineAt: undefined }, service));
      }),
  };
}
