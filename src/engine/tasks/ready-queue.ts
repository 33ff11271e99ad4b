/**
 * The tasks of one executor that wait to be claimed, in memory: a hint of the task rows, by rank and age.
 *
 * Bounded: beyond `readyTasksMax` tasks stay in the store alone and are fetched when this queue runs low.
 */
import { SlotMap } from '../../kit/slot-map.ts';
import { readyTasksMax } from '../limits.ts';

export interface ReadyTask {
  readonly taskId: string;
  readonly executionId: string;
  /** Id of the attempt, and of the command in the execution. */
  readonly attempt: string;
  readonly function: string;
  readonly rank: number;
}

export interface ReadyQueue {
  /** False where it is full: the task is left to the store. */
  add(task: ReadyTask): boolean;
  remove(taskId: string): void;
  /** Takes up to `count` tasks that fit, first come first. */
  take(count: number, fits: (task: ReadyTask) => boolean): ReadyTask[];
  /** Whether there is a task that fits. */
  has(fits: (task: ReadyTask) => boolean): boolean;
  size(): number;
  /** Whether every ready task of the store is in here. */
  isComplete: boolean;
}

const ranks = 10;

export function openReadyQueue(): ReadyQueue {
  const lanes = Array.from({ length: ranks }, () => new SlotMap<string, ReadyTask>());
  let size = 0;
  return {
    isComplete: false,
    add(task) {
      const lane = lanes[task.rank];
      if (!lane || lane.has(task.taskId)) return true;
      if (size >= readyTasksMax) {
        this.isComplete = false;
        return false;
      }
      lane.set(task.taskId, task);
      size += 1;
      return true;
    },
    remove(taskId) {
      if (size === 0) return;
      for (const lane of lanes) if (lane.delete(taskId)) size -= 1;
    },
    take(count, fits) {
      const taken: ReadyTask[] = [];
      if (size === 0) return taken;
      for (const lane of lanes) {
        for (const task of lane.values()) {
          if (taken.length >= count) return taken;
          if (!fits(task)) continue;
          lane.delete(task.taskId);
          size -= 1;
          taken.push(task);
        }
      }
      return taken;
    },
    has: (fits) => size > 0 && lanes.some((lane) => lane.values().some(fits)),
    size: () => size,
  };
}
