import type { Step } from '../model/definition.ts';
import type { Parsed } from '../model/parse.ts';
import { allSteps } from '../model/step-lists.ts';
import type { Mocks } from '../model/workflow-test.ts';
import type { Play } from './play.ts';
import { substitute } from './substitute.ts';

/** What a deploy on the stage reads: the definitions of the play, the steps that a test answers for among them. */
export function stagedParse(play: Pick<Play, 'definitions' | 'workflow'>, mocks: Mocks): Parsed {
  const { definitions } = play;
  const isThere = (name: string): boolean => definitions.some((definition) => definition.name === name);
  return {
    workflows: definitions.map((definition) => {
      const staged = substitute(
        definition,
        (step) => isAnswered(step, definition.name) || callsNobody(step, definition),
      );
      return { name: staged.name, version: staged.version, definition: staged, hasErrors: false, calls: [], text: '' };
    }),
    contexts: [],
    tests: [],
    diagnostics: [],
  };

  function isAnswered({ name }: Step, workflow: string): boolean {
    const keys = workflow === play.workflow ? [name, `${workflow}:${name}`] : [`${workflow}:${name}`];
    return keys.some((key) => Object.hasOwn(mocks, key) && mocks[key] !== 'passthrough');
  }

  /** A workflow that is not there is called like a service: it must be answered for. */
  function callsNobody(step: Step, { includes = {} }: Play['definitions'][number]): boolean {
    return step.type === 'workflow' && !isThere(includes[step.workflow]?.workflow ?? step.workflow);
  }
}

/** Every step of every definition of a play. */
export function* stepsOf(play: Pick<Play, 'definitions'>): Generator<Step> {
  for (const definition of play.definitions) yield* allSteps(definition.steps);
}
