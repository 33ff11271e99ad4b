import type { Step } from '../model/definition.ts';
import type { Parsed } from '../model/parse.ts';
import { allSteps } from '../model/step-lists.ts';
import type { Mock, Mocks } from '../model/workflow-test.ts';
import { stepNameOf } from './call.ts';
import type { Play } from './play.ts';
import { substitute } from './substitute.ts';

/** What a deploy on the stage reads: the definitions of the play, the steps that a test answers for among them. */
export function stagedParse(play: Pick<Play, 'definitions' | 'workflow'>, mocks: Mocks): Parsed {
  const { definitions } = play;
  const isThere = (name: string): boolean => definitions.some((definition) => definition.name === name);
  return {
    workflows: definitions.map((definition) => {
      const staged = substitute(definition, {
        isAnswered: (step) => isAnswered(step, definition.name) || callsNobody(step, definition),
        isGiven: (step) => namesOf(step, definition.name).some((key) => givesOutput(mocks[key])),
      });
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

  /** Every key under which a mock may answer for the step, those of its single places among them. */
  function namesOf(step: Step, workflow: string): readonly string[] {
    return Object.keys(mocks).filter((key) => {
      if (step.type === 'function' && key === `${step.executor}/${step.function}`) return true;
      if (step.type === 'connector' && key === step.connector) return true;
      const cut = key.indexOf(':');
      const isOfWorkflow = cut < 0 ? workflow === play.workflow : key.slice(0, cut) === workflow;
      return isOfWorkflow && stepNameOf(key.slice(cut + 1)) === step.name;
    });
  }

  /** A workflow that is not there is called like a service: it must be answered for. */
  function callsNobody(step: Step, { includes = {} }: Play['definitions'][number]): boolean {
    return step.type === 'workflow' && !isThere(includes[step.workflow]?.workflow ?? step.workflow);
  }
}

const givesOutput = (mock: Mock | undefined): boolean =>
  mock !== undefined && mock !== 'passthrough' && mock.some(({ output }) => output !== undefined);

/** Every step of every definition of a play. */
export function* stepsOf(play: Pick<Play, 'definitions'>): Generator<Step> {
  for (const definition of play.definitions) yield* allSteps(definition.steps);
}
