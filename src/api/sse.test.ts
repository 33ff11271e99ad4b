import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request } from 'node:http';
import { connect } from 'node:net';
import { afterEach, beforeEach, describe, test } from 'node:test';
import type { ExecutionEvent } from '../core/events.ts';
import type { Clock } from '../kit/clock.ts';
import { helloYaml, openTestApi, type TestApi } from './test-api.ts';
import { testNowMs } from './test-engine.ts';

/** A clock whose timers the test fires. */
function handClock(): Clock & { pass(ms: number): void; readonly timers: number } {
  const timers = new Set<{ at: number; callback: () => void }>();
  let now = 0;
  return {
    nowMs: () => testNowMs + now,
    monotonicMs: () => now,
    schedule(delayMs, callback) {
      const timer = { at: now + delayMs, callback };
      timers.add(timer);
      return () => timers.delete(timer);
    },
    get timers() {
      return timers.size;
    },
    pass(ms) {
      const until = now + ms;
      for (;;) {
        const [due] = [...timers].filter(({ at }) => at <= until).sort((a, b) => a.at - b.at);
        if (!due) break;
        now = due.at;
        timers.delete(due);
        due.callback();
      }
      now = until;
    },
  };
}

const completed: ExecutionEvent = { type: 'step.completed', step: 'greet', output: { text: 'hi' } };
const closed: ExecutionEvent = { type: 'execution.closed', status: 'completed', output: { text: 'hi' } };
const signal = (index: number): ExecutionEvent => ({
  type: 'signal.received',
  id: `s${index}`,
  name: 'n',
  payload: index,
});

