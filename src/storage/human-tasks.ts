import type { HumanTaskRow } from './store.ts';

/**
 * What people are asked, from the rows that moves write. Derived: every row can be made again from its journal.
 * Each query names its workspace; rows of another one are never seen.
 */
export interface HumanTasks {
  find(workspace: string, humanTaskId: string): Promise<StoredHumanTask | undefined>;
  /** Newest first (by creation, then id). */
  list(query: HumanTaskQuery): Promise<HumanTaskPage>;
}

export interface StoredHumanTask extends HumanTaskRow {
  readonly executionId: string;
  readonly workspace: string;
}

export interface HumanTaskQuery {
  readonly workspace: string;
  /** Tasks in one of these. */
  readonly status: readonly string[];
  /** Tasks of any of these: assigned to them, claimed or answered by them; `nobody` for those that are nobody's. */
  readonly people?: readonly string[];
  readonly workflow?: string;
  /** Only rows after this one in the list's order. */
  readonly after?: { readonly createdAt: number; readonly humanTaskId: string };
  readonly limit: number;
}

export interface HumanTaskPage {
  readonly rows: readonly StoredHumanTask[];
  readonly hasMore: boolean;
}

/** Whose a task is that is assigned to nobody, until somebody claims or answers it. No person bears the name. */
export const nobody = '';

/** Whose a task is: those it is assigned to, and whoever has claimed or answered it. */
export function peopleOf({ assignees, claimedBy, answer }: HumanTaskRow): readonly string[] {
  const people = [...new Set([...assignees, claimedBy ?? nobody, answer?.by ?? nobody])].filter(
    (person) => person !== nobody,
  );
  return people.length === 0 ? [nobody] : people;
}
