import type { ServiceName } from './services.ts';

/** What is said to the keeper and what it answers, a line of JSON each. */
export type KeeperRequest =
  /** `stay`: also after the one who asks is gone. */
  { readonly type: 'start'; readonly name: ServiceName; readonly stay: boolean } | { readonly type: 'stop' };

export type KeeperAnswer =
  /** Said first, unasked: the keeper stays while this one is connected. */
  | { readonly type: 'welcome' }
  | { readonly type: 'log'; readonly line: string }
  | { readonly type: 'started'; readonly url: string }
  | { readonly type: 'failed'; readonly reason: string }
  | { readonly type: 'stopped' };