const until = async (holds: () => boolean): Promise<void> => {
  for (let round = 0; !holds(); round += 1) {
    assert.ok(round < 2_000, 'it never came to hold');
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
};

interface Reader {
  readonly text: () => string;
  readonly status: number;
  readonly hasEnded: () => boolean;
  close(): void;
}

describe('a stream of events', () => {
  let subject: TestApi;
  let port: number;
  let clock: ReturnType<typeof handClock>;
  let timersBefore: number;

  beforeEach(async () => {
    clock = handClock();
    subject = await openTestApi({ clock, config: { streamsMax: 5 } });
    ({ port } = await subject.api.listen());
    await subject.call('POST /api/v1/workflows', undefined, {
      raw: helloYaml,
      headers: { 'content-type': 'text/yaml' },
    });
    await subject.call('POST /api/v1/workflows/hello/execute', {});
    timersBefore = clock.timers;
  });
  afterEach(() => subject.api.close());

  async function open(headers: Record<string, string> = {}, query = ''): Promise<Reader> {
    const sent = request({
      port,
      path: `/api/v1/executions/exec_0001/stream${query}`,
      agent: false,
      headers: { authorization: `Bearer ${subject.tokens.viewer}`, ...headers },
    });
    sent.on('error', () => undefined);
    sent.end();
    const [response] = await once(sent, 'response');
    let text = '';
    let hasEnded = false;
    response.setEncoding('utf8');
    response.on('data', (part: string) => {
      text += part;
    });
    response.on('error', () => undefined);
    response.on('close', () => {
      hasEnded = true;
    });
    return { text: () => text, status: response.statusCode, hasEnded: () => hasEnded, close: () => sent.destroy() };
  }

  const idsIn = (text: string): number[] => [...text.matchAll(/^id: (\d+)$/gm)].map(([, id]) => Number(id));

  test('tells what was, then what comes, then that it is over', async () => {
    const reader = await open();
    await until(() => idsIn(reader.text()).length === 3);
    subject.engine.append('exec_0001', completed);
    await until(() => reader.text().includes('event: step.completed'));
    subject.engine.append('exec_0001', closed);
    await until(reader.hasEnded);
    assert.deepEqual(idsIn(reader.text()), [1, 2, 3, 4, 5]);
    assert.ok(reader.text().endsWith('event: end\ndata: {}\n\n'));
    const [, data = ''] = /event: step.completed\ndata: (.*)\n/.exec(reader.text()) ?? [];
    assert.deepEqual(JSON.parse(data), {
      position: 4,
      at: '2026-01-31T12:00:00.003Z',
      type: 'step.completed',
      step: 'greet',
      output: { text: 'hi' },
    });
  });

  test('goes on exactly behind each position, with the header and with the query', async () => {
    for (let index = 0; index < 120; index += 1) subject.engine.append('exec_0001', signal(index));
    subject.engine.append('exec_0001', completed, closed);
    for (const after of [0, 1, 2, 49, 50, 51, 100, 123, 124, 125, 999]) {
      const expected = Array.from({ length: Math.max(0, 125 - after) }, (_, index) => after + index + 1);
      const byHeader = await open({ 'last-event-id': String(after) });
      await until(byHeader.hasEnded);
      assert.deepEqual(idsIn(byHeader.text()), expected);
      const byQuery = await open({}, `?after=${after}`);
      await until(byQuery.hasEnded);
      assert.deepEqual(idsIn(byQuery.text()), expected);
    }
  });

  test('has no gap and no duplicate while moves pour in', async () => {
    const reader = await open();
    for (let index = 0; index < 300; index += 1) {
      subject.engine.append('exec_0001', signal(index));
      if (index % 7 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    subject.engine.append('exec_0001', completed, closed);
    await until(reader.hasEnded);
    assert.deepEqual(
      idsIn(reader.text()),
      Array.from({ length: 305 }, (_, index) => index + 1),
    );
  });

  test('of an unknown execution is 404, and nothing is watched', async () => {
    const answer = await subject.call('GET /api/v1/executions/nope/stream');
    assert.equal(answer.status, 404);
    assert.equal(subject.engine.watcherCount, 0);
  });

  test('says every 15 seconds that it lives', async () => {
    const reader = await open();
    await until(() => idsIn(reader.text()).length === 3);
    clock.pass(15_000);
    await until(() => reader.text().includes(': still here\n\n'));
    clock.pass(15_000);
    await until(() => reader.text().split(': still here').length === 3);
    reader.close();
  });

  test('beyond the limit is 429, until one is closed', async () => {
    const readers = await Promise.all(Array.from({ length: 5 }, () => open()));
    const refused = await open();
    assert.equal(refused.status, 429);
    await until(refused.hasEnded);
    assert.match(refused.text(), /STREAMS_EXHAUSTED/);
    readers[0]?.close();
    await until(() => subject.engine.watcherCount === 4);
    assert.equal((await open()).status, 200);
    for (const reader of readers) reader.close();
  });

  test('leaves nothing behind after 1,000 opens and closes', async () => {
    for (let round = 0; round < 250; round += 1) {
      const readers = await Promise.all(Array.from({ length: 4 }, () => open()));
      for (const reader of readers) reader.close();
      await until(() => subject.engine.watcherCount === 0);
    }
    assert.equal(clock.timers, timersBefore);
    const { body } = await subject.call('GET /api/v1/system/status');
    assert.equal(body['open_streams'], 0);
  });

  test('drops a reader that takes nothing for 30 seconds, and holds little for it meanwhile', async () => {
    const payload = 'x'.repeat(100_000);
    for (let index = 0; index < 400; index += 1) {
      subject.engine.append('exec_0001', { type: 'signal.received', id: `s${index}`, name: 'n', payload });
    }
    const socket = connect(port);
    socket.on('error', () => undefined);
    socket.pause();
    socket.write(
      `GET /api/v1/executions/exec_0001/stream HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${subject.tokens.viewer}\r\n\r\n`,
    );
    await until(() => subject.engine.watcherCount === 1 && clock.timers === timersBefore + 2);
    const reads = subject.engine.calls.filter(({ name }) => name === 'journal').length;
    assert.ok(reads < 5, `${reads} pages were read for a reader that takes nothing`);
    clock.pass(29_999);
    assert.equal(subject.engine.watcherCount, 1);
    clock.pass(1);
    await until(() => subject.engine.watcherCount === 0);
    assert.equal(clock.timers, timersBefore);
    socket.destroy();
  });

  test('tells clients to come back where the journal cannot be read', async () => {
    const reader = await open();
    await until(() => idsIn(reader.text()).length === 3);
    subject.engine.failNext(new Error('the store is away'));
    subject.engine.append('exec_0001', signal(1));
    await until(reader.hasEnded);
    assert.ok(reader.text().endsWith('retry: 1000\n\n'));
    assert.ok(!reader.text().includes('event: end'));
  });

  test('tells clients to come back when the server closes, and does not hold it up', async () => {
    const reader = await open();
    await until(() => idsIn(reader.text()).length === 3);
    await subject.api.close();
    await until(reader.hasEnded);
    assert.ok(reader.text().endsWith('retry: 1000\n\n'));
    assert.equal(subject.engine.watcherCount, 0);
  });
});
