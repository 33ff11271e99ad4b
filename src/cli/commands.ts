import type { Command } from './command.ts';

/** Every command there is, loaded when it is asked for. Adding one is a file and a line here. */
export const commands = {
  start: async () => (await import('./start.ts')).start,
  dev: async () => (await import('./dev.ts')).dev,
  validate: async () => (await import('./validate.ts')).validate,
  deploy: async () => (await import('./deploy.ts')).deploy,
  run: async () => (await import('./run.ts')).run,
  list: async () => (await import('./list.ts')).list,
  get: async () => (await import('./get.ts')).get,
  explain: async () => (await import('./explain.ts')).explain,
  journal: async () => (await import('./journal.ts')).journal,
  logs: async () => (await import('./logs.ts')).logs,
  cancel: async () => (await import('./operate.ts')).cancel,
  terminate: async () => (await import('./operate.ts')).terminate,
  pause: async () => (await import('./operate.ts')).pause,
  resume: async () => (await import('./operate.ts')).resume,
  retry: async () => (await import('./operate.ts')).retry,
  rerun: async () => (await import('./rerun.ts')).rerun,
  bulk: async () => (await import('./bulk.ts')).bulk,
  signal: async () => (await import('./signal.ts')).signal,
  'human-tasks': async () => (await import('./human-tasks.ts')).humanTasks,
  'dead-letters': async () => (await import('./dead-letters.ts')).deadLetters,
  limits: async () => (await import('./limits.ts')).limits,
  retention: async () => (await import('./retention.ts')).retention,
  test: async () => (await import('./test.ts')).test,
  config: async () => (await import('./config-command.ts')).configCommand,
  schema: async () => (await import('./schema.ts')).schema,
  token: async () => (await import('./token.ts')).token,
  completion: async () => (await import('./completion.ts')).completion,
  version: async () => (await import('./version.ts')).versionCommand,
  help: async () => (await import('./help.ts')).help,
} satisfies Record<string, () => Promise<Command>>;

export type CommandName = keyof typeof commands;

export const commandNames = Object.keys(commands) as readonly CommandName[];

export function isCommandName(word: string): word is CommandName {
  return Object.hasOwn(commands, word);
}
