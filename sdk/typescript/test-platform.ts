import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { WireResult, WireTask } from './task.ts';

/**
 * A platform small enough to see through, for tests: tasks with leases over real sockets, and a place to make it fail.
 *
 * `onCall` sees each call before it is done and may answer in its place; `lose` does the call and drops the connection
 * instead of answering.
 */
interface TestWish {
  readonly executor: string;
  readonly max_tasks: number;
  readonly wait: string;
}

/** What any call may hold; a test knows which one it looks into. */
export interface TestBody extends TestWish {
  readonly functions: readonly string[];
  readonly results: readonly WireResult[];
  readonly tasks: readonly { readonly task_id: string; readonly lease_token: string; readonly progress?: unknown }[];
  readonly claim?: TestWish;
  readonly executions: readonly { readonly idempotency_key: string }[];
  readonly payload: unknown;
  readonly key?: string;
  readonly id: string;
}

export interface TestCall {
  readonly path: string;
  readonly method: string;
  /** As text where it was no JSON. */
  readonly body: TestBody;
  readonly headers: IncomingMessage['headers'];
  readonly response: ServerResponse;
}

export type Verdict =
  | 'lose'
  | 'hang'
  | { status: number; body?: unknown; headers?: Record<string, string> }
  | undefined;

interface Lease {
  task: WireTask;
  token: string;
  expiresAt: number;
}

export class TestPlatform {
  onCall: (call: TestCall) => Verdict = () => undefined;
  leaseMs = 30_000;
  readonly calls: TestCall[] = [];
  readonly results: WireResult[] = [];
  readonly released: string[] = [];
  readonly cancelled = new Set<string>();
  readonly #ready = new Map<string, WireTask[]>();
  readonly #leases = new Map<string, Lease>();
  readonly #waiting = new Set<() => void>();
  readonly #server: Server;
  #tokens = 0;

  private constructor() {
    this.#server = createServer((request, response) => void this.#answer(request, response));
  }

  static async open(): Promise<TestPlatform> {
    const platform = new TestPlatform();
    await new Promise<void>((resolve) => platform.#server.listen(0, '127.0.0.1', resolve));
    return platform;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  add(
    executor: string,
    functionName: string,
    tasks: readonly { id: string; input?: unknown; deadlineMs?: number }[],
  ): void {
    const queue = this.#ready.get(executor) ?? [];
    this.#ready.set(executor, queue);
    for (const { id, input = null, deadlineMs } of tasks) {
      queue.push({
        task_id: id,
        lease_token: '',
        execution_id: `exec_${id}`,
        workflow: 'w',
        version: '1.0.0',
        step: 's#1',
        function: functionName,
        attempt: 1,
        input,
        ...(deadlineMs === undefined ? {} : { deadline: new Date(Date.now() + deadlineMs).toISOString() }),
        lease_expires_at: '',
        idempotency_key: `key_${id}`,
        traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
      });
    }
    for (const wake of [...this.#waiting]) wake();
  }

  /** Takes the leases away, as a server does whose clock has run on. */
  expireLeases(): void {
    this.#leases.clear();
  }

  calledPaths(path: string): TestCall[] {
    return this.calls.filter((call) => call.path === path);
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    const text = Buffer.concat(chunks).toString('utf8');
    const isJson = request.headers['content-type'] === 'application/json';
    const call: TestCall = {
      path: request.url ?? '',
      method: request.method ?? '',
      body: (isJson ? JSON.parse(text) : text) as TestBody,
      headers: request.headers,
      response,
    };
    this.calls.push(call);
    const verdict = this.onCall(call);
    if (verdict === 'hang') return;
    if (typeof verdict === 'object') return send(response, verdict.status, verdict.body, verdict.headers);
    const body = await this.#do(call);
    if (verdict === 'lose') return void response.destroy();
    if (!response.headersSent) send(response, body === undefined ? 404 : 200, body ?? { code: 'ROUTE_NOT_FOUND' });
  }

  async #do({ path, body, response }: TestCall): Promise<unknown> {
    if (path === '/api/v1/tasks/claim') return { tasks: await this.#claim(body, response) };
    if (path === '/api/v1/tasks/release') {
      for (const { task_id, lease_token } of body.tasks) {
        this.released.push(task_id);
        this.#leases.delete(lease_token);
      }
      return {};
    }
    if (path === '/api/v1/tasks/heartbeat') return { tasks: body.tasks.map((held) => this.#beat(held)) };
    if (path !== '/api/v1/tasks/complete') return undefined;
    const results = body.results.map((result) => this.#settle(result));
    return { results, ...(body.claim ? { tasks: await this.#claim(body.claim, response) } : {}) };
  }

  #settle(result: WireResult): unknown {
    const { task_id, lease_token } = result;
    if (!this.#leases.delete(lease_token)) return { task_id, accepted: false, code: 'STALE_LEASE' };
    this.results.push(result);
    return { task_id, accepted: true };
  }

  #beat({ task_id, lease_token }: TestBody['tasks'][number]): unknown {
    const lease = this.#leases.get(lease_token);
    if (lease) lease.expiresAt = Date.now() + this.leaseMs;
    return {
      task_id,
      lease_expires_at: new Date(Date.now() + this.leaseMs).toISOString(),
      cancel_requested: lease === undefined || this.cancelled.has(task_id),
    };
  }

  async #claim(wish: TestWish, response: ServerResponse): Promise<WireTask[]> {
    const queue = this.#ready.get(wish.executor) ?? [];
    this.#ready.set(wish.executor, queue);
    if (queue.length === 0 && Number.parseInt(wish.wait, 10) > 0) {
      await new Promise<void>((resolve) => {
        const done = (): void => {
          clearTimeout(timer);
          this.#waiting.delete(done);
          resolve();
        };
        const timer = setTimeout(done, Number.parseInt(wish.wait, 10));
        this.#waiting.add(done);
        response.on('close', done);
      });
    }
    if (response.destroyed) return [];
    return queue.splice(0, wish.max_tasks).map((task) => {
      this.#tokens += 1;
      const token = `lease_${this.#tokens}`;
      const expiresAt = Date.now() + this.leaseMs;
      this.#leases.set(token, { task, token, expiresAt });
      return { ...task, lease_token: token, lease_expires_at: new Date(expiresAt).toISOString() };
    });
  }
}

function send(response: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(typeof body === 'string' ? body : JSON.stringify(body ?? {}));
}

/** Resolves once the claim holds; rejects after twenty seconds with what it waited for. */
export async function until(claim: () => boolean, what: string): Promise<void> {
  const endAt = performance.now() + 20_000;
  while (!claim()) {
    if (performance.now() > endAt) throw new Error(`waited too long for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}
