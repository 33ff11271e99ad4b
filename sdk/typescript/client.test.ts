import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import type { JournalEvent } from './answers.ts';
import { ApiError } from './api-error.ts';
import { type Client, createClient } from './client.ts';
import { TestPlatform } from './test-platform.ts';

describe('client', () => {
  let platform: TestPlatform;
  let client: Client;
  const sent = () => platform.calls.map((call) => `${call.method} ${call.path}`);

  beforeEach(async () => {
    platform = await TestPlatform.open();
    platform.onCall = () => ({ status: 200, body: { fine: true } });
    client = createClient({ server: `${platform.url}/`, token: 'mf_t', workspace: 'team' });
  });
  afterEach(async () => {
    client.close();
    await platform.close();
  });

  it('sends each call as the API says', async () => {
    await client.deploy('kind: Workflow', { strict: true });
    await client.listWorkflows();
    await client.getWorkflow('a b');
    await client.execute(
      'w',
      { a: 1 },
      { wait: '10s', version: '1.0.0', metadata: { source: 'web' }, idempotencyKey: 'k' },
    );
    await client.executeBatch('w', [{ input: 1 }, { input: 2, idempotency_key: 'mine' }]);
    await client.get('e1');
    await client.results('e1');
    await client.journal('e1', { after: 3 });
    await client.list({ status: 'failed', workflow: undefined });
    await client.cancel('e1', 'why');
    await client.terminate('e1');
    await client.pause('e1');
    await client.resume('e1');
    await client.retry('e1');
    await client.signal('e1', 'paid', { sum: 3 }, { key: 'o-7' });
    await client.request({ method: 'DELETE', path: '/api/v1/workflows/w' });
    await client.listHumanTasks({ assignee: 'ada b', limit: 5 });
    await client.getHumanTask('h1');
    await client.claimHumanTask('h1');
    await client.unclaimHumanTask('h1');
    await client.completeHumanTask('h1', { answer: { a: 1 }, outcome: 'approved' }, 'click');
    assert.deepEqual(sent(), [
      'POST /api/v1/workflows?strict=true',
      'GET /api/v1/workflows',
      'GET /api/v1/workflows/a%20b',
      'POST /api/v1/workflows/w/execute?wait=10s',
      'POST /api/v1/workflows/w/execute-batch',
      'GET /api/v1/executions/e1',
      'GET /api/v1/executions/e1/results',
      'GET /api/v1/executions/e1/journal?after=3',
      'GET /api/v1/executions?status=failed',
      'POST /api/v1/executions/e1/cancel',
      'POST /api/v1/executions/e1/terminate',
      'POST /api/v1/executions/e1/pause',
      'POST /api/v1/executions/e1/resume',
      'POST /api/v1/executions/e1/retry',
      'POST /api/v1/executions/e1/signals/paid',
      'DELETE /api/v1/workflows/w',
      'GET /api/v1/human-tasks?assignee=ada+b&limit=5',
      'GET /api/v1/human-tasks/h1',
      'POST /api/v1/human-tasks/h1/claim',
      'POST /api/v1/human-tasks/h1/unclaim',
      'POST /api/v1/human-tasks/h1/complete',
    ]);
    assert.equal(platform.calls.at(-1)?.headers['idempotency-key'], 'click');
    assert.deepEqual(platform.calls.at(-1)?.body, { answer: { a: 1 }, outcome: 'approved' });
    assert.equal(platform.calls[14]?.body.key, 'o-7');
    const [deploy, , , execute, batch] = platform.calls;
    assert.equal(deploy?.headers['content-type'], 'application/yaml');
    assert.equal(deploy?.body, 'kind: Workflow');
    assert.equal(deploy?.headers.authorization, 'Bearer mf_t');
    assert.equal(deploy?.headers['x-magicflow-workspace'], 'team');
    assert.equal(execute?.headers['idempotency-key'], 'k');
    assert.deepEqual(execute?.body, { input: { a: 1 }, metadata: { source: 'web' }, options: { version: '1.0.0' } });
    assert.match(batch?.body.executions[0]?.idempotency_key ?? '', /^[0-9a-f-]{36}$/);
    assert.equal(batch?.body.executions[1]?.idempotency_key, 'mine');
    assert.deepEqual(platform.calls[14]?.body.payload, { sum: 3 });
    assert.match(platform.calls[14]?.body.id ?? '', /^[0-9a-f-]{36}$/);
  });

  it('starts once although the answer was lost: the repeat bears the same key', async () => {
    let lost = 0;
    platform.onCall = () => {
      lost += 1;
      return lost === 1 ? 'lose' : { status: 202, body: { execution_id: 'e1' } };
    };
    assert.equal((await client.execute('w', {})).execution_id, 'e1');
    const keys = platform.calls.map((call) => call.headers['idempotency-key']);
    assert.equal(keys.length, 2);
    assert.equal(keys[0], keys[1]);
  });

  it('does not repeat an operation whose answer was lost', async () => {
    platform.onCall = () => 'lose';
    await assert.rejects(client.cancel('e1'), (error) => ApiError.is(error, 'UNREACHABLE') && error.status === 0);
    assert.equal(platform.calls.length, 1);
  });

  it('repeats an operation that the server put off, and gives up after its attempts', async () => {
    platform.onCall = () => ({ status: 503, body: { code: 'SHUTTING_DOWN', detail: 'soon' } });
    const hasty = createClient({ server: platform.url, attemptsMax: 2 });
    await assert.rejects(hasty.pause('e1'), (error) => ApiError.is(error, 'SHUTTING_DOWN'));
    assert.equal(platform.calls.length, 2);
    hasty.close();
  });

  it('tells a refusal with its code, request id and problems, and does not repeat it', async () => {
    const errors = [{ code: 'TYPE', message: 'must be a string', pointer: '/input/email' }];
    platform.onCall = () => ({
      status: 422,
      body: { code: 'INPUT_INVALID', title: 'Input', detail: 'the input is wrong', request_id: 'req_1', errors },
    });
    await assert.rejects(client.execute('w', {}), (error) => {
      assert.ok(ApiError.is(error, 'INPUT_INVALID'));
      assert.equal(error.status, 422);
      assert.equal(error.message, 'the input is wrong');
      assert.equal(error.requestId, 'req_1');
      assert.deepEqual(error.errors, errors);
      return true;
    });
    assert.equal(platform.calls.length, 1);
  });

  it('makes sense of an error that is no problem document', async () => {
    platform.onCall = () => ({ status: 404, body: '<html>nothing</html>', headers: { 'x-request-id': 'r9' } });
    await assert.rejects(client.get('e1'), (error) => {
      assert.ok(ApiError.is(error, 'HTTP_404'));
      assert.equal(error.requestId, 'r9');
      return true;
    });
  });

  it('says where nobody listens', async () => {
    const lost = createClient({ server: 'http://127.0.0.1:9', attemptsMax: 1 });
    await assert.rejects(lost.get('e1'), (error) => {
      assert.ok(ApiError.is(error, 'UNREACHABLE'));
      assert.match(error.message, /127\.0\.0\.1:9.*ECONNREFUSED/);
      return true;
    });
  });

  it('keeps the path of a server behind a prefix', async () => {
    const behind = createClient({ server: `${platform.url}/flow/` });
    await behind.get('e1');
    assert.deepEqual(sent(), ['GET /flow/api/v1/executions/e1']);
    behind.close();
  });

  it('refuses an address that is none', () => {
    for (const server of ['', 'localhost:8080', 'ftp://host']) {
      assert.throws(() => createClient({ server }), /is no server address/);
    }
  });

  const event = (position: number) =>
    `id: ${position}\nevent: step.completed\ndata: ${JSON.stringify({ position, at: 'now', type: 'step.completed' })}\n\n`;
  const collect = async (after = 0) => {
    const events: JournalEvent[] = [];
    for await (const each of client.stream('e1', { after })) events.push(each);
    return events.map((each) => each.position);
  };

  it('streams events to the end, each once, through a connection that breaks inside an event', async () => {
    const seen: (string | undefined)[] = [];
    const parts = [
      [': hello\n\n', event(1), event(2).slice(0, 20)],
      [event(2), event(3).replaceAll('\n', '\r\n')],
      [event(3), event(4), 'event: end\ndata: {}\n\n'],
    ];
    platform.onCall = ({ response, headers }) => {
      seen.push(headers['last-event-id'] as string | undefined);
      const part = parts.shift() ?? [];
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      for (const text of part) response.write(text);
      setTimeout(() => response.destroy(), 5);
      return 'hang';
    };
    assert.deepEqual(await collect(), [1, 2, 3, 4]);
    assert.deepEqual(seen, [undefined, '1', '3']);
  });

  it('begins after a position', async () => {
    platform.onCall = ({ response, headers }) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.end(`${event(Number(headers['last-event-id']) + 1)}event: end\n\n`);
      return 'hang';
    };
    assert.deepEqual(await collect(7), [8]);
  });

  it("ends a stream with the server's refusal", async () => {
    platform.onCall = () => ({ status: 404, body: { code: 'EXECUTION_NOT_FOUND', detail: 'no such execution' } });
    await assert.rejects(collect(), (error) => ApiError.is(error, 'EXECUTION_NOT_FOUND'));
  });

  it('closes the connection when the loop is left or the signal aborts', async () => {
    let closed = 0;
    platform.onCall = ({ response }) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(event(1));
      response.on('close', () => {
        closed += 1;
      });
      return 'hang';
    };
    for await (const each of client.stream('e1')) {
      assert.equal(each.position, 1);
      break;
    }
    const stop = new AbortController();
    for await (const each of client.stream('e1', { signal: stop.signal })) {
      assert.equal(each.position, 1);
      stop.abort();
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
    assert.equal(closed, 2);
  });
});
