/** Pairs of loops of which one takes the other's results as they come. */
import type { Json, JsonObject } from '../../src/kit/json.ts';
import type { Dice } from './dice.ts';

interface Parts {
  readonly dice: Dice;
  readonly freshName: () => string;
  readonly makeSteps: () => JsonObject[];
}

/** For a list that is a graph: the first depends on nothing, so neither changes what the others wait for. */
export function streamPair({ dice, freshName, makeSteps }: Parts): JsonObject[] {
  const name = freshName();
  const count = dice.int(0, 6);
  const producer: Record<string, Json> = {
    name,
    type: 'loop',
    iterate_over: JSON.stringify(Array.from({ length: count }, (_, index) => index)),
    steps: makeSteps(),
  };
  if (dice.chance(0.5)) {
    producer['parallel'] = true;
    producer['batch_size'] = dice.int(1, 4);
  }
  if (dice.chance(0.2)) producer['retry_config'] = { max_attempts: 2, initial_delay: '200ms' };
  if (dice.chance(0.15)) producer['fallback_response'] = { results: [1, 2] };
  const consumer: Record<string, Json> = {
    name: freshName(),
    type: 'loop',
    iterate_over: dice.chance(0.5) ? `$.${name}.results` : `$.steps.${name}.output.results`,
    stream: true,
    depends_on: [name],
    steps: makeSteps(),
  };
  if (dice.chance(0.5)) {
    consumer['parallel'] = true;
    consumer['batch_size'] = dice.int(1, 3);
  }
  if (dice.chance(0.4)) consumer['tolerated_failures'] = dice.int(0, 3);
  if (dice.chance(0.15)) consumer['retry_config'] = { max_attempts: 2, initial_delay: '200ms' };
  return [producer, consumer];
}

/** So many rounds that a slow consumer holds its producer back, and now and then that both are folded. */
export function longStream({ dice, freshName }: Pick<Parts, 'dice' | 'freshName'>): JsonObject[] {
  const make = freshName();
  const use = freshName();
  const wait = { name: freshName(), type: 'wait', duration: '20ms', when: '$.item.n % 50 == 5' };
  return [
    {
      name: make,
      type: 'loop',
      iterate_over: `range(${dice.chance(0.3) ? 1_100 : 250})`,
      parallel: true,
      batch_size: dice.int(100, 200),
      steps: [{ name: freshName(), type: 'transform', mapping: { n: '$.item' } }],
    },
    {
      name: use,
      type: 'loop',
      depends_on: [make],
      iterate_over: `$.${make}.results`,
      stream: true,
      parallel: true,
      batch_size: dice.int(1, 6),
      steps: [wait, { name: freshName(), type: 'transform', mapping: { m: '$.item.n' } }],
    },
    { name: freshName(), type: 'function', executor: 'alpha', function: 'f', depends_on: [use] },
  ];
}
