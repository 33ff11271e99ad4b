/**
 * What can be wrong with one object of a document: every field with a wrong value, misspelt, missing, doubled or written
 * under two names, and the object as a whole.
 */
import type { Place } from '../bad-case.ts';
import type { ObjectPlace } from './object-place.ts';
import type { WrongValue } from './wrong-values.ts';

export interface BadDocument {
  readonly title: string;
  readonly text: string;
  readonly place: Place;
  /** Codes that may stand beside it. */
  readonly beside: readonly string[];
  /** The field that it is about; absent where it is about the object as a whole. */
  readonly field?: string;
}

export const mark = '«';

/** Of the values that a shared field must not have, how many are tried again. */
const sharedEach = 2;

/** A value of a long table is tried in every so many of the fields that must not have it, from the first on. */
const triedEvery = 3;
const longTable = 8;

type Rows = readonly WrongValue[];

const nameOf = (line: string): string => line.slice(0, line.indexOf(':'));

/** All values for the first field of a kind; for those that follow, a share of them that moves on from field to field. */
export function openShare(): (rows: Rows) => Rows {
  const tried = new Map<string, number>();
  return (rows) =>
    rows.filter((row, index) => {
      const key = row.join(' ');
      const before = tried.get(key) ?? 0;
      tried.set(key, before + 1);
      return before === 0 || rows.length < longTable || (index + before) % triedEvery === 0;
    });
}

export function mutationsOf(place: ObjectPlace, share: (rows: Rows) => Rows): BadDocument[] {
  return [
    ...wrongFields(place, share),
    ...misspelt(place),
    ...missing(place),
    ...doubled(place),
    ...twins(place),
    ...useless(place),
    ...forbidden(place),
    ...wrongWhole(place),
  ];
}

function wrongFields(place: ObjectPlace, share: (rows: Rows) => Rows): BadDocument[] {
  const shared = Object.entries(place.shared ?? {}).filter(
    ([name]) =>
      name !== 'type' && !Object.hasOwn(place.fields, name) && !place.useless?.some(([each]) => each === name),
  );
  const few = shared.map(([name, rows]) => [name, rows.slice(0, sharedEach)] as const);
  const all = [...Object.entries(place.fields), ...few];
  return all.flatMap(([name, rows]) => {
    const left = place.sound.filter((line) => ![name, ...(place.excludes?.[name] ?? [])].includes(nameOf(line)));
    const beside = place.reserved?.includes(name) ? ['FIELD_NOT_ACTIVE'] : [];
    return share(rows).map(([code, marked, below = '']) =>
      documentOf(place, [...left, `${name}: ${marked}`], {
        title: `${name} ${marked.replace(mark, '')}`,
        code,
        pointer: `/${name}${below}`,
        beside,
        field: lastNameOf(`${name}${below}`),
      }),
    );
  });
}

/** What a list's item is called by is the list. */
const lastNameOf = (pointer: string): string => pointer.split('/').findLast((part) => !/^\d*$/.test(part)) ?? pointer;

/** The name of a field with its first letter twice, beside what is there. */
const misspelt = (place: ObjectPlace): BadDocument[] =>
  Object.keys(place.fields).map((name) => {
    const wrong = `${name.charAt(0)}${name}`;
    const lines = [...place.sound, `${mark}${wrong}: 1`];
    return documentOf(place, lines, {
      title: `a field ${wrong}`,
      code: 'FIELD_UNKNOWN',
      pointer: `/${wrong}`,
      field: wrong,
    });
  });

const missing = (place: ObjectPlace): BadDocument[] =>
  (place.required ?? []).map((name) => {
    const [first = '{}', ...rest] = place.sound.filter((line) => nameOf(line) !== name);
    return documentOf(place, [`${mark}${first}`, ...rest], {
      title: `no ${name}`,
      code: 'FIELD_MISSING',
      pointer: '',
      field: name,
    });
  });

const doubled = (place: ObjectPlace): BadDocument[] =>
  place.sound.map((line) =>
    documentOf(place, [...place.sound, `${mark}${line}`], {
      title: `${nameOf(line)} twice`,
      code: 'NAME_DUPLICATE',
      field: nameOf(line),
    }),
  );

const twins = (place: ObjectPlace): BadDocument[] =>
  (place.twins ?? []).flatMap(([name, alias, value]) => {
    const others = place.sound.filter((line) => nameOf(line) !== name);
    const own = place.sound.find((line) => nameOf(line) === name) ?? `${name}: ${value}`;
    const lines = [...others, own, value.includes(mark) ? `${alias}: ${value}` : `${mark}${alias}: ${value}`];
    return [
      documentOf(place, lines, {
        title: `${name} and ${alias}`,
        code: 'FIELD_CONFLICT',
        pointer: `/${alias}`,
        field: alias,
      }),
    ];
  });

const useless = (place: ObjectPlace): BadDocument[] =>
  (place.useless ?? []).map(([name, value]) =>
    documentOf(place, [...place.sound, `${mark}${name}: ${value}`], {
      title: `${name} for nothing`,
      code: 'FIELD_CONFLICT',
      pointer: `/${name}`,
      field: name,
    }),
  );

const forbidden = (place: ObjectPlace): BadDocument[] =>
  ['__proto__', '"__proto__"'].map((name) =>
    documentOf(place, [...place.sound, `${mark}${name}: {polluted: yes}`], {
      title: `a field ${name}`,
      code: 'NAME_RESERVED',
      field: '__proto__',
    }),
  );

function wrongWhole(place: ObjectPlace): BadDocument[] {
  const rows: readonly WrongValue[] = place.wrong ?? [
    ['TYPE_WRONG', '«text'],
    ['TYPE_WRONG', '«7'],
    ['TYPE_WRONG', '«[a]'],
  ];
  return rows.map(([code, marked]) =>
    documentOf(place, [marked], { title: `${marked.slice(1)} instead`, code, pointer: '' }),
  );
}

interface Mistake {
  readonly title: string;
  readonly code: string;
  /** Below the object; absent where a problem of the text is told by its line alone. */
  readonly pointer?: string;
  readonly beside?: readonly string[];
  readonly field?: string;
}

function documentOf(place: ObjectPlace, lines: readonly string[], mistake: Mistake): BadDocument {
  const { title, code, pointer, beside = [], field } = mistake;
  const marked = place.write(lines);
  return {
    title: `${place.title}: ${title}`,
    text: marked.replace(mark, ''),
    place: { code, pointer: pointer === undefined ? '' : `${place.pointer}${pointer}`, ...placeOfMark(marked) },
    beside: [...(place.beside ?? []), ...beside],
    ...(field === undefined ? {} : { field }),
  };
}

/** Line and column of the mark; none where there is no mark. */
export function placeOfMark(marked: string): { line?: number; column?: number } {
  const at = marked.indexOf(mark);
  if (at < 0) return {};
  const before = marked.slice(0, at).split('\n');
  return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
}
