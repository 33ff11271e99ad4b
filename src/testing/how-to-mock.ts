import type { Call } from './call.ts';
import type { Play } from './play.ts';

/** What to write so that a call is answered. */
export function howToMock({ workflow, step, name, target }: Call, play: Pick<Play, 'workflow'>, key?: string): string {
  const whom = target === 'workflow' ? 'a workflow that is not in the folder' : target;
  if (key !== undefined) {
    return `no answer of the mock "${key}" is for this call of step "${step}": add one without "when"`;
  }
  const shown = workflow === play.workflow ? name : `"${workflow}:${name}"`;
  return `step "${step}" calls ${whom}, and nothing answers: no test goes out to the world. Mock it:\n  mocks:\n    ${shown}: { response: {} }`;
}
