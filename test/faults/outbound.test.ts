/**
 * Nothing that a user can write makes the server call what only the server can see: every refused address in every
 * notation, by every way that leads out, through redirects and pages, and with a name server that changes its mind.
 */
import assert from 'node:assert/strict';
import { channel } from 'node:diagnostics_channel';
import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { networkInterfaces } from 'node:os';
import { after, before, describe, test } from 'node:test';
import { brokerOnDemand } from '../../src/broker/drivers.ts';
import { systemClock } from '../../src/kit/clock.ts';
import type { Json, JsonObject } from '../../src/kit/json.ts';
import { systemRandom } from '../../src/kit/random.ts';
import { openEngine } from '../../src/library.ts';
import type { Connections } from '../../src/steps/connections.ts';
import { openConnectors } from '../../src/steps/connectors.ts';
import { makeCall } from '../../src/steps/make-call.ts';
import type { OutboundRules } from '../../src/steps/outbound-rules.ts';
import { type HttpTarget, json, openHttpTarget } from '../support/http-target.ts';
import { type NameServer, openNameServer } from '../support/name-server.ts';
import { openPlatform, until } from '../support/platform.ts';
import { refusedHosts, refusedTexts, zone } from './outbound-addresses.ts';

/** Counts whoever comes, at every address of this machine. */
let decoy: Server;
let caught = 0;
let port = 0;
/** Allowed: leads wherever its path says. */
let guide: HttpTarget;
let names: NameServer;
/** Sockets that this process began to open, whether or not anything listened there. */
let dialled = 0;
const count = (): void => {
  dialled += 1;
};

before(async () => {
  decoy = createServer((socket) => {
    caught += 1;
    socket.on('error', () => undefined).end('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n');
  }).listen(0);
  await once(decoy, 'listening');
  port = (decoy.address() as { port: number }).port;
  guide = await openHttpTarget((response, { path }) => {
    const [, kind, text = ''] = /^\/(\w+)\/(.*)$/.exec(path) ?? [];
    const leadsTo = decodeURIComponent(text);
    if (kind !== 'redirect') return json({ next: leadsTo })(response, undefined as never);
    // A header holds ASCII: what is beyond is escaped, and means the same host.
    return response.writeHead(302, { location: leadsTo.replace(/[^ -~]+/g, encodeURIComponent) }).end();
  });
  names = await openNameServer((name) => zone[name]);
  channel('net.client.socket').subscribe(count);
});
after(async () => {
  channel('net.client.socket').unsubscribe(count);
  names.close();
  decoy.close();
  await guide.close();
});

const broker = brokerOnDemand({ type: 'embedded' }, { clock: systemClock, warn: () => undefined });

/** A way out: what it does with an address that somebody wrote. */
type Way = (url: string, rules: OutboundRules) => Promise<Json>;

function run(
  type: string,
  request: JsonObject,
  settings: JsonObject,
  given: Partial<Parameters<typeof openConnectors>[0]>,
) {
  const warn = (message: string): never => assert.fail(message);
  const connectors = openConnectors({ clock: systemClock, random: systemRandom, broker, warn, ...given });
  const connector = connectors[type] ?? assert.fail(`there is no connector ${type}`);
  return connector.run(makeCall(request, settings)).finally(() => connector.close?.());
}

const notify =
  (channelName: string, connection: (url: string) => Connections[string]): Way =>
  async (url, outbound) =>
    run(
      'notify',
      { message: 'm', to: ['a@b.c'] },
      { channels: [channelName], severity: 'info' },
      {
        outbound,
        connections: { it: connection(url) },
      },
    );

const guided = (kind: string, url: string): string => `${guide.url}/${kind}/${encodeURIComponent(url)}`;

const ways: Readonly<Record<string, Way>> = {
  'http by url': (url, outbound) => run('http', { url }, { method: 'POST' }, { outbound }),
  'http at a service': async (url, outbound) =>
    run('http', {}, { service: 's' }, { outbound, services: { s: { baseUrl: url } } }),
  'http by redirect': (url, outbound) =>
    run('http', { url: guided('redirect', url) }, { followRedirects: true }, { outbound }),
  'http by page': (url, outbound) =>
    run('http', { url: guided('page', url) }, { paginate: { next: '$.response.body.next' } }, { outbound }),
  webhook: (url, outbound) => run('webhook', { url, body: {} }, {}, { outbound }),
  'notify by slack': notify('slack', (url) => ({ type: 'slack', url })),
  'notify by teams': notify('teams', (url) => ({ type: 'teams', url })),
  'notify by pagerduty': notify('pagerduty', (url) => ({ type: 'pagerduty', routingKey: 'r', url })),
  'notify by webhook': notify('webhook', (url) => ({ type: 'webhook', url })),
  grpc: (url, outbound) => run('grpc', { address: placeOf(url) }, grpcCall, { outbound }),
  'notify by email': notify('email', (url) => ({ type: 'smtp', host: hostOf(url), port, from: 'a@b.c' })),
};

