/** What does not belong in a member of a request's body, by the kind of the member. Written by hand. */
export interface WrongJson {
  readonly code: string;
  readonly value: unknown;
  /** JSON pointer below the member, where the mistake is inside the value. */
  readonly below?: string;
}

type Rows = readonly WrongJson[];

const typeWrong = (...values: readonly unknown[]): Rows => values.map((value) => ({ code: 'TYPE_WRONG', value }));
const valueInvalid = (...values: readonly unknown[]): Rows => values.map((value) => ({ code: 'VALUE_INVALID', value }));

/** A text of so many characters. */
export const words = (max: number, min = 1): Rows => [
  ...typeWrong(7, true, null, [], {}, ['a']),
  ...(min > 0 ? valueInvalid('') : []),
  ...valueInvalid('x'.repeat(max + 1)),
];

export const whole = (min: number, max: number): Rows => [
  ...typeWrong(String(min), min + 0.5, true, null, [min], {}),
  ...valueInvalid(min - 1, max + 1, -1e308),
];

export const truth: Rows = typeWrong('true', 1, 0, null, [true], {});
export const object: Rows = typeWrong('x', 7, true, null, [], [{}]);
export const choice: Rows = valueInvalid('', 'nonsense', 'ADMIN', 7, null, [], {});
/** A word that says of which form the object is. */
export const tag: Rows = [...valueInvalid('', 'nonsense', 'COMPLETED'), ...typeWrong(7, null, [], {})];

const durationInvalid = ['soon', '5', '-5s', '1 s', 's', '1e3s', 'PT', '15S', '900000000000d', '٣s', '1h-30m'];
export const duration: Rows = [
  ...durationInvalid.map((value) => ({ code: 'DURATION_INVALID', value })),
  ...typeWrong(30, true, null, [], {}),
  ...valueInvalid('', '1'.repeat(65)),
];

export const version: Rows = [
  ...['latest', '1.0', '1', 'v1', '1.0.0.0', '01', '1.0.0 ', `1.0.0-${'a'.repeat(41)}`].map((value) => ({
    code: 'VERSION_INVALID',
    value,
  })),
  ...typeWrong(1, true, null, [], {}),
  ...valueInvalid('1'.repeat(65)),
];

const noText = typeWrong(7, true, null, [], {});
export const times: Rows = [
  ...['yesterday', '2026-13-01', '1700000000', '12:00', ' '].map((value) => ({ code: 'TIME_INVALID', value })),
  ...noText,
  ...valueInvalid('1'.repeat(65)),
];
/** Words of executions' states, separated by commas. */
export const statuses: Rows = [
  ...valueInvalid('runing', 'running,', ',', 'RUNNING', 'done', ' ', 'x'.repeat(201)),
  ...noText,
];
export const labels: Rows = [...valueInvalid('team', ':web', 'team:web,', ',', 'x'.repeat(1_025)), ...noText];

/** A list of so many; what is wrong with an item shows at the second place. */
export const list = (item: Rows, soundItem: unknown, max: number, min = 0): Rows => [
  ...typeWrong('x', 7, true, null, {}),
  ...(min > 0 ? valueInvalid([]) : []),
  ...valueInvalid(Array.from({ length: max + 1 }, () => soundItem)),
  ...item.slice(0, 4).map(({ code, value, below = '' }) => ({ code, value: [soundItem, value], below: `/1${below}` })),
];
