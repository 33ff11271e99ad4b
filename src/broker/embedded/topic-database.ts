/**
 * The messages of all topics, in one SQLite file of their own.
 *
 * WAL with `synchronous=FULL`: what a committed transaction holds survives a power loss. Exclusive locking keeps a second
 * process out. A topic holds so many messages and bytes, and drops its oldest for a new one, but never one that a group
 * has still to take: then the new one is refused, which is how a consumer that is too slow is felt by those who publish.
 */
import { chmodSync, closeSync, mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync, type SQLOutputValue } from 'node:sqlite';
import { Fault } from '../../kit/fault.ts';
import type { StoredMessage, TopicSummary } from '../broker.ts';
import type { Given, Gives } from './broker-operations.ts';
import { type EmbeddedLimits, readBytesMax, trimmedMax } from './limits.ts';

export type Row = Readonly<Record<string, SQLOutputValue>>;

/** Who opens the file holds nothing yet: what the process before had in hand is to be taken again. */
const schema = `
  PRAGMA locking_mode = EXCLUSIVE;
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = FULL;
  PRAGMA journal_size_limit = 16777216;
  PRAGMA temp_store = MEMORY;
  BEGIN EXCLUSIVE;
  CREATE TABLE IF NOT EXISTS topics (
    topic_id INTEGER PRIMARY KEY, workspace TEXT NOT NULL, topic TEXT NOT NULL,
    last INTEGER NOT NULL, messages INTEGER NOT NULL, bytes INTEGER NOT NULL, UNIQUE (workspace, topic)) STRICT;
  CREATE TABLE IF NOT EXISTS messages (
    topic_id INTEGER NOT NULL, position INTEGER NOT NULL, id TEXT NOT NULL, key TEXT, headers TEXT NOT NULL,
    body TEXT NOT NULL, bytes INTEGER NOT NULL, at INTEGER NOT NULL,
    UNIQUE (topic_id, position), UNIQUE (topic_id, id)) STRICT;
  CREATE TABLE IF NOT EXISTS groups (
    group_id INTEGER PRIMARY KEY, topic_id INTEGER NOT NULL, name TEXT NOT NULL, reached INTEGER NOT NULL,
    UNIQUE (topic_id, name)) STRICT;
  CREATE TABLE IF NOT EXISTS deliveries (
    group_id INTEGER NOT NULL, position INTEGER NOT NULL, key TEXT, attempts INTEGER NOT NULL, due_at INTEGER NOT NULL,
    held INTEGER NOT NULL, PRIMARY KEY (group_id, position)) STRICT, WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS deliveries_by_key ON deliveries (group_id, key, position);
  UPDATE deliveries SET held = 0;
  COMMIT;
`;

