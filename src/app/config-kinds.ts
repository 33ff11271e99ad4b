import { choice, integer, type Kind, label, type Range, reportType } from '../model/fields/kind.ts';
import { nameOf } from '../model/yaml/tree.ts';
import { addressFault } from '../steps/services.ts';

/**
 * Kinds of values that only configurations have. Numbers and booleans may be written as texts, because that is what
 * variables and flags hold.
 */
export const flag: Kind<boolean> = {
  expected: 'true or false',
  read(spot, sink) {
    const text = label.read(spot, sink);
    if (text === undefined) return undefined;
    const value = flagValues.get(text.toLowerCase());
    return value ?? reportType(spot, sink, flag.expected);
  },
  schema: () => ({ type: 'boolean' }),
};

const flagValues: ReadonlyMap<string, boolean> = new Map([
  ['true', true],
  ['yes', true],
  ['on', true],
  ['1', true],
  ['false', false],
  ['no', false],
  ['off', false],
  ['0', false],
]);

export function whole(range: Range): Kind<number> {
  const kind = integer(range);
  return {
    ...kind,
    read(spot, sink) {
      const { node } = spot;
      const isDigits = node.kind === 'scalar' && typeof node.value === 'string' && /^-?\d{1,15}$/.test(node.value);
      return kind.read(isDigits ? { ...spot, node: { ...node, value: Number(node.value) } } : spot, sink);
    },
  };
}

export const port = whole({ min: 0, max: 65_535 });

const unitBytes: Readonly<Record<string, number>> = { b: 1, kb: 1_024, mb: 1_024 ** 2, gb: 1_024 ** 3 };

/** `512mb`; a bare number counts bytes. */
export const size: Kind<number> = {
  expected: 'a size like 512mb',
  read(spot, sink) {
    const text = label.read(spot, sink);
    if (text === undefined) return undefined;
    const [, amount, unit = 'b'] = /^(\d{1,12})\s*(b|kb|mb|gb)?$/i.exec(text) ?? [];
    return amount === undefined
      ? reportType(spot, sink, size.expected)
      : Number(amount) * (unitBytes[unit.toLowerCase()] ?? 1);
  },
  schema: () => ({ type: ['string', 'integer'] }),
};

/** What proves who we are. An empty one, of a variable that holds nothing, would prove nothing and look as if it did. */
export const credential: Kind<string> = {
  expected: 'a text that is not empty: see what its variable holds',
  read: (spot, sink) => {
    const found = label.read(spot, sink);
    return found === '' ? reportType(spot, sink, credential.expected) : found;
  },
  schema: () => ({ type: 'string', minLength: 1 }),
};

/** A URL of one of these protocols. Messages never show it: it may hold a password. */
export function url(...protocols: readonly string[]): Kind<string> {
  const expected = `a URL that begins with ${protocols.map((each) => `${each}:`).join(' or ')}`;
  return {
    expected,
    read(spot, sink) {
      const text = label.read(spot, sink);
      if (text === undefined) return undefined;
      if (protocols.some((each) => text.startsWith(`${each}:`)) && text.length <= 4_096) return text;
      const found = /^[a-z][a-z0-9+]*:/i.exec(text)?.[0] ?? 'no protocol';
      sink.report('VALUE_INVALID', spot, `"${nameOf(spot)}" must be ${expected}, it begins with ${found}`);
      return undefined;
    },
    schema: () => ({ type: 'string' }),
  };
}

/** An address that the server calls, without user or password. */
export function webAddress(options: { takesQuery?: boolean } = {}): Kind<string> {
  const kind = url('http', 'https');
  return {
    ...kind,
    read(spot, sink) {
      const found = kind.read(spot, sink);
      const fault = found === undefined ? undefined : addressFault(found, options);
      if (fault === undefined) return found;
      sink.report('VALUE_INVALID', spot, `"${nameOf(spot)}" ${fault}`);
      return undefined;
    },
  };
}

/** A list that a variable may hold as one text: `a, b`. */
export function commaSeparated<T>(many: Kind<readonly T[]>): Kind<readonly T[]> {
  return {
    ...many,
    read(spot, sink) {
      const { node } = spot;
      if (node.kind !== 'scalar' || typeof node.value !== 'string') return many.read(spot, sink);
      const words = node.value.split(',').map((word) => word.trim());
      const items = words.filter((word) => word !== '').map((value) => ({ ...node, value }));
      return many.read({ ...spot, node: { kind: 'list', start: node.start, items } }, sink);
    },
  };
}

/** A choice with other words for the same; the first of each list is the normal form. */
export function named<const T extends string>(words: Readonly<Record<T, readonly string[]>>): Kind<T> {
  const names = Object.keys(words) as T[];
  const kind = choice(...names);
  return {
    ...kind,
    read(spot, sink) {
      const { node } = spot;
      const same = names.find((name) => node.kind === 'scalar' && words[name].includes(String(node.value)));
      return same ?? kind.read(spot, sink);
    },
  };
}
