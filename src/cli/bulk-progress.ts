import { pause } from '../../sdk/typescript/backoff.ts';
import type { BulkOperation } from '../../sdk/typescript/bulk.ts';
import type { Client } from '../../sdk/typescript/client.ts';
import type { CliIo, ExitCode } from './command.ts';

/** How often the server is asked how far it is, in milliseconds. */
const lookEveryMs = 500;

/**
 * Follows an operation to its end: one line that is rewritten on a terminal, in a pipe a line where the counts have moved.
 * Whoever stops looking stops nothing: it goes on in the server.
 */
export async function followBulk(
  begun: BulkOperation,
  { client, io }: { client: Client; io: CliIo },
): Promise<ExitCode> {
  let last = '';
  let found = begun;
  for (;;) {
    const line = progressLine(found);
    if (io.isTerminal) io.write(`\r\u001b[2K${line}`);
    else if (line !== last) io.out(line);
    last = line;
    if (found.ended_at !== null) break;
    if (io.stop.aborted) {
      if (io.isTerminal) io.write('\n');
      io.err(`it goes on: magicflow bulk get ${found.bulk_id}`);
      return 0;
    }
    await pause(lookEveryMs, io.stop).catch(() => undefined);
    if (!io.stop.aborted) found = await client.getBulk(found.bulk_id);
  }
  if (io.isTerminal) io.write('\n');
  for (const { execution_id: id, code, message } of found.problems) io.err(`${id} ${code}: ${message}`);
  return found.failed > 0 || found.status === 'cancelled' ? 1 : 0;
}

function progressLine({ bulk_id: id, action, status, matched, done, skipped, failed }: BulkOperation): string {
  return `${id} ${action} ${status}: ${done} of ${matched} done, ${skipped} skipped, ${failed} failed`;
}
