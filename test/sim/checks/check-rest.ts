/** The end of a run: everything that was asked for is over, and nothing is left of it but its history. */
import { type ExecutionState, isEnded, statusOf } from '../../../src/core/state.ts';
import { viewOf } from '../../../src/engine/executions/view.ts';
import type { MemoryDisk } from '../../../src/storage/memory/memory-disk.ts';
import type { Ledger } from '../client.ts';
import type { Answered } from '../people.ts';
import { claim } from '../violation.ts';
import type { Auditor } from './auditor.ts';

export interface Told {
  readonly ledger: Ledger;
  readonly answered: Answered;
  /** Operations on many executions whose start was answered. */
  readonly bulks: ReadonlySet<string>;
}

export function checkRest(auditor: Auditor, disk: MemoryDisk, { ledger, answered, bulks }: Told): void {
  checkLedger(auditor, ledger);
  checkHumanTasks(disk, answered, auditor.retention.removed.size > 0);
  for (const { shadow } of auditor.books.values()) {
    claim(isEnded(shadow), 'I11', () => `${shadow.id} is ${statusOf(shadow)}: ${describe(shadow)}`);
    const owed = [...shadow.outstanding.keys()];
    claim(owed.length === 0, 'I18', () => `${shadow.id} has ended and others were never told: ${owed.join(', ')}`);
    if (!auditor.retention.removed.has(shadow.id)) checkView(shadow, disk);
  }
  auditor.checkChildren();
  auditor.bulk.rest(disk.bulks, { asked: bulks, removed: auditor.retention.removed });
  auditor.checkLimits();
  const [task] = disk.tasks.keys();
  claim(task === undefined, 'rows', () => `the task ${task} is left`);
  const [wake] = disk.wakes.keys();
  claim(wake === undefined, 'rows', () => `the wake row of ${wake} is left`);
  claim(disk.slots.size === 0, 'rows', () => `${disk.slots.size} slots are held and nothing runs`);
}

/** I1: what was acknowledged is there. I2: nothing is there that nobody asked for. */
function checkLedger(auditor: Auditor, ledger: Ledger): void {
  for (const id of ledger.acknowledged.keys()) claim(auditor.books.has(id), 'I1', () => `${id} was lost`);
  const found = new Map<number, number>();
  for (const { shadow } of auditor.books.values()) {
    // `check-children.ts` knows who asked for it.
    if (shadow.parent) continue;
    const number = Number(String(shadow.metadata['request']).slice(1));
    claim(ledger.asked.has(number), 'I2', () => `nobody asked for ${shadow.id}`);
    found.set(number, (found.get(number) ?? 0) + 1);
  }
  for (const [number, count] of found) {
    const { sent, hasKey } = ledger.asked.get(number) ?? { sent: 0, hasKey: false };
    const max = hasKey ? 1 : sent;
    claim(count <= max, 'I2', () => `request ${number}, sent ${sent} times, started ${count} executions`);
  }
}

/** Nobody is asked any more, and who was told that their answer counts stands in the list. */
function checkHumanTasks(disk: MemoryDisk, answered: Answered, isAnyRemoved: boolean): void {
  for (const row of disk.humanTasks.values()) {
    claim(row.endedAt !== null, 'rows', () => `${row.humanTaskId} is ${row.status} and its execution has ended`);
  }
  for (const [id, person] of answered) {
    const row = disk.humanTasks.get(id);
    if (!row && isAnyRemoved) continue;
    const by = row?.answer?.by;
    claim(by === person, 'I1', () => `${id}: ${person} was told that the answer counts, which is of ${by}`);
  }
}

function checkView(shadow: ExecutionState, disk: MemoryDisk): void {
  const { executionId: _, workspace: __, ...view } = disk.views.get(shadow.id) ?? {};
  const [actual, expected] = [JSON.stringify(view), JSON.stringify(viewOf(shadow))];
  claim(actual === expected, 'views', () => `${shadow.id}: its view is ${actual}, a rebuild gives ${expected}`);
}

export function describe(shadow: ExecutionState): string {
  const open = [...shadow.steps.values()].filter((step) => step.endedAt === undefined);
  const steps = open.map((step) => `${step.path} ${step.status}${step.signal ? ` for ${step.signal}` : ''}`);
  return `${shadow.paused ? 'paused, ' : ''}${steps.join(', ')}; wants ${[...shadow.outstanding.keys()].join(', ')}`;
}
