/** What one step may cost in all, shared by the many expressions it evaluates. */
import { ExpressionFault } from '../expression/expression.ts';
import { dataEffortMax } from './limits.ts';

export class Effort {
  private left = dataEffortMax;

  /** In the steps of expressions: some tens of nanoseconds each. */
  spend(operations: number): void {
    this.left -= operations;
    if (this.left >= 0) return;
    const message = `the step costs too much: more than ${dataEffortMax} operations; give it fewer items or simpler rules`;
    throw new ExpressionFault('EXPRESSION_TOO_COSTLY', message);
  }
}
