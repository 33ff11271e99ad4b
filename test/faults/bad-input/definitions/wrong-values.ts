/**
 * What does not belong in a field, by the kind of the field: written by hand, so that the tables of `src/model` are
 * judged by something other than themselves.
 *
 * A row is the code that the value must be refused with, the YAML text with `«` where the problem is shown, and, where
 * the problem is inside the value, the pointer below the field.
 */
export type WrongValue = readonly [code: string, marked: string, below?: string];

type Rows = readonly WrongValue[];

const wrongType = (...texts: readonly string[]): Rows => texts.map((text) => ['TYPE_WRONG', `«${text}`] as const);
const wrongValue = (...texts: readonly string[]): Rows => texts.map((text) => ['VALUE_INVALID', `«${text}`] as const);
const quoted = (text: string): string => JSON.stringify(text);

export const text: Rows = wrongType('""', '7', 'true', 'null', '[a]', '{a: b}');
export const label: Rows = wrongType('null', '[a]', '{a: b}');
export const bool: Rows = wrongType('"true"', 'yes', '1', 'null', '[true]', '{a: true}');
/** Where a member may be any object. */
export const anyObject: Rows = wrongType('text', '7', 'true', 'null', '[a]');
/** Where a member is an object with fields of its own, or has another form beside. */
export const objectOf: Rows = wrongType('text', '7', 'true', 'null');
export const notAList: Rows = wrongType('text', '7', 'true', 'null', '{a: b}');

export function whole(min: number, max: number): Rows {
  return [
    ...wrongValue(String(min - 1), String(max + 1), `${min}.5`),
    ...wrongType(`"${min}"`, 'many', 'true', 'null', `[${min}]`, `{a: ${min}}`),
  ];
}

export function number(min: number, max: number): Rows {
  return [...wrongValue(String(min - 0.5), String(max + 0.5)), ...wrongType(`"${min}"`, 'half', 'null', `[${min}]`)];
}

export function choice(...words: readonly [string, ...string[]]): Rows {
  const [word] = words;
  const otherCase = word === word.toLowerCase() ? word.toUpperCase() : word.toLowerCase();
  return [
    ...wrongValue(otherCase, `${word}x`, '""', 'nonsense'),
    ...wrongType('7', 'true', 'null', `[${word}]`, `{a: ${word}}`),
  ];
}

const noDurations = [
  'soon',
  '5',
  '-1s',
  '1x',
  '1s1',
  's',
  '1 s',
  'PT',
  'P',
  '1e3s',
  '99999999d',
  '1h-30m',
  '٣s',
  '0x1s',
  '1..5s',
  '',
  '15S',
];

export function duration(minMs = 1): Rows {
  const tooShort = minMs > 0 ? ['0s'] : [];
  return [
    ...[...noDurations, ...tooShort].map((each) => ['DURATION_INVALID', `«${quoted(each)}`] as const),
    ['DURATION_INVALID', '«30'],
    ['DURATION_INVALID', '«-1.5'],
    ...wrongType('true', 'null', '[15s]', '{seconds: 15}'),
  ];
}

/** Texts that are no expressions. Every one is quoted by YAML's double quotes, so `\"` stands for a quote. */
const noExpressions = [
  '$.«',
  '$.input.«',
  '$[«',
  '$.input[«',
  '$.input.a ==«',
  '«== 1',
  '$.input.a «= 1',
  '$.input.a «& 1',
  '1 +«',
  '(1«',
  '1«)',
  '«nope(1)',
  '$.input.a ? 1«',
  "«'open",
  '$.input[?«',
  '{a: 1«',
  '[1, 2«',
  '$.input.a «b',
  '!!«',
  '«&& true',
  '1 «2',
  '«@.x',
  '«$.nowhere.x',
  '«$.steps.nowhere.status == 1',
  '«$.vars.nothing > 1',
  '$.input.a == 1 && «$.nowhere.x',
  'len(«$.nowhere)',
];

/** A field that is always an expression. */
export const expression: Rows = [
  ...noExpressions.map((each) => ['EXPRESSION_INVALID', `"${each}"`] as const),
  ['EXPRESSION_INVALID', '"«"'],
  ...wrongType('7', 'null', '[a]', '{a: b}'),
];

const expressionsInTexts: Rows = [
  ['EXPRESSION_INVALID', '"«$.nowhere.x"'],
  ['EXPRESSION_INVALID', '"$.input[«"'],
  ['EXPRESSION_INVALID', '"for ${«$.nowhere.x} only"'],
  ['EXPRESSION_INVALID', '"${1 +«}"'],
  ['EXPRESSION_INVALID', '"${«}"'],
  ['EXPRESSION_INVALID', '"a ${«nope(1)} b"'],
  ['EXPRESSION_INVALID', '{a: ["«$.nowhere.x"]}', '/a/0'],
  ['EXPRESSION_INVALID', '[1, {b: "${«$.nowhere.x}"}]', '/1/b'],
];

/** Values that are handed over and never recorded: secrets may stand in them. */
export const handedOver: Rows = expressionsInTexts;

/** Values that are recorded: secrets may not. */
export const recorded: Rows = [
  ...expressionsInTexts,
  ['SECRET_MISPLACED', '"«$.secrets.key"'],
  ['SECRET_MISPLACED', '"by ${«secrets.key}"'],
  ['SECRET_MISPLACED', '{k: "«$.secrets.key"}', '/k'],
];

