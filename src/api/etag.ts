/** Entity tags of versions, and the preconditions that they are for. */
import { Fault } from '../kit/fault.ts';
import type { StoredVersion } from '../storage/catalog.ts';

export function etagOf(version: StoredVersion): string {
  return `"${version.hash}"`;
}

interface Preconditions {
  readonly 'if-match'?: string | undefined;
  readonly 'if-none-match'?: string | undefined;
}

/** Rejects with PRECONDITION_FAILED; reads the current version only where a precondition asks for it. */
export async function checkPrecondition(headers: Preconditions, current: () => Promise<StoredVersion>): Promise<void> {
  const { 'if-match': match, 'if-none-match': noneMatch } = headers;
  if (match === undefined && noneMatch === undefined) return;
  const version = await found(current);
  if (match !== undefined && !(version && doesList(match, etagOf(version)))) {
    throw new Fault(
      'PRECONDITION_FAILED',
      'the workflow has changed since you read it; read it again and apply your change',
    );
  }
  if (noneMatch !== undefined && version && doesList(noneMatch, etagOf(version))) {
    throw new Fault('PRECONDITION_FAILED', 'the workflow is there already; leave If-None-Match out to deploy over it');
  }
}

/** True where the caller has this version already. */
export function isFresh(noneMatch: string | undefined, version: StoredVersion): boolean {
  return noneMatch !== undefined && doesList(noneMatch, etagOf(version));
}

async function found(current: () => Promise<StoredVersion>): Promise<StoredVersion | undefined> {
  try {
    return await current();
  } catch (error) {
    if (Fault.is(error, 'WORKFLOW_NOT_FOUND')) return undefined;
    throw error;
  }
}

function doesList(header: string, etag: string): boolean {
  return header.split(',').some((part) => part.trim() === '*' || part.trim().replace(/^W\//, '') === etag);
}
