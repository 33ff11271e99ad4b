/**
 * What consumer groups have taken and not settled.
 *
 * A group reads its topic in order into a window of deliveries. One that is in hand is `held`; one that was given back is
 * due again later; one whose key has an earlier delivery in the window waits for that one, so a key keeps its order
 * through every retry. A settled delivery leaves the window. Attempts are counted with the taking, before anybody sees the
 * message: one that kills the process is counted too, and gets to the dead letters.
 */
import type { DatabaseSync } from 'node:sqlite';
import { present } from '../../kit/assert.ts';
import type { Given, Taken } from './broker-operations.ts';
import { type EmbeddedLimits, windowMax } from './limits.ts';
import { full, messageOf, type Row, type TopicDatabase } from './topic-database.ts';

export interface GroupDatabase {
  join(given: Given<'join'>): number;
  take(given: Given<'take'>): Taken;
  settle(given: Given<'settle'>): null;
}

export function openGroupDatabase(
  database: DatabaseSync,
  topics: TopicDatabase,
  limits: EmbeddedLimits,
): GroupDatabase {
  const find = database.prepare('SELECT group_id FROM groups WHERE topic_id = ? AND name = ?');
  const count = database.prepare('SELECT count(*) AS groups FROM groups WHERE topic_id = ?');
  const make = database.prepare(`
    INSERT INTO groups SELECT NULL, topic_id, ?, last FROM topics WHERE topic_id = ? RETURNING group_id`);
  const place = database.prepare('SELECT workspace, topic FROM groups JOIN topics USING (topic_id) WHERE group_id = ?');
  const readOn = prepareReading(database);
  const ready = database.prepare(`
    SELECT position FROM deliveries d
    WHERE group_id = ?1 AND held = 0 AND due_at <= ?2 AND (key IS NULL OR NOT EXISTS (
      SELECT 1 FROM deliveries e WHERE e.group_id = ?1 AND e.key = d.key AND e.position < d.position))
    ORDER BY position LIMIT ?3`);
  const hold = database.prepare(`
    UPDATE deliveries SET held = 1, attempts = attempts + 1 WHERE group_id = ? AND position = ? RETURNING attempts`);
  const message = database.prepare(`
    SELECT m.* FROM groups JOIN messages m USING (topic_id) WHERE group_id = ? AND position = ?`);
  const due = database.prepare(
    'SELECT min(due_at) AS at FROM deliveries WHERE group_id = ? AND held = 0 AND due_at > ?',
  );
  const settled = database.prepare('DELETE FROM deliveries WHERE group_id = ? AND position = ?');
  const giveBack = database.prepare('UPDATE deliveries SET held = 0, due_at = ? WHERE group_id = ? AND position = ?');

  const placeOf = (group: number) => {
    const row = present(place.get(group), 'the topic of a group');
    return { workspace: String(row['workspace']), topic: String(row['topic']) };
  };

  return {
    join({ workspace, topic, name }) {
      const topicId = topics.topicId(workspace, topic);
      const found = find.get(topicId, name);
      if (found) return Number(found['group_id']);
      if (Number(count.get(topicId)?.['groups']) >= limits.groupsMax) {
        throw full(`the topic "${topic}" has ${limits.groupsMax} groups, which is as many as there may be`);
      }
      return Number(make.get(name, topicId)?.['group_id']);
    },

    take({ group, limit, at }) {
      let found: Row[] = [];
      do found = ready.all(group, at, limit);
      while (found.length < limit && readOn(group, limit));
      const address = placeOf(group);
      const deliveries = found.map((row) => {
        const position = Number(row['position']);
        const attempt = Number(hold.get(group, position)?.['attempts']);
        const stored = messageOf(present(message.get(group, position), 'a delivered message'), address);
        return { ...stored, attempt, place: position };
      });
      const next = due.get(group, at)?.['at'];
      return { deliveries, dueAt: typeof next === 'number' ? next : null };
    },

    settle({ group, position, then }) {
      if (then !== null && 'dueAt' in then) giveBack.run(then.dueAt, group, position);
      else {
        const lost = then && message.get(group, position);
        if (lost) buryIn(topics, { ...placeOf(group), row: lost, ...then.deadLetter });
        settled.run(group, position);
      }
      return null;
    },
  };
}

/** Brings more of the topic into a group's window; false where there is no more, or no room. */
function prepareReading(database: DatabaseSync): (group: number, limit: number) => boolean {
  const size = database.prepare('SELECT count(*) AS waiting FROM deliveries WHERE group_id = ?');
  const read = database.prepare(`
    INSERT INTO deliveries
    SELECT group_id, m.position, m.key, 0, 0, 0 FROM groups JOIN messages m USING (topic_id)
    WHERE group_id = ? AND m.position > reached ORDER BY m.position LIMIT ?`);
  const advance = database.prepare(`
    UPDATE groups SET reached = max(reached, (SELECT max(position) FROM deliveries WHERE group_id = ?1))
    WHERE group_id = ?1`);
  return (group, limit) => {
    const room = Math.min(limit, windowMax - Number(size.get(group)?.['waiting']));
    if (room <= 0 || Number(read.run(group, room).changes) === 0) return false;
    advance.run(group);
    return true;
  };
}

interface Burial {
  readonly workspace: string;
  readonly topic: string;
  readonly row: Row;
  readonly reason: string;
  readonly at: number;
}

/** Under its own id and key, with where it came from and why. `topic` is the dead letters' own. */
function buryIn(topics: TopicDatabase, { workspace, topic, row, reason, at }: Burial): void {
  const dead = messageOf(row, { workspace, topic });
  const headers = { ...dead.headers, 'dead-letter-reason': reason };
  topics.publish({ message: { ...dead, headers }, sizeBytes: Number(row['bytes']) + reason.length, at });
}
