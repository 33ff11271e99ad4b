/**
 * Workflows and their versions. Each change is one or two conditional statements in one transaction of the writer;
 * what they changed tells the outcome. Single finds are read on the calling thread, lists on the reader thread.
 */
import type { JsonObject } from '../../kit/json.ts';
import type { Catalog, NewVersion, StoredVersion, StoredWorkflow } from '../catalog.ts';
import type { LocalReader } from './local-reader.ts';
import { type Row, type RunStatements, type Statement, sql } from './statements.ts';

export interface CatalogAccess {
  readonly local: LocalReader;
  readonly read: RunStatements;
  readonly write: RunStatements;
}

export function openSqliteCatalog({ local, read, write }: CatalogAccess): Catalog {
  const hasChanged = async (statement: Statement): Promise<boolean> => (await write([statement]))[0]?.length === 1;
  return {
    async putVersion(version) {
      const [added = [], activated = []] = await write([addVersion(version), activateOnPut(version)]);
      if (activated.length === 0) return 'conflict';
      return added.length === 1 ? 'added' : 'present';
    },
    async replaceVersion(version, expectedHash) {
      const [replaced = []] = await write([replaceVersion(version, expectedHash), touchReplaced(version)]);
      return replaced.length === 1;
    },
    async findWorkflow(workspace, name) {
      const row = local.get(sql`${liveWorkflows(workspace)} AND workflows.name = ${name}`);
      return row && workflowOf(row);
    },
    async listWorkflows({ workspace, text, tag, offset, limit }) {
      const part = text?.toLowerCase();
      const byText =
        part === undefined ? sql`` : sql`AND (holds_text(workflows.name, ${part}) OR holds_text(description, ${part}))`;
      const byTag = tag === undefined ? sql`` : sql`AND EXISTS (SELECT 1 FROM json_each(tags) WHERE value = ${tag})`;
      const found = sql`${liveWorkflows(workspace)} ${byText} ${byTag}`;
      const [rows = [], counted = []] = await read([
        sql`${found} ORDER BY workflows.name LIMIT ${limit} OFFSET ${offset}`,
        sql`SELECT count(*) AS total FROM (${found})`,
      ]);
      return { rows: rows.map(workflowOf), total: Number(counted[0]?.['total'] ?? 0) };
    },
    async findVersion(workspace, name, version) {
      const number = version === undefined ? sql`active_version` : sql`${version}`;
      const row = local.get(sql`
        ${versionsAnd} WHERE workspace = ${workspace} AND name = ${name} AND version = ${number} AND is_removed = 0`);
      return row && versionOf(row);
    },
    async listVersions(workspace, name) {
      const [rows = []] = await read([
        sql`
          ${versionsAnd} WHERE workspace = ${workspace} AND name = ${name} AND is_removed = 0
          ORDER BY versions.created_at DESC, versions.rowid DESC`,
      ]);
      return rows.map(versionOf);
    },
    activate: (workspace, name, version, at) => hasChanged(activate({ workspace, name, version, at })),
    removeWorkflow: (workspace, name, at) =>
      hasChanged(sql`
        UPDATE workflows SET is_removed = 1, updated_at = ${at}
        WHERE workspace = ${workspace} AND name = ${name} AND is_removed = 0 RETURNING 1`),
    async findByHash(hash) {
      const row = local.get(sql`${versionsAnd} WHERE hash = ${hash} ORDER BY versions.rowid LIMIT 1`);
      return row && versionOf(row);
    },
    async waitingContext(workspace, name, text) {
      if (text === null) {
        await write([sql`DELETE FROM waiting_contexts WHERE workspace = ${workspace} AND name = ${name}`]);
      } else if (text !== undefined) {
        await write([sql`INSERT OR REPLACE INTO waiting_contexts VALUES (${workspace}, ${name}, ${text})`]);
      }
      const row = local.get(sql`SELECT text FROM waiting_contexts WHERE workspace = ${workspace} AND name = ${name}`);
      return row && String(row['text']);
    },
  };
}

/** Every version with its workflow: which one is active, and whether the workflow was removed. */
const versionsAnd = sql`
  SELECT versions.*, (active_version = version AND is_removed = 0) AS active
  FROM versions JOIN workflows USING (workspace, name)`;