export function connect(folder: string | undefined): DatabaseSync {
  const database = new DatabaseSync(folder === undefined ? ':memory:' : privateFile(folder));
  try {
    database.exec(schema);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

function privateFile(folder: string): string {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, 'broker.db');
  closeSync(openSync(path, 'a', 0o600));
  chmodSync(path, 0o600);
  return path;
}

export interface TopicDatabase {
  publish(given: Given<'publish'>): Gives<'publish'>;
  read(given: Given<'read'>): Gives<'read'>;
  topics(given: Given<'topics'>): readonly TopicSummary[];
  /** The number of a topic, made where it is not there yet. */
  topicId(workspace: string, topic: string): number;
}

export function openTopicDatabase(database: DatabaseSync, limits: EmbeddedLimits): TopicDatabase {
  const find = database.prepare('SELECT * FROM topics WHERE workspace = ? AND topic = ?');
  const count = database.prepare('SELECT count(*) AS topics FROM topics WHERE workspace = ?');
  const make = database.prepare('INSERT INTO topics VALUES (NULL, ?, ?, 0, 0, 0) RETURNING *');
  const known = database.prepare('SELECT position FROM messages WHERE topic_id = ? AND id = ?');
  const insert = database.prepare('INSERT INTO messages VALUES (?, ?, ?, ?, ?, ?, ?, ?)');
  const grow = database.prepare(
    'UPDATE topics SET last = last + 1, messages = messages + 1, bytes = bytes + ? WHERE topic_id = ?',
  );
  const page = database.prepare('SELECT * FROM messages WHERE topic_id = ? AND position > ? ORDER BY position LIMIT ?');
  const trim = prepareTrimming(database, limits);

  function topicOf(workspace: string, topic: string): Row {
    const found = find.get(workspace, topic);
    if (found) return found;
    if (Number(count.get(workspace)?.['topics']) >= limits.topicsMax) {
      throw full(`the workspace has ${limits.topicsMax} topics, which is as many as there may be: use fewer names`);
    }
    return make.get(workspace, topic) as Row;
  }

  return {
    topicId: (workspace, topic) => Number(topicOf(workspace, topic)['topic_id']),

    publish({ message, sizeBytes, at }) {
      const row = topicOf(message.workspace, message.topic);
      const topicId = Number(row['topic_id']);
      const earlier = known.get(topicId, message.id);
      if (earlier) return { position: String(earlier['position']) };
      trim(row, { sizeBytes, at });
      const position = Number(row['last']) + 1;
      const { id, key = null, headers, body } = message;
      insert.run(topicId, position, id, key, JSON.stringify(headers), body, sizeBytes, at);
      grow.run(sizeBytes, topicId);
      return { position: String(position) };
    },

    read({ workspace, topic, after, limit }) {
      const found: StoredMessage[] = [];
      const row = find.get(workspace, topic);
      let bytes = 0;
      for (const each of row ? page.iterate(Number(row['topic_id']), after, limit) : []) {
        bytes += Number(each['bytes']);
        if (found.length > 0 && bytes > readBytesMax) break;
        found.push(messageOf(each, { workspace, topic }));
      }
      return found;
    },

    topics: ({ workspace }) => summariesOf(database, workspace),
  };
}

/** Drops what is too old, and the oldest that nobody waits for where a topic is full. Throws BROKER_FULL. */
function prepareTrimming(database: DatabaseSync, { messagesMax, bytesMax, ageMaxMs }: EmbeddedLimits) {
  const oldest = database.prepare(
    'SELECT position, bytes, at FROM messages WHERE topic_id = ? ORDER BY position LIMIT ?',
  );
  const owed = database.prepare(`
    SELECT min(coalesce((SELECT min(position) FROM deliveries d WHERE d.group_id = g.group_id), reached + 1)) AS first
    FROM groups g WHERE topic_id = ?`);
  const drop = database.prepare('DELETE FROM messages WHERE topic_id = ? AND position <= ?');
  const forget = database.prepare(`
    DELETE FROM deliveries WHERE position <= ? AND group_id IN (SELECT group_id FROM groups WHERE topic_id = ?)`);
  const shrink = database.prepare('UPDATE topics SET messages = messages - ?, bytes = bytes - ? WHERE topic_id = ?');

  return (topic: Row, { sizeBytes, at }: { sizeBytes: number; at: number }): void => {
    const topicId = Number(topic['topic_id']);
    const messages = Number(topic['messages']) + 1;
    const bytes = Number(topic['bytes']) + sizeBytes;
    let dropped = 0;
    let droppedBytes = 0;
    let last = 0;
    const isFull = (): boolean => messages - dropped > messagesMax || bytes - droppedBytes > bytesMax;
    const first = isFull() ? owed.get(topicId)?.['first'] : null;
    const owedFrom = typeof first === 'number' ? first : Number.POSITIVE_INFINITY;
    for (const row of oldest.all(topicId, isFull() ? trimmedMax : 2)) {
      const position = Number(row['position']);
      const isOld = Number(row['at']) < at - ageMaxMs;
      if (!isOld && !(isFull() && position < owedFrom)) break;
      dropped += 1;
      droppedBytes += Number(row['bytes']);
      last = position;
    }
    if (isFull()) {
      throw full(
        `the topic "${topic['topic']}" is full: a group has not taken what is in it; see GET /api/v1/topics for which`,
      );
    }
    if (dropped === 0) return;
    drop.run(topicId, last);
    forget.run(last, topicId);
    shrink.run(dropped, droppedBytes, topicId);
  };
}

function summariesOf(database: DatabaseSync, workspace: string): readonly TopicSummary[] {
  const topics = database.prepare('SELECT * FROM topics WHERE workspace = ? ORDER BY topic').all(workspace);
  const groups = database.prepare(`
    SELECT name, (SELECT count(*) FROM deliveries d WHERE d.group_id = g.group_id)
      + (SELECT count(*) FROM messages m WHERE m.topic_id = g.topic_id AND m.position > g.reached) AS unsettled
    FROM groups g WHERE topic_id = ? ORDER BY name`);
  return topics.map((row) => ({
    topic: String(row['topic']),
    messages: Number(row['messages']),
    sizeBytes: Number(row['bytes']),
    position: String(row['last']),
    groups: groups
      .all(Number(row['topic_id']))
      .map(({ name, unsettled }) => ({ name: String(name), unsettled: Number(unsettled) })),
  }));
}

export function messageOf(row: Row, address: { workspace: string; topic: string }): StoredMessage {
  return {
    ...address,
    position: String(row['position']),
    id: String(row['id']),
    ...(row['key'] === null ? {} : { key: String(row['key']) }),
    headers: JSON.parse(String(row['headers'])) as Record<string, string>,
    body: String(row['body']),
    publishedAt: Number(row['at']),
  };
}

export const full = (message: string): Fault => new Fault('BROKER_FULL', message);
