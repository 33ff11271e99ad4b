import { template } from '../fields/expression.ts';
import { choice } from '../fields/kind.ts';
import { purposes } from '../sink.ts';

/** What steps hand to the outside: a template in which secrets may stand. */
export const handedOver = template(purposes.input);

export const httpMethod = choice('GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS');
