/** Steps at random that wait for the world: for times, for signals by name, key and number, for any of several, for people. */
import type { Json } from '../../src/kit/json.ts';
import type { Dice } from './dice.ts';

type Fields = Record<string, Json>;

/** Names and keys that users send; a wait that asks for others is helped at the end of a run. */
export const signalNames = ['go', 'stop'] as const;
export const signalKeys = ['a', 'b'] as const;

/** What a wait waits for, without its name. */
export function waitFields(dice: Dice): Fields {
  if (dice.chance(0.45)) return { duration: dice.pick(['50ms', '1s', '7s', '25s', '80s']) };
  if (dice.chance(0.6)) return signalFields(dice);
  const any = Array.from({ length: dice.int(2, 3) }, (_, index) => ({
    name: `x${index}`,
    ...(dice.chance(0.8) ? signalFields(dice) : { duration: dice.pick(['1s', '7s', '25s', '1s']) }),
  }));
  return { any };
}

function signalFields(dice: Dice): Fields {
  const fields: Fields = { signal: dice.pick(signalNames) };
  if (dice.chance(0.3)) fields['condition'] = `$.signal.n > ${dice.int(0, 5)}`;
  if (dice.chance(0.35)) fields['key'] = dice.chance(0.8) ? dice.pick(signalKeys) : '$.input.k1';
  if (dice.chance(0.35)) fields['take'] = dice.pick(['all', 'all', 1, 2, 3]);
  return fields;
}

/** People that answer; `root` may act for anybody. */
export const people = ['ada', 'bob', 'boss'] as const;

/** What a human task asks, without its name and its timeout. */
export function humanFields(dice: Dice): Fields {
  const fields: Fields = { title: 'Is it ${input.k1}?' };
  if (dice.chance(0.7)) fields['assignee'] = dice.pick([['ada'], ['ada', 'bob']]);
  if (dice.chance(0.5)) fields['form'] = [{ name: 'n', type: 'number', required: true, max: 5 }];
  if (dice.chance(0.3)) fields['outcomes'] = ['yes', 'no'];
  if (dice.chance(0.3)) fields['due'] = '1m';
  // Has no value, whatever is answered.
  if (dice.chance(0.2)) fields['output'] = '${response.answer * 2}';
  if (dice.chance(0.5)) {
    const later = dice.chance(0.4) ? [{ after: '9s', assignee: ['ada', 'boss'] }] : [];
    fields['escalation'] = [...later, { after: `${dice.int(1, 4)}s`, assignee: 'boss' }];
  }
  return fields;
}
