/** Workflows and their versions on a disk. */
import type { Catalog, StoredVersion, StoredWorkflow } from '../catalog.ts';
import { type DiskInUse, type KeptWorkflow, keyOf } from './memory-disk.ts';

export function openMemoryCatalog(use: DiskInUse): Catalog {
  const kept = (workspace: string, name: string): KeptWorkflow | undefined =>
    use().workflows.get(keyOf(workspace, name));
  /** As `kept`, but blind for removed ones. */
  const live = (workspace: string, name: string): KeptWorkflow | undefined => {
    const workflow = kept(workspace, name);
    return workflow?.isRemoved ? undefined : workflow;
  };
  return {
    async putVersion(version) {
      const { workspace, name, createdAt } = version;
      const fresh = {
        workspace,
        name,
        createdAt,
        activeVersion: '',
        updatedAt: 0,
        isRemoved: false,
        versions: new Map(),
      };
      const workflow = kept(workspace, name) ?? fresh;
      const standing = workflow.versions.get(version.version);
      if (standing && standing.hash !== version.hash) return 'conflict';
      if (!standing) workflow.versions.set(version.version, { ...version });
      Object.assign(workflow, { activeVersion: version.version, updatedAt: createdAt, isRemoved: false });
      use().workflows.set(keyOf(workspace, name), workflow);
      return standing ? 'present' : 'added';
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
      workflow.activeVersion = version;
      workflow.updatedAt = at;
      return true;
    },
    async removeWorkflow(workspace, name, at) {
      const workflow = live(workspace, name);
      if (!workflow) return false;
      workflow.isRemoved = true;
      workflow.updatedAt = at;
      return true;
    },
    async findByHash(hash) {
      for (const workflow of use().workflows.values()) {
        for (const { hash: each, version } of workflow.versions.values()) {
          if (each === hash) return versionOf(workflow, version);
        }
      }
      return undefined;
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
