/** Workflows and their versions on a disk. */
import type { Catalog, NewVersion, StoredVersion, StoredWorkflow } from '../catalog.ts';
import { type DiskInUse, type KeptWorkflow, keyOf, type MemoryDisk } from './memory-disk.ts';

export function openMemoryCatalog(use: DiskInUse): Catalog {
  const live = (workspace: string, name: string): KeptWorkflow | undefined => liveWorkflow(use(), workspace, name);
  return {
    async putVersion(version) {
      return putVersion(use(), version);
    },
    async replaceVersion(version, expectedHash) {
      const workflow = live(version.workspace, version.name);
      if (workflow?.versions.get(version.version)?.hash !== expectedHash) return false;
      workflow.versions.set(version.version, { ...version });
      workflow.updatedAt = version.createdAt;
      return true;
    },
    async findWorkflow(workspace, name) {
      const workflow = live(workspace, name);
      return workflow && summaryOf(workflow);
    },
    async listWorkflows({ workspace, text, tag, offset, limit }) {
      const found = [...use().workflows.values()]
        .filter((workflow) => workflow.workspace === workspace && !workflow.isRemoved)
        .map(summaryOf)
        .filter((row) => (tag === undefined || row.tags.includes(tag)) && (text === undefined || holds(row, text)))
        .sort((a, b) => (a.name < b.name ? -1 : 1));
      return { rows: found.slice(offset, offset + limit), total: found.length };
    },
    async findVersion(workspace, name, version) {
      const workflow = live(workspace, name);
      return workflow && versionOf(workflow, version ?? workflow.activeVersion);
    },
    async listVersions(workspace, name) {
      const workflow = live(workspace, name);
      const versions = [...(workflow?.versions.values() ?? [])].reverse().sort((a, b) => b.createdAt - a.createdAt);
      return versions.map((version) => ({ ...version, active: version.version === workflow?.activeVersion }));
    },
    async activate(workspace, name, version, at) {
      const workflow = live(workspace, name);
      if (!workflow?.versions.has(version)) return false;
      Object.assign(workflow, { activeVersion: version, updatedAt: at });
      return true;
    },
    async removeWorkflow(workspace, name, at) {
      const workflow = live(workspace, name);
      if (workflow) Object.assign(workflow, { isRemoved: true, updatedAt: at });
      return workflow !== undefined;
    },
    async findByHash(hash) {
      return findByHash(use(), hash);
    },
    async waitingContext(workspace, name, text) {
      const { waitingContexts } = use();
      const key = keyOf(workspace, name);
      if (text === null) waitingContexts.delete(key);
      if (typeof text === 'string') waitingContexts.set(key, text);
      return waitingContexts.get(key);
    },
  };
}

/** A workflow that was not removed. */
function liveWorkflow(disk: MemoryDisk, workspace: string, name: string): KeptWorkflow | undefined {
  const workflow = disk.workflows.get(keyOf(workspace, name));
  return workflow?.isRemoved ? undefined : workflow;
}

function putVersion(disk: MemoryDisk, version: NewVersion): 'added' | 'present' | 'conflict' {
  const { workspace, name, createdAt } = version;
  const activated = { activeVersion: version.version, updatedAt: createdAt, isRemoved: false };
  const key = keyOf(workspace, name);
  const workflow = disk.workflows.get(key) ?? { workspace, name, createdAt, ...activated, versions: new Map() };
  const standing = workflow.versions.get(version.version);
  if (standing && standing.hash !== version.hash) return 'conflict';
  if (!standing) workflow.versions.set(version.version, { ...version });
  disk.workflows.set(key, Object.assign(workflow, activated));
  return standing ? 'present' : 'added';
}

function findByHash(disk: MemoryDisk, hash: string): StoredVersion | undefined {
  for (const workflow of disk.workflows.values()) {
    const found = workflow.versions.values().find((version) => version.hash === hash);
    if (found) return versionOf(workflow, found.version);
  }
  return undefined;
}

function versionOf(workflow: KeptWorkflow, number: string): StoredVersion | undefined {
  const version = workflow.versions.get(number);
  return version && { ...version, active: !workflow.isRemoved && number === workflow.activeVersion };
}

function summaryOf(workflow: KeptWorkflow): StoredWorkflow {
  const { workspace, name, activeVersion, createdAt, updatedAt, versions } = workflow;
  const active = versions.get(activeVersion);
  return {
    workspace,
    name,
    activeVersion,
    versionCount: versions.size,
    description: active?.description ?? '',
    tags: active?.tags ?? [],
    owner: active?.owner ?? null,
    createdAt,
    updatedAt,
  };
}

function holds(row: StoredWorkflow, text: string): boolean {
  const part = text.toLowerCase();
  return row.name.toLowerCase().includes(part) || row.description.toLowerCase().includes(part);
}
