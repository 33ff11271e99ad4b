/** Every route that takes JSON, sent bodies that are none, that nobody should store, or that do not fit its schema. */
import { type BadCase, type Place, shown, unfit, type Writer } from '../bad-case.ts';
import { type Addresses, type JsonObjectPlace, type JsonRoute, jsonRoutes } from './bodies.ts';
import { brokenJson, flawedValues } from './broken-json.ts';

/** Of the broken texts, how many each route gets; the first gets them all. */
const brokenEach = 6;
const mark = '«';

export function bodyCases(writer: Writer, addresses: Addresses): BadCase[] {
  return jsonRoutes(addresses).flatMap((route, index) => [
    ...route.objects.flatMap((place) => objectCases(writer, route, place)),
    ...wrongWholes(writer, route),
    ...brokenCases(writer, route, index),
    ...flawCases(writer, route),
    ...encodingCases(writer, route),
  ]);
}

const inBody = (code: string, pointer: string): Place => ({ code, pointer, in: 'body' });

function objectCases(writer: Writer, { line, sound }: JsonRoute, place: JsonObjectPlace): BadCase[] {
  const { pointer, required, members } = place;
  const with_ = (name: string, value: unknown): unknown =>
    changed(sound, pointer, (object) => ({ ...object, [name]: value }));
  const wrong = Object.entries(members).flatMap(([name, rows]) =>
    rows.map(({ code, value, below = '' }) => ({
      title: `${line}: ${pointer}/${name} is ${shown(value)}`,
      request: writer.json(line, with_(name, value)),
      answer: unfit(inBody(code, `${pointer}/${name}${below}`)),
    })),
  );
  const missing = required.map((name) => ({
    title: `${line}: ${pointer}/${name} is missing`,
    request: writer.json(line, with_(name, undefined)),
    answer: unfit(inBody('FIELD_MISSING', `${pointer}/${name}`)),
  }));
  const names = ['no_such_field', 'a/b', ...Object.keys(members).map((name) => `${name.charAt(0)}${name}`)];
  const unknown = names.map((name) => ({
    title: `${line}: ${pointer} has a field ${name}`,
    request: writer.json(line, with_(name, 1)),
    answer: unfit(inBody('FIELD_UNKNOWN', `${pointer}/${name.replace('/', '~1')}`), name),
  }));
  return [...wrong, ...missing, ...unknown];
}

/** A copy in which the object at the pointer is another. */
function changed(
  value: unknown,
  pointer: string,
  change: (object: Record<string, unknown>) => Record<string, unknown>,
): unknown {
  const copy: unknown = structuredClone(value);
  const parts = pointer.split('/').slice(1);
  const last = parts.pop();
  if (last === undefined) return change(copy as Record<string, unknown>);
  let parent = copy as Record<string, unknown>;
  for (const part of parts) parent = parent[part] as Record<string, unknown>;
  parent[last] = change(parent[last] as Record<string, unknown>);
  return copy;
}

const wrongWholes = (writer: Writer, { line }: JsonRoute): BadCase[] =>
  [[], [{}], 'text', 7, true, null].map((body) => ({
    title: `${line}: the body is ${shown(body)}`,
    request: writer.json(line, body),
    answer: unfit(inBody('TYPE_WRONG', ''), 'object'),
  }));

function brokenCases(writer: Writer, { line }: JsonRoute, index: number): BadCase[] {
  const own = index === 0 ? brokenJson : brokenJson.filter((_, place) => place % brokenEach === index % brokenEach);
  return own.map((marked) => {
    const before = marked.slice(0, marked.indexOf(mark)).split('\n');
    const at = { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
    return {
      title: `${line}: the body is ${shown(marked)}`,
      request: writer.raw(line, marked.replace(mark, '')),
      answer: {
        status: 400,
        code: 'BODY_INVALID',
        place: { ...inBody('JSON_INVALID', ''), ...at },
        names: `line ${at.line}, column ${at.column}`,
      },
    };
  });
}

function flawCases(writer: Writer, { line, judgesBody }: JsonRoute): BadCase[] {
  if (judgesBody) return [];
  return flawedValues.map(([code, text, below]) => ({
    title: `${line}: a value is ${text.slice(0, 40)}`,
    request: writer.raw(line, `{"value":${text}}`),
    answer: { status: 400, code: 'BODY_INVALID', place: inBody(code, `/value${below}`), names: `/value${below}` },
  }));
}

const otherTypes = [
  'text/plain',
  'application/xml',
  'application/x-www-form-urlencoded',
  'application/jsonp',
  'multipart/form-data; boundary=x',
  'nonsense',
];

/** Encodings and types that are not read. Where a definition is taken, any type but a form is a text. */
function encodingCases(writer: Writer, { line, sound }: JsonRoute): BadCase[] {
  const text = JSON.stringify(sound);
  const unsupported = { status: 415, code: 'MEDIA_TYPE_UNSUPPORTED' } as const;
  const takesTexts = text.includes('yaml_content');
  const types = takesTexts ? otherTypes.filter((type) => type.startsWith('multipart')) : otherTypes;
  const typed = types.map((type) => ({
    title: `${line}: the body is ${type}`,
    request: writer.raw(line, text, type),
    answer: { ...unsupported, names: takesTexts ? 'form' : 'Content-Type' },
  }));
  const encoded = ['gzip', 'deflate', 'br', 'zstd', 'gzip, gzip'].map((encoding) => ({
    title: `${line}: the body is encoded as ${encoding}`,
    request: writer.json(line, sound, { 'content-encoding': encoding }),
    answer: { ...unsupported, names: `Content-Encoding ${encoding}` },
  }));
  const latin = [
    Buffer.from([0x7b, 0xff, 0x7d]),
    Buffer.from([0xff, 0xfe, 0x7b, 0x00]),
    Buffer.from('{"a":"\xe9"}', 'latin1'),
  ];
  const unreadable = latin.map((body) => ({
    title: `${line}: the body is no UTF-8 (${body.toString('hex')})`,
    request: writer.raw(line, body),
    answer: { status: 400, code: 'BODY_INVALID', place: inBody('TEXT_INVALID', ''), names: 'UTF-8' },
  }));
  return [...typed, ...encoded, ...unreadable];
}
