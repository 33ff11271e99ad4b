import { randomUUID } from 'node:crypto';
import type { Call } from './transport.ts';

/** What people are asked, as it stands on the wire. */
export interface HumanTaskSummary {
  readonly id: string;
  readonly execution_id: string;
  readonly workflow_name: string;
  readonly version: string;
  readonly step: string;
  readonly title: string;
  readonly status: 'open' | 'claimed' | 'completed' | 'timed_out' | 'cancelled';
  /** Empty: whoever may answer. */
  readonly assignees: readonly string[];
  readonly claimed_by: string | null;
  readonly escalations: number;
  readonly created_at: string;
  readonly due_at: string | null;
  readonly completed_at: string | null;
  readonly outcome: string | null;
  readonly answered_by: string | null;
}

export interface HumanTask<Answer = unknown> extends HumanTaskSummary {
  readonly description: string | null;
  readonly fields: readonly {
    readonly name: string;
    readonly type: 'text' | 'multiline' | 'number' | 'boolean' | 'date' | 'select' | 'file';
    readonly label?: string;
    readonly description?: string;
    readonly required: boolean;
    readonly options?: readonly { readonly value: unknown; readonly label?: string }[];
    readonly min?: number;
    readonly max?: number;
    readonly default: unknown;
  }[];
  /** JSON Schema; null where any answer is taken. */
  readonly answer_schema: unknown;
  readonly outcomes: readonly string[];
  readonly input: unknown;
  readonly answer: Answer | null;
  readonly comment: string | null;
}

export interface HumanAnswer {
  readonly answer?: unknown;
  /** One of the task's `outcomes`. */
  readonly outcome?: string;
  readonly comment?: string;
}

export interface HumanTaskPage {
  readonly human_tasks: readonly HumanTaskSummary[];
  readonly pagination: { readonly has_more: boolean; readonly next_cursor: string | null };
}

interface Sender {
  read<T>(path: string): Promise<T>;
  repeat<T>(call: Call): Promise<T>;
}

const place = '/api/v1/human-tasks';
const at = (id: string, rest = ''): string => `${place}/${encodeURIComponent(id)}${rest}`;

/** `query` is the text behind the path. Claims may come twice; an answer bears a key, so that a repeat is one answer. */
export function humanTaskCalls(
  sender: Sender,
  queryText: (query: Readonly<Record<string, string | number | undefined>>) => string,
) {
  return {
    listHumanTasks: (
      query: { assignee?: string; status?: string; workflow?: string; cursor?: string; limit?: number } = {},
    ): Promise<HumanTaskPage> => sender.read(`${place}${queryText(query)}`),
    getHumanTask: (id: string): Promise<HumanTask> => sender.read(at(id)),
    claimHumanTask: (id: string): Promise<HumanTask> =>
      sender.repeat({ method: 'POST', path: at(id, '/claim'), body: {} }),
    unclaimHumanTask: (id: string): Promise<HumanTask> =>
      sender.repeat({ method: 'POST', path: at(id, '/unclaim'), body: {} }),
    /** Rejects with ANSWER_INVALID (`errors` says where) or STATE_CONFLICT. */
    completeHumanTask: (id: string, answer: HumanAnswer = {}, key: string = randomUUID()): Promise<HumanTask> =>
      sender.repeat({
        method: 'POST',
        path: at(id, '/complete'),
        headers: { 'idempotency-key': key },
        body: answer,
      }),
  };
}