function liveWorkflows(workspace: string): Statement {
  return sql`
    SELECT workflows.*, description, tags, owner,
      (SELECT count(*) FROM versions AS each WHERE each.workspace = workflows.workspace AND each.name = workflows.name)
        AS version_count
    FROM workflows JOIN versions
      ON versions.workspace = workflows.workspace AND versions.name = workflows.name AND version = active_version
    WHERE workflows.workspace = ${workspace} AND is_removed = 0`;
}

function addVersion(version: NewVersion): Statement {
  const { workspace, name, hash, yaml, contextYaml, definition, description, tags, owner, createdAt } = version;
  return sql`
    INSERT INTO versions (workspace, name, version, hash, yaml, context_yaml, definition, description, tags, owner,
      created_at, metadata)
    VALUES (${workspace}, ${name}, ${version.version}, ${hash}, ${yaml}, ${contextYaml},
      ${definition}, ${description}, ${JSON.stringify(tags)}, ${owner}, ${createdAt},
      ${JSON.stringify(version.metadata)})
    ON CONFLICT DO NOTHING RETURNING 1`;
}

/** Points the workflow (new, or removed before) at the version, where that is the one that stands. */
function activateOnPut({ workspace, name, version, hash, createdAt }: NewVersion): Statement {
  return sql`
    INSERT INTO workflows (workspace, name, active_version, created_at, updated_at, is_removed)
    SELECT workspace, name, version, ${createdAt}, ${createdAt}, 0 FROM versions
    WHERE workspace = ${workspace} AND name = ${name} AND version = ${version} AND hash = ${hash}
    ON CONFLICT DO UPDATE SET active_version = excluded.active_version, updated_at = excluded.updated_at, is_removed = 0
    RETURNING 1`;
}

function replaceVersion(version: NewVersion, expectedHash: string): Statement {
  const { workspace, name, hash, yaml, contextYaml, definition, description, tags, owner, createdAt } = version;
  return sql`
    UPDATE versions SET hash = ${hash}, yaml = ${yaml}, context_yaml = ${contextYaml}, definition = ${definition},
      description = ${description}, tags = ${JSON.stringify(tags)}, owner = ${owner}, created_at = ${createdAt},
      metadata = ${JSON.stringify(version.metadata)}
    WHERE workspace = ${workspace} AND name = ${name} AND version = ${version.version} AND hash = ${expectedHash}
      AND EXISTS (SELECT 1 FROM workflows AS live
        WHERE live.workspace = ${workspace} AND live.name = ${name} AND live.is_removed = 0)
    RETURNING 1`;
}

/** Dates the workflow by a replacement: `changes()` counts the rows of the statement before. */
function touchReplaced({ workspace, name, createdAt }: NewVersion): Statement {
  return sql`
    UPDATE workflows SET updated_at = ${createdAt} WHERE workspace = ${workspace} AND name = ${name} AND changes() = 1`;
}

function activate(wanted: { workspace: string; name: string; version: string; at: number }): Statement {
  const { workspace, name, version, at } = wanted;
  return sql`
    UPDATE workflows SET active_version = ${version}, updated_at = ${at}
    WHERE workspace = ${workspace} AND name = ${name} AND is_removed = 0
      AND EXISTS (SELECT 1 FROM versions AS known
        WHERE known.workspace = ${workspace} AND known.name = ${name} AND known.version = ${version})
    RETURNING 1`;
}

function workflowOf(row: Row): StoredWorkflow {
  return {
    workspace: String(row['workspace']),
    name: String(row['name']),
    activeVersion: String(row['active_version']),
    versionCount: Number(row['version_count']),
    description: String(row['description']),
    tags: JSON.parse(String(row['tags'])) as readonly string[],
    owner: row['owner'] === null ? null : String(row['owner']),
    createdAt: Number(row['created_at']),
    updatedAt: Number(row['updated_at']),
  };
}

function versionOf(row: Row): StoredVersion {
  return {
    workspace: String(row['workspace']),
    name: String(row['name']),
    version: String(row['version']),
    hash: String(row['hash']),
    yaml: String(row['yaml']),
    contextYaml: row['context_yaml'] === null ? null : String(row['context_yaml']),
    definition: String(row['definition']),
    description: String(row['description']),
    tags: JSON.parse(String(row['tags'])) as readonly string[],
    owner: row['owner'] === null ? null : String(row['owner']),
    metadata: JSON.parse(String(row['metadata'])) as JsonObject,
    createdAt: Number(row['created_at']),
    active: row['active'] === 1,
  };
}
