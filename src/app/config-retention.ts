import { duration } from '../model/fields/duration.ts';
import { type Fields, optional } from '../model/fields/field.ts';
import { size, whole } from './config-kinds.ts';

/** How long ended executions are kept. What is not given limits nothing; a workflow may say its own ages. */
export const retentionFields = {
  completedMs: optional('completed', duration(1_000), 'How long completed executions are kept; for ever by default.'),
  failedMs: optional('failed', duration(1_000), 'The same for those that ended in any other way.'),
  executionsMax: optional(
    'max_executions',
    whole({ min: 1, max: 1_000_000_000 }),
    'Ended executions that a workspace keeps at most; the oldest go first.',
  ),
  sizeBytesMax: optional('max_size', size, 'What everything may take together (20gb); the oldest go first.'),
  intervalMs: optional('interval', duration(1_000), 'How often it looks for what is due (default 1m).'),
} satisfies Fields;
