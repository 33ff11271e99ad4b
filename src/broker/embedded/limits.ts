/** What the broker in this process keeps, and for how long. */
export interface EmbeddedLimits {
  /** Of one topic. */
  readonly messagesMax: number;
  /** Of one topic: bodies, headers, ids and keys. */
  readonly bytesMax: number;
  /** Older messages go when the next one comes, also where a group has not taken them. */
  readonly ageMaxMs: number;
  /** Of one workspace. */
  readonly topicsMax: number;
  /** Of one topic. */
  readonly groupsMax: number;
}

export const embeddedDefaults: EmbeddedLimits = {
  messagesMax: 1_000_000,
  bytesMax: 1_073_741_824,
  ageMaxMs: 7 * 86_400_000,
  topicsMax: 10_000,
  groupsMax: 100,
};

/** Messages that make room for one, so that no single publish pays for all that was there. */
export const trimmedMax = 100;
/** Messages of a group that wait behind others of their key, before it reads no further. */
export const windowMax = 1_000;
/** Bodies that one reading brings, beside its first. */
export const readBytesMax = 8_388_608;
/** How long closing waits for what is in hand. */
export const closeWaitMs = 5_000;
/** Before a subscription asks again after the broker failed. */
export const troublePauseMs = 1_000;