const grpcCall = {
  ...{ service: 'S', method: 'M', tls: false },
  proto: 'syntax = "proto3"; message E {} service S { rpc M(E) returns (E); }',
};

/** `host:port` of an address that begins as one of the web; any other text as it is. */
const placeOf = (url: string): string => /^http:\/\/(.*?)\/?$/.exec(url)?.[1] ?? url;

/** Connectors that no address of a step leads out of. */
const inward: Readonly<Record<string, string>> = {
  script: 'a script reaches nothing',
  database: 'it goes where the configuration alone says',
  publish: 'it goes to the broker of the configuration',
};

/** As it is written: what a mail server's name looks like before anybody has put it right. */
const hostOf = (url: string): string => /^\w+:\/*([^/]*?)(:\d+)?\/?$/.exec(url)?.[1]?.replace(/^\[|\]$/g, '') ?? url;

/** Ports are no protection here: the decoy's own is among those that any public address may have. */
const rules = (): OutboundRules => ({
  allow: [`127.0.0.1:${guide.port}`],
  ports: [80, 443, port],
  resolve: names.resolve,
});

async function codeOf(running: Promise<unknown>): Promise<string> {
  const outcome = await running.then(
    (answer) => `answered ${JSON.stringify(answer)}`,
    (error: { code?: string; message: string }) => error.code ?? error.message,
  );
  return outcome;
}

/** Where a host goes to DNS as it is written, the odd ones do not exist, or are no host at all. */
const oddlyNamed: Readonly<Record<string, readonly string[]>> = {
  'notify by email': ['SMTP_UNREACHABLE'],
  grpc: ['GRPC_UNAVAILABLE', 'GRPC_REQUEST_INVALID'],
};

const ownAddresses = (): string[] =>
  Object.values(networkInterfaces()).flatMap((found) =>
    (found ?? []).map(({ address, family }) => (family === 'IPv6' ? `[${address}]` : address)),
  );

describe('the way out', () => {
  test(`is tried with at least 120 addresses, by every connector there is`, (t) => {
    const all = [...refusedHosts, ...refusedTexts];
    assert.equal(new Set(all).size, all.length, 'an address stands there twice');
    assert.ok(refusedHosts.length >= 120);
    const deps = { clock: systemClock, random: systemRandom, broker, warn: () => undefined };
    const types = Object.keys(openConnectors(deps));
    assert.deepEqual(
      types.filter((type) => !Object.hasOwn(inward, type) && !Object.keys(ways).some((way) => way.startsWith(type))),
      [],
      'a connector whose way out nobody tries here',
    );
    t.diagnostic(`${all.length} addresses by ${Object.keys(ways).length} ways`);
  });

  for (const [way, go] of Object.entries(ways)) {
    const leads = way === 'http by redirect' || way === 'http by page';

    test(`${way}: no refused address is so much as dialled`, async () => {
      const wrong: string[] = [];
      const hosts = [...refusedHosts, ...ownAddresses()];
      for (const host of hosts) {
        dialled = 0;
        const code = await codeOf(go(`http://${host}:${port}/`, rules()));
        if (code !== 'OUTBOUND_REFUSED' && !oddlyNamed[way]?.includes(code)) wrong.push(`${host}: ${code}`);
        assert.deepEqual([caught, dialled], [0, leads ? 1 : 0], host);
      }
      assert.deepEqual(wrong, []);
    });

    if (way === 'notify by email') continue;
    test(`${way}: no text that is no address gets anywhere`, async () => {
      for (const text of refusedTexts) {
        dialled = 0;
        const code = await codeOf(go(text.replace('P', String(port)), rules()));
        assert.match(
          code,
          /^(URL_INVALID|OUTBOUND_REFUSED|CONFIG_INVALID|RESPONSE_INVALID|HTTP_UNREACHABLE|GRPC_(REQUEST_INVALID|UNAVAILABLE))$/,
          text,
        );
        assert.deepEqual([caught, dialled], [0, leads ? 1 : 0], text);
      }
    });

    test(`${way}: what is allowed is reached, so the decoy can be`, async () => {
      const before = caught;
      await codeOf(go(`http://loop.test:${port}/`, { ...rules(), allow: ['127.0.0.1'] }));
      assert.ok(caught > before, 'the decoy was not reached');
      // The library behind gRPC dials once more after its connection was let go of.
      if (way === 'grpc') await until(() => caught > before + 1 || undefined, { what: 'the last dial' });
      caught = before;
    });
  }

  test('notify by email: what is allowed is reached, so the decoy can be', async () => {
    const before = caught;
    const go = ways['notify by email'] ?? assert.fail();
    await codeOf(go(`http://loop.test:${port}/`, { ...rules(), allow: ['*.test'] }));
    assert.ok(caught > before);
    caught = before;
  });
});

