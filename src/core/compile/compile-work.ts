import type { Json } from '../../kit/json.ts';
import type { Definition, Step, StepList } from '../../model/definition.ts';
import type { ProgramList, Work } from '../program.ts';
import { compileAggregate } from './compile-aggregate.ts';
import { targetOf } from './compile-child.ts';
import { compileLoop } from './compile-loop.ts';
import { expressionOf, templateOf } from './compile-text.ts';
import { compileValidate } from './compile-validate.ts';
import { compileHumanTask, compileWait } from './compile-waiting.ts';

/** Compiles a list that a step holds. `name` is the list's own within its step. */
export type CompileInner = (list: StepList, name: string, result?: Json) => ProgramList;

/** What each type of step does. A new type has its case here, and its member of `Work`. */
export function compileWork(step: Step, inner: CompileInner, { includes }: Pick<Definition, 'includes'>): Work {
  switch (step.type) {
    case 'function':
      return { kind: 'function', executor: step.executor, function: step.function };
    case 'connector':
      return {
        kind: 'connector',
        connector: step.connector,
        request: templateOf(step.request),
        target: templateOf(step.target),
      };
    case 'transform':
      return { kind: 'transform', mapping: templateOf(step.mapping) };
    case 'validate':
      return compileValidate(step);
    case 'aggregate':
      return compileAggregate(step);
    case 'fail':
      return { kind: 'fail', code: step.code, message: templateOf(step.message), details: templateOf(step.details) };
    case 'condition':
      return {
        kind: 'condition',
        cases: step.cases.map((branch, index) => ({
          when: expressionOf(branch.when),
          list: inner(branch.list, String(index)),
        })),
        otherwise: step.otherwise && inner(step.otherwise, 'otherwise'),
      };
    case 'parallel':
      return {
        kind: 'parallel',
        branches: step.branches.map((branch) => ({
          name: branch.name,
          list: inner(branch.list, branch.name, branch.output),
        })),
        failFast: step.failFast,
        waitFor: step.waitFor === 'any' ? 1 : step.waitFor,
      };
    case 'loop':
      return compileLoop(step, inner(step.list, 'round'));
    case 'wait':
      return compileWait(step);
    case 'human_task':
      return compileHumanTask(step);
    case 'workflow':
      return { kind: 'workflow', target: targetOf(step, includes) };
  }
}