/** A duration, or an expression that gives one. */
export function timing(minMs = 1): Rows {
  return [...duration(minMs), ['EXPRESSION_INVALID', '"«$.nowhere.wait"'], ['EXPRESSION_INVALID', '"${1 +«}"']];
}

/** A whole number, or an expression that gives one. */
export function amount(min: number, max: number): Rows {
  return [...whole(min, max), ['EXPRESSION_INVALID', '"«$.nowhere.count"']];
}

/** Names of members, from an item inward. */
export const memberPath: Rows = [
  ...text,
  ...['"a b"', '".a"', '"a..b"', '"a."', '"$.a"', '1a', '"a[0]"', `${'a'.repeat(201)}`].map(
    (each) => ['VALUE_INVALID', `«${each}`] as const,
  ),
];

/** The body of a JavaScript function. */
export const script: Rows = [
  ...text,
  ['SCRIPT_INVALID', '"return (1«"'],
  ['SCRIPT_INVALID', '"return 1 +«"'],
  ['SCRIPT_INVALID', '"return «}"'],
  ['SCRIPT_INVALID', '"let a = 1; let «a = 2"'],
  ['SCRIPT_INVALID', '"«with (input) { return 1 }"'],
  ['SCRIPT_INVALID', '"«import a from \'a\'"'],
  ['LIMIT_EXCEEDED', `«"${'a;'.repeat(40_000)}"`],
];

export const time: Rows = [
  ...wrongValue('tomorrow', '2030-13-01', '2030-01-32T09:00:00Z', '09:00', '"2030-01-01 09:00"', '""'),
  ...wrongType('1700000000', 'true', 'null', '[a]', '{a: b}'),
  ['EXPRESSION_INVALID', '"«$.nowhere.at"'],
];

const wrongNames = ['a b', '', 'ä', 'a/b', 'a#1', '-', 'a'.repeat(64), '🙂', 'a\\tb', '$.a'];
const prototypeNames = ['__proto__', 'constructor', 'prototype'];
const names = (invalid: readonly string[], reserved: readonly string[]): Rows => [
  ...invalid.map((each) => ['NAME_INVALID', `«"${each}"`] as const),
  ...reserved.map((each) => ['NAME_RESERVED', `«${each}`] as const),
  ...wrongType('7', 'true', 'null', '[a]', '{a: b}'),
];

const roots = ['input', 'steps', 'execution', 'workflow', 'workspace', 'error', 'vars', 'previous', 'output'];
const laterRoots = ['response', 'result', 'secrets', 'env', 'signal', 'branches', 'iterations'];

export const stepName: Rows = names(
  [...wrongNames, 'a.b', '1st', '-a'],
  ['end', 'index', ...roots, ...laterRoots, ...prototypeNames],
);
export const indexName: Rows = names([...wrongNames, '1st'], [...roots, ...laterRoots, ...prototypeNames]);
export const plainName: Rows = names([...wrongNames, 'a.b', '1st'], prototypeNames);
/** A workflow's name has no "-" to be wrong about, and no capitals. */
export const workflowName: Rows = names(
  [...wrongNames.filter((each) => each !== '-'), 'Shop', 'a.b', 'shop '],
  prototypeNames,
);
export const executorName: Rows = names([...wrongNames, '.a', '_a'], ['constructor', 'prototype']);

/** A place that names a step which is not there: a warning, refused where warnings are. */
export const stepNamed: Rows = [
  ['STEP_UNDEFINED', '«nobody'],
  ['STEP_UNDEFINED', '«"a b"'],
  ...wrongType('7', 'true', 'null', '""', '[pay]', '{name: pay}'),
];

export const errorCode: Rows = [
  ...wrongValue('"not a code"', '1ST', '""', '_X', `"${'A'.repeat(65)}"`, '"A/B"'),
  ...wrongType('7', 'true', 'null', '[A]', '{a: b}'),
];

export const retryTests: Rows = [
  ...wrongValue('timeout', '"HTTP-5"', '"*"', '""', '"A B"', '[]'),
  ['VALUE_INVALID', '[TIMEOUT, «lost]', '/1'],
  ['EXPRESSION_INVALID', '"$.error.code «="'],
  ['EXPRESSION_INVALID', '["«$.nowhere.code == 1"]', '/0'],
  ['TYPE_WRONG', '[«7]', '/0'],
  ...wrongType('7', 'null', '{a: b}'),
];

export const version: Rows = [
  '1.0',
  '"1"',
  'latest',
  '01.0.0',
  '1.0.0.0',
  '1.0.x',
  'V1.0.0',
  '"1.0.0 "',
  '""',
  '7',
  'true',
  'null',
  '[1]',
  '{a: b}',
].map((each) => ['VERSION_INVALID', `«${each}`] as const);

/** A list of which the items are of one kind; the item's rows show at the second place. */
export function listOf(item: Rows, soundItem: string): Rows {
  return [...notAList, ...inList(item.slice(-3), soundItem)];
}

/** One or a list of them, never an empty one. */
export function oneOrMore(item: Rows, soundItem: string): Rows {
  const single = item.filter(([, marked, below]) => below === undefined && !/^«?\[/.test(marked));
  const items = item.filter(([, marked]) => !/^«?\[/.test(marked)).slice(-2);
  return [...single, ['VALUE_INVALID', '«[]'], ...inList(items, soundItem)];
}

const inList = (rows: Rows, soundItem: string): Rows =>
  rows.map(([code, marked, below = '']) => [code, `[${soundItem}, ${marked}]`, `/1${below}`] as const);
