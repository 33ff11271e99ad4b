import { type Kind, oneOrMore } from '../fields/kind.ts';
import { stepReference } from '../fields/name.ts';
import type { LinkKind, Sink, StepManner } from '../sink.ts';
import { findEntry, isMap, type Spot, textOf } from '../yaml/tree.ts';
import type { DraftStep } from './draft.ts';

/**
 * Steps written where they are named: inside an action or a `compensate` block. They are handlers of the list they are
 * written in; what named them keeps their names.
 */
export interface NamedSteps {
  readonly names: readonly string[];
  readonly hoisted: readonly DraftStep[];
}

const handlerType = 'function';

/** A step's name, or the step itself. */
function namedStep(kind: LinkKind, mannerOf: (spot: Spot) => StepManner): Kind<NamedSteps> {
  const reference = stepReference(kind);
  return {
    expected: "a step's name or a step",
    read(spot, sink) {
      if (!isMap(spot)) {
        const name = reference.read(spot, sink);
        return name === undefined ? undefined : { names: [name], hoisted: [] };
      }
      return hoist(spot, sink, mannerOf(spot));
    },
    schema: () => ({ anyOf: [reference.schema(), { $ref: '#/$defs/handler' }] }),
  };
}

function hoist(spot: Spot, sink: Sink, manner: StepManner): NamedSteps {
  const step = sink.readStep(spot, sink, manner);
  return { names: [step.name], hoisted: [step] };
}

function joined(kind: Kind<NamedSteps>): Kind<NamedSteps> {
  const many = oneOrMore(kind);
  return {
    expected: many.expected,
    read(spot, sink) {
      const parts = many.read(spot, sink);
      return parts && { names: parts.flatMap((part) => part.names), hoisted: parts.flatMap((part) => part.hoisted) };
    },
    schema: () => many.schema(),
  };
}

/** Steps of an action or of `error_handling.compensation`: each needs a name. */
export const actionSteps: Kind<NamedSteps> = joined(
  namedStep('compensate', () => ({ isHoisted: true, defaultType: handlerType })),
);

/** A step's own `compensate`: a step without a name is called after its owner, `<step>-compensate`. */
export const compensateBlocks: Kind<NamedSteps> = joined(
  namedStep('compensate', (spot) => ({ isHoisted: true, defaultType: handlerType, defaultName: nameAfterOwner(spot) })),
);

function nameAfterOwner(spot: Spot): string {
  const isItem = typeof spot.key === 'number';
  const owner = isItem ? spot.parent?.parent : spot.parent;
  const entry = owner && findEntry(owner, 'name');
  const name = (entry && textOf(entry)) ?? 'step';
  return typeof spot.key === 'number' && spot.key > 0 ? `${name}-compensate-${spot.key + 1}` : `${name}-compensate`;
}
