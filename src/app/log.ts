import { createRequire } from 'node:module';
import type { Logger } from 'pino';
import type { Config } from './config.ts';

/**
 * What the server has to say, as lines of JSON on stderr. The logger is loaded with the first line: most servers start and
 * serve for long without one. Loaded at once then, because the line that matters most may be the last.
 */
export interface Log {
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

const load = createRequire(import.meta.url);

export function openLog(level: Config['monitoring']['logLevel']): Log {
  let opened: Logger | undefined;
  const logger = (): Logger => {
    const { pino } = load('pino') as typeof import('pino');
    opened ??= pino({ level: level === 'info' ? 'warn' : level }, pino.destination(2));
    return opened;
  };
  return {
    warn: (fields, message) => logger().warn(fields, message),
    error: (fields, message) => logger().error(fields, message),
  };
}
