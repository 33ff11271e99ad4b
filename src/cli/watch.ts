import type { JournalEvent } from '../../sdk/typescript/answers.ts';
import type { Client } from '../../sdk/typescript/client.ts';
import type { CliIo } from './command.ts';
import { eventLine } from './event-line.ts';

/**
 * Follows an execution to its end: a line an event, and on a terminal a last line that shows what runs. In a pipe there are
 * plain lines alone.
 */
export async function watchExecution(
  executionId: string,
  { client, io, after = 0 }: { client: Client; io: CliIo; after?: number },
): Promise<void> {
  const running = new Set<string>();
  for await (const event of client.stream(executionId, { after, signal: io.stop })) {
    if (io.isTerminal) io.write('\r\u001b[2K');
    io.out(eventLine(event, { colour: io.isTerminal }));
    note(event, running);
    if (io.isTerminal && running.size > 0) io.write(`… ${[...running].slice(0, 5).join(', ')}`);
  }
  if (io.isTerminal) io.write('\r\u001b[2K');
}

function note(event: JournalEvent, running: Set<string>): void {
  const step = event['step'];
  if (typeof step !== 'string') return;
  if (/^step\.(scheduled|entered|waiting|attempted|retrying|claimed)$/.test(event.type)) running.add(step);
  else if (/^step\.(completed|failed|skipped|cancelled|replaced)$/.test(event.type)) running.delete(step);
}
