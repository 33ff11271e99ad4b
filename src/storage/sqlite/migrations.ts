/**
 * The tables, as an ordered list of steps from nothing to today. The file's `user_version` says how many it has had;
 * each runs once, in one transaction with that number. A released step never changes: a later one amends it.
 *
 * Layout, measured in one run (batches of 100, with wake and view rows): records in the order they are written, under
 * a narrow unique index, take 8.8 µs a move; records clustered by execution take 9.9 µs. Tables that are looked up
 * by one text key and change often (wakes, views, tasks) are clustered by it. View rows have the two indexes that the
 * usual filters need and no third: an unfiltered list is the merge of the lists of its few statuses.
 */
import type { DatabaseSync } from 'node:sqlite';
import { Fault } from '../../kit/fault.ts';

const steps: readonly string[] = [
  `
  CREATE TABLE records (
    execution_id TEXT NOT NULL,
    first INTEGER NOT NULL,
    last INTEGER NOT NULL,
    workspace TEXT NOT NULL,
    move_id TEXT NOT NULL,
    at INTEGER NOT NULL,
    events TEXT NOT NULL,
    UNIQUE (execution_id, first)
  ) STRICT;

  CREATE TABLE large_values (
    execution_id TEXT NOT NULL,
    hash TEXT NOT NULL,
    text TEXT NOT NULL,
    UNIQUE (execution_id, hash)
  ) STRICT;

  CREATE TABLE snapshots (
    execution_id TEXT NOT NULL PRIMARY KEY,
    position INTEGER NOT NULL,
    text TEXT NOT NULL
  ) STRICT;

  CREATE TABLE wakes (
    execution_id TEXT NOT NULL PRIMARY KEY,
    workspace TEXT NOT NULL,
    due_at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX wakes_by_due ON wakes (due_at);

  CREATE TABLE start_keys (
    workspace TEXT NOT NULL,
    workflow TEXT NOT NULL,
    key TEXT NOT NULL,
    execution_id TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    expires_at INTEGER NOT NULL,
    PRIMARY KEY (workspace, workflow, key)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX start_keys_by_expiry ON start_keys (expires_at);

  CREATE TABLE slots (
    workspace TEXT NOT NULL,
    key TEXT NOT NULL,
    slot INTEGER NOT NULL,
    execution_id TEXT NOT NULL,
    PRIMARY KEY (workspace, key, slot)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX slots_by_execution ON slots (execution_id);

  CREATE TABLE tasks (
    task_id TEXT NOT NULL PRIMARY KEY,
    workspace TEXT NOT NULL,
    execution_id TEXT NOT NULL,
    executor TEXT NOT NULL,
    function TEXT NOT NULL,
    rank REAL NOT NULL,
    sequence INTEGER NOT NULL,
    deliveries INTEGER NOT NULL,
    lease_token TEXT,
    lease_worker TEXT,
    lease_since INTEGER,
    lease_expires_at INTEGER
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX tasks_by_order ON tasks (workspace, executor, rank, sequence);
  CREATE INDEX tasks_by_execution ON tasks (execution_id, sequence);
  CREATE INDEX tasks_by_lease_end ON tasks (lease_expires_at, sequence) WHERE lease_expires_at IS NOT NULL;

  -- The first sequence that no task can have yet; the writer draws it in blocks.
  CREATE TABLE sequences (name TEXT NOT NULL PRIMARY KEY, next INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  INSERT INTO sequences VALUES ('task', 1);

  CREATE TABLE views (
    execution_id TEXT NOT NULL PRIMARY KEY,
    workspace TEXT NOT NULL,
    position INTEGER NOT NULL,
    workflow TEXT NOT NULL,
    version TEXT NOT NULL,
    status TEXT NOT NULL,
    run INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    started_at INTEGER,
    ended_at INTEGER,
    tags TEXT NOT NULL,
    labels TEXT NOT NULL,
    error_code TEXT,
    error_message TEXT,
    search_text TEXT NOT NULL,
    steps TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX views_by_status ON views (workspace, status, created_at, execution_id, workflow);
  CREATE INDEX views_by_workflow ON views (workspace, workflow, created_at, execution_id);

  CREATE TABLE workflows (
    workspace TEXT NOT NULL,
    name TEXT NOT NULL,
    active_version TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    is_removed INTEGER NOT NULL,
    PRIMARY KEY (workspace, name)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE versions (
    workspace TEXT NOT NULL,
    name TEXT NOT NULL,
    version TEXT NOT NULL,
    hash TEXT NOT NULL,
    yaml TEXT NOT NULL,
    context_yaml TEXT,
    definition TEXT NOT NULL,
    description TEXT NOT NULL,
    tags TEXT NOT NULL,
    owner TEXT,
    created_at INTEGER NOT NULL,
    UNIQUE (workspace, name, version)
  ) STRICT;
  CREATE INDEX versions_by_hash ON versions (hash);

  CREATE TABLE waiting_contexts (
    workspace TEXT NOT NULL,
    name TEXT NOT NULL,
    text TEXT NOT NULL,
    PRIMARY KEY (workspace, name)
  ) STRICT;
  `,
  `ALTER TABLE versions ADD COLUMN metadata TEXT NOT NULL DEFAULT '{}';`,
  `
  CREATE TABLE human_tasks (
    human_task_id TEXT NOT NULL PRIMARY KEY,
    execution_id TEXT NOT NULL,
    workspace TEXT NOT NULL,
    position INTEGER NOT NULL,
    workflow TEXT NOT NULL,
    status TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    content TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX human_tasks_by_status ON human_tasks (workspace, status, created_at, human_task_id, workflow);
  CREATE INDEX human_tasks_by_execution ON human_tasks (execution_id);

  -- Whose a task is: a person's list is one range, however many tasks there are.
  CREATE TABLE human_task_people (
    workspace TEXT NOT NULL,
    person TEXT NOT NULL,
    status TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    human_task_id TEXT NOT NULL,
    workflow TEXT NOT NULL,
    PRIMARY KEY (workspace, person, status, created_at, human_task_id)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX human_task_people_by_task ON human_task_people (human_task_id);
  `,
  `
  ALTER TABLE views ADD COLUMN parent TEXT;
  CREATE INDEX views_by_parent ON views (workspace, parent, created_at, execution_id) WHERE parent IS NOT NULL;
  `,
  `
  CREATE TABLE limit_slots (
    workspace TEXT NOT NULL,
    key TEXT NOT NULL,
    slot INTEGER NOT NULL,
    execution_id TEXT NOT NULL,
    holder TEXT NOT NULL,
    until INTEGER,
    PRIMARY KEY (workspace, key, slot)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX limit_slots_by_holder ON limit_slots (execution_id, holder);
  CREATE INDEX limit_slots_lingering ON limit_slots (until) WHERE until IS NOT NULL;

  CREATE TABLE limit_rates (
    workspace TEXT NOT NULL,
    key TEXT NOT NULL,
    used INTEGER NOT NULL,
    until INTEGER NOT NULL,
    PRIMARY KEY (workspace, key)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX limit_rates_by_end ON limit_rates (until);

  CREATE TABLE limit_waiters (
    sequence INTEGER PRIMARY KEY,
    execution_id TEXT NOT NULL,
    holder TEXT NOT NULL,
    workspace TEXT NOT NULL,
    key TEXT NOT NULL,
    rank INTEGER NOT NULL,
    takes TEXT NOT NULL,
    on_limit TEXT,
    UNIQUE (execution_id, holder)
  ) STRICT;
  CREATE INDEX limit_waiters_in_line ON limit_waiters (workspace, key, rank, sequence);
  CREATE INDEX limit_waiters_eager ON limit_waiters (workspace, key, rank, sequence) WHERE on_limit IS NOT NULL;
  `,
  `
  CREATE TABLE bulk_operations (
    bulk_id TEXT NOT NULL PRIMARY KEY,
    workspace TEXT NOT NULL,
    revision INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    ended_at INTEGER,
    content TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX bulk_operations_by_creation ON bulk_operations (workspace, created_at, bulk_id);
  CREATE INDEX bulk_operations_open ON bulk_operations (created_at, bulk_id) WHERE ended_at IS NULL;
  `,
  `
  ALTER TABLE views ADD COLUMN dead_letter TEXT;
  CREATE INDEX views_by_dead_letter ON views (workspace, created_at, execution_id) WHERE dead_letter IS NOT NULL;
  `,
  `
  ALTER TABLE limit_waiters ADD COLUMN inside INTEGER NOT NULL DEFAULT 0;
  -- Who has a parent may be waited for by who holds the last slot of its workspace: rather one too many than never.
  UPDATE limit_waiters SET inside = 1 WHERE holder = '' AND EXISTS
    (SELECT 1 FROM views WHERE views.execution_id = limit_waiters.execution_id AND parent IS NOT NULL);
  CREATE INDEX limit_waiters_inside ON limit_waiters (workspace, key, rank, sequence) WHERE inside = 1;
  `,
  // Those from before the column: how the journal says that they ended, where nobody has discarded them since.
  `
  UPDATE views SET dead_letter = (
    SELECT json_patch(
      json_object('reason', ifnull(event ->> 'deadLetterReason', 'rule')), json_object('step', event -> 'error' ->> 'step'))
    FROM (
      SELECT value AS event FROM records, json_each(records.events)
      WHERE records.execution_id = views.execution_id
        AND (instr(records.events, '"execution.closed"') OR instr(records.events, '"execution.dead_letter_discarded"'))
        AND value ->> 'type' IN ('execution.closed', 'execution.dead_letter_discarded')
      ORDER BY records.first DESC, key DESC LIMIT 1)
    WHERE event ->> 'deadLetter')
  WHERE status = 'failed' AND dead_letter IS NULL;
  `,
];

/** Brings a database up to date. Throws CONFIG_INVALID where a newer program has written it, and leaves it alone. */
export function migrate(database: DatabaseSync, path: string): void {
  const format = Number(database.prepare('PRAGMA user_version').get()?.['user_version']);
  if (format > steps.length) {
    throw new Fault(
      'CONFIG_INVALID',
      `${path} has format ${format}, this program knows ${steps.length}: run the newer program that wrote it`,
      { detail: { path, format, known: steps.length } },
    );
  }
  for (const [index, step] of steps.entries()) {
    if (index < format) continue;
    database.exec(`BEGIN IMMEDIATE; ${step} PRAGMA user_version = ${index + 1}; COMMIT`);
  }
}
