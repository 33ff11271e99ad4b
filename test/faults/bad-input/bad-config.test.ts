/** Configurations that are wrong in one way each: the one right code, the line and column, and the field by name. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { loadConfig } from '../../../src/app/config.ts';
import { executorFields, metricsFields, platformFields } from '../../../src/app/config-fields.ts';
import { checkConfig } from '../../../src/app/config-file.ts';
import type { ConfigProblem } from '../../../src/app/config-problem.ts';
import { settings } from '../../../src/app/config-settings.ts';
import { requireDrivers, requireStrongSecrets } from '../../../src/app/config-start.ts';
import { Fault } from '../../../src/kit/fault.ts';
import { fieldsSchema } from '../../../src/model/fields/field.ts';
import { configPlaces } from './configuration/config-places.ts';
import { wrongSettings } from './configuration/setting-cases.ts';
import { mutationsOf, openShare } from './definitions/mutations.ts';
import { untriedObjects } from './definitions/untried.ts';

const casesMin = 500;
const folder = mkdtempSync(join(tmpdir(), 'bad-config-'));
after(() => rmSync(folder, { recursive: true }));

/** Rejects with the problems of a configuration; an empty list where there is nothing wrong. */
async function problemsOf(sources: Parameters<typeof loadConfig>[0]): Promise<readonly ConfigProblem[]> {
  try {
    await loadConfig({ env: {}, ...sources });
    return [];
  } catch (error) {
    assert.ok(Fault.is(error, 'CONFIG_INVALID'), String(error));
    return (
      (error.detail['problems'] as readonly ConfigProblem[] | undefined) ?? [
        { code: 'CONFIG_INVALID', message: error.message },
      ]
    );
  }
}

/** Files, with the code and the place of what is wrong in them as a whole. */
const wholes: readonly (readonly [code: string, marked: string])[] = [
  ['YAML_INVALID', 'server: {port: 1«'],
  ['YAML_INVALID', 'server:\n«\tport: 1\n'],
  ['YAML_INVALID', 'server: «*x\n'],
  ['YAML_INVALID', 'server:\n  «<<: {port: 1}\n'],
  ['YAML_INVALID', 'server: «!env PORT\n'],
  ['NAME_DUPLICATE', 'server: {}\n«server: {}\n'],
  ['NAME_DUPLICATE', 'server: {port: 1, «port: 2}\n'],
  ['NAME_RESERVED', '«__proto__: {polluted: yes}\n'],
  ['VALUE_INVALID', 'server: {}\n---\n«server: {}\n'],
  ['VALUE_INVALID', 'server: {host: «"\\0"}\n'],
  ['TYPE_WRONG', '«- server\n'],
  ['TYPE_WRONG', '«server\n'],
  ['TYPE_WRONG', '«7\n'],
  ['DOCUMENT_TOO_DEEP', `${'['.repeat(64)}«${'['.repeat(1_000)}`],
];

