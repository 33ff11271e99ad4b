import type { AggregateStep } from '../../model/definition.ts';
import { lastName } from '../../model/fields/member-path.ts';
import type { AggregateWork } from '../aggregate.ts';
import { templateOf } from './compile-text.ts';
import { memberPathOf } from './member-path.ts';

export function compileAggregate(step: AggregateStep): AggregateWork {
  return {
    kind: 'aggregate',
    items: templateOf(step.items),
    groupBy: step.groupBy.map((path) => ({ name: lastName(path), path: memberPathOf(path) })),
    statistics: Object.entries(step.statistics).map(([name, statistic]) => {
      return { name, statistic, path: statistic.field === undefined ? [] : memberPathOf(statistic.field) };
    }),
  };
}