describe('a name server that changes its mind', () => {
  /** Two servers on one port: 127.0.0.2 is allowed, 127.0.0.1 is the decoy. */
  let allowed: HttpTarget;
  let victim: HttpTarget;
  let turncoat: NameServer;
  let questions = 0;
  before(async () => {
    // A connection that was kept would need no name.
    allowed = await openHttpTarget(json({ from: 'the allowed one' }, 200, { connection: 'close' }), {
      host: '127.0.0.2',
    });
    victim = await openHttpTarget(json({ from: 'the decoy' }), { host: '127.0.0.1', port: allowed.port });
    turncoat = await openNameServer(() => {
      questions += 1;
      return [Math.ceil(questions / 2) % 2 === 1 ? '127.0.0.2' : '127.0.0.1'];
    });
  });
  after(async () => {
    turncoat.close();
    await allowed.close();
    await victim.close();
  });

  const url = () => `http://rebind.test:${allowed.port}/`;

  test('fools who asks it twice', async () => {
    questions = 0;
    const [checked] = await turncoat.resolve('rebind.test');
    const [used] = await turncoat.resolve('rebind.test');
    assert.deepEqual([checked, used], ['127.0.0.2', '127.0.0.1']);
  });

  test('fools no step: each connects to the address that was judged, or not at all', async () => {
    questions = 0;
    const outbound = { allow: [`127.0.0.2:${allowed.port}`], resolve: turncoat.resolve };
    const codes: string[] = [];
    for (let round = 0; round < 20; round += 1) codes.push(await codeOf(run('http', { url: url() }, {}, { outbound })));
    assert.equal(codes.filter((code) => code === 'OUTBOUND_REFUSED').length, 10);
    assert.equal(codes.filter((code) => code.includes('the allowed one')).length, 10);
    assert.deepEqual([allowed.asked.length, victim.connections()], [10, 0]);
    assert.equal(questions, 40, 'one question for each family a round');
  });

  test('fools no execution of a whole engine either', async () => {
    questions = 0;
    const before = allowed.asked.length;
    const engine = await openEngine({
      storage: 'memory:',
      outbound: { allow: [`127.0.0.2:${allowed.port}`], resolve: turncoat.resolve },
    });
    await engine.deploy(`apiVersion: magicflow.io/v2
kind: Workflow
metadata: { name: rebind, version: 1.0.0 }
spec: { steps: [{ name: call, type: http, url: "${url()}" }] }`);
    const ended = [];
    for (let round = 0; round < 6; round += 1) ended.push(await engine.execute('rebind', {}));
    await engine.close();
    const outcomes = ended.map(({ status, error }) => error?.code ?? status).sort();
    assert.deepEqual(outcomes, [...Array(3).fill('OUTBOUND_REFUSED'), ...Array(3).fill('completed')]);
    assert.deepEqual([allowed.asked.length - before, victim.connections()], [3, 0]);
    const [refused] = ended.filter(({ error }) => error);
    assert.match(refused?.error?.message ?? '', /127\.0\.0\.1 \(behind "rebind\.test"\).*outbound: \{ allow: \[/);
    assert.equal(refused?.error?.retryable, false);
  });
});

describe('a real server', () => {
  test('refuses every address that an execution brings, and says what to configure', async () => {
    const platform = await openPlatform();
    try {
      const flow = (name: string, step: string) => `apiVersion: magicflow.io/v2
kind: Workflow
metadata: { name: ${name}, version: 1.0.0 }
spec: { steps: [{ name: call, ${step}, retry_config: { max_attempts: 5 } }] }`;
      await platform.deploy(
        flow('get', 'type: http, url: $.input.url, follow_redirects: true'),
        flow('post', 'type: webhook, url: $.input.url'),
      );
      const literal = refusedHosts.filter(
        (host) => !Object.hasOwn(zone, new URL(`http://${host}`).hostname.replace(/\.$/, '')),
      );
      const texts = [...literal.map((host) => `http://${host}:${port}/`), ...refusedTexts, `http://localhost:${port}/`];
      const executions = texts.map((url) => ({ input: { url: url.replace('P', String(port)) } }));
      for (const name of ['get', 'post']) {
        const started = await platform.post(`workflows/${name}/execute-batch`, { executions });
        for (const [place, { execution_id: id }] of started.executions.entries()) {
          const { status, error, steps } = await platform.ended(id);
          const told = `${texts[place]}: ${status} ${JSON.stringify(error)}`;
          assert.ok(status === 'failed' && /^(OUTBOUND_REFUSED|URL_INVALID)$/.test(error.code), told);
          assert.equal(steps[0].attempt, 1, `${told} was tried again`);
          if (error.code === 'OUTBOUND_REFUSED') assert.match(error.message, /outbound: \{ allow: \["/);
        }
      }
      assert.equal(caught, 0);
    } finally {
      await platform.close();
    }
  });
});