describe('bad configurations', () => {
  const share = openShare();
  const mutations = configPlaces.flatMap((place) => mutationsOf(place, share));

  test(`of at least ${casesMin} kinds, no two the same, are told by code, place and field`, (t) => {
    const texts = new Set(mutations.map(({ text }) => text));
    assert.equal(texts.size, mutations.length, 'no two are the same');
    const wrong = mutations.filter(({ text, place: { code, line, column }, beside, field = 'must be' }) => {
      const { problems } = checkConfig(text, 'magicflow.yaml');
      const isPlaced = (told: ConfigProblem): boolean =>
        told.code === code && told.line === line && told.column === column;
      const found = problems.filter(isPlaced);
      const others = problems.filter((told) => !isPlaced(told) && !beside.includes(told.code));
      return found.length !== 1 || others.length > 0 || !found[0]?.message.includes(field);
    });
    assert.deepEqual(
      wrong.map(({ title }) => title),
      [],
    );
    assert.ok(mutations.length >= casesMin);
    t.diagnostic(`${mutations.length} files, ${wrongSettings.length} settings`);
  });

  test('every setting of every kind of file has a wrong value', () => {
    for (const fields of [platformFields, executorFields, metricsFields]) {
      assert.deepEqual(untriedObjects(fieldsSchema(fields), configPlaces), []);
    }
  });

  for (const [code, marked] of wholes) {
    test(`${JSON.stringify(marked).slice(0, 40)} is ${code}`, () => {
      const before = marked.slice(0, marked.indexOf('«')).split('\n');
      const [found] = checkConfig(marked.replace('«', ''), 'magicflow.yaml').problems;
      const place = { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
      assert.deepEqual({ code: found?.code, line: found?.line, column: found?.column }, { code, ...place });
    });
  }

  test('a wrong variable or flag is told by its name', async () => {
    const wrong: string[] = [];
    for (const { setting, code, value } of wrongSettings) {
      const { variable, flag } = settings[setting];
      const told = await problemsOf({ env: { [variable]: value } });
      if (!isTold(told, code, variable)) wrong.push(`${variable}=${value}: ${JSON.stringify(told)}`);
      if (flag === undefined) continue;
      const byFlag = await problemsOf({ flags: { [setting]: value } });
      if (!isTold(byFlag, code, flag)) wrong.push(`${flag} ${value}: ${JSON.stringify(byFlag)}`);
    }
    assert.deepEqual(wrong, []);
  });

  const contradictions: readonly (readonly [text: string, names: RegExp])[] = [
    ['database: {}\nstorage: {}\n', /"database" and "storage", which mean the same: keep one/],
    ['storage: {backend: postgres, url: "sqlite:x"}\n', /"postgres", but its url is for "sqlite": make them agree/],
    ['database: {type: redis, url: "postgres://h/d"}\n', /"redis", but its url is for "postgres"/],
    ['server: {port: "${NOBODY_SET_THIS}"}\n', /magicflow\.yaml:1:16: the variable NOBODY_SET_THIS is not set/],
    ['server: {host: "a${NOR_THIS}b"}\n', /:1:16: the variable NOR_THIS is not set/],
  ];
  for (const [text, names] of contradictions) {
    test(`${JSON.stringify(text)} says what contradicts what`, async () => {
      const file = join(folder, 'magicflow.yaml');
      writeFileSync(file, text);
      await assert.rejects(loadConfig({ file, env: {} }), (error) => {
        assert.ok(Fault.is(error, 'CONFIG_INVALID'), String(error));
        assert.match(error.message, names);
        return true;
      });
    });
  }

  const weak = [
    'your-secret-key',
    'changeme',
    'password',
    'secret',
    'short',
    'a'.repeat(64),
    'magicflow-admin-token-1234567890',
  ];
  test('secrets that anybody could guess stop the start', async () => {
    for (const secret of weak) {
      for (const [variable, name] of [
        ['MAGICFLOW_JWT_SECRET', 'security.jwt_secret'],
        ['MAGICFLOW_ADMIN_TOKEN', 'security.admin_token'],
      ] as const) {
        const config = await loadConfig({ env: { [variable]: secret } });
        assert.throws(
          () => requireStrongSecrets(config, { dev: false }),
          (error) =>
            Fault.is(error, 'CONFIG_INVALID') &&
            error.message.startsWith(name) &&
            !error.message.includes(`"${secret}"`),
        );
      }
    }
  });

  test('a backend that is not there is named', async () => {
    const named: readonly (readonly [string, string, string])[] = [
      ['MAGICFLOW_DATABASE_URL', 'mongodb://h/d', 'storage "mongodb"'],
      ['MAGICFLOW_DATABASE_URL', 'postgres://h/d', 'storage "postgres"'],
      ['MAGICFLOW_DATABASE_URL', 'redis://h', 'storage "redis"'],
      ['MAGICFLOW_CACHE_URL', 'redis://h', 'cache "redis"'],
      ['MAGICFLOW_MESSAGING_URL', 'amqp://h', 'messaging "rabbitmq"'],
      ['MAGICFLOW_MESSAGING_URL', 'kafka://h', 'messaging "kafka"'],
      ['MAGICFLOW_MODE', 'cluster', 'server mode "cluster"'],
    ];
    for (const [variable, value, names] of named) {
      const config = await loadConfig({ env: { [variable]: value } });
      assert.throws(
        () => requireDrivers(config),
        (error) => Fault.is(error, 'DRIVER_NOT_AVAILABLE') && error.message.includes(names),
      );
    }
  });
});

function isTold(problems: readonly ConfigProblem[], code: string, name: string): boolean {
  const [found, ...others] = problems;
  return others.length === 0 && found?.code === code && found.message.startsWith(`${name}: `);
}
