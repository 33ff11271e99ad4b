/** What does not belong in a setting, by the kinds that only configurations have. Written by hand. */
import type { WrongValue } from '../definitions/wrong-values.ts';

type Rows = readonly WrongValue[];

const wrong = (code: string, ...texts: readonly string[]): Rows => texts.map((each) => [code, `«${each}`] as const);

/** Numbers may be written as texts, because variables are. */
export const whole = (min: number, max: number): Rows => [
  ...wrong('VALUE_INVALID', String(min - 1), String(max + 1), `${min}.5`, `"${max + 1}"`),
  ...wrong('TYPE_WRONG', 'many', 'true', 'null', `[${min}]`, '{a: 1}', '"1.5"', '"0x10"', '" "'),
];
export const port = whole(0, 65_535);
export const flag: Rows = wrong('TYPE_WRONG', 'maybe', '2', 'null', '[true]', '{a: true}', '""', 'enabled');
export const size: Rows = wrong('TYPE_WRONG', 'lots', '5tb', '-1mb', '1.5gb', 'mb', '""', 'null', '[1mb]', '{a: 1}');
export const url = (...protocols: readonly [string, ...string[]]): Rows => [
  ...wrong(
    'VALUE_INVALID',
    'gopher://h',
    'localhost',
    '"//h"',
    '""',
    `"${protocols[0].toUpperCase()}://h"`,
    `${protocols[0]}`,
  ),
  ['VALUE_INVALID', `«${protocols[0]}://${'h'.repeat(4_096)}`],
  ...wrong('TYPE_WRONG', 'null', '[a]', '{a: b}'),
];
export const named = (...words: readonly [string, ...string[]]): Rows => [
  ...wrong('VALUE_INVALID', words[0].toUpperCase(), `${words[0]}x`, '""', 'oracle'),
  ...wrong('TYPE_WRONG', '7', 'null', `[${words[0]}]`, '{a: b}'),
];
