/**
 * Where a secret may stand. Until hand-over it is a reference, so it can be passed on or joined into a text; a
 * comparison, a function or a condition would silently work on the reference instead, and is refused.
 */
import type { Reader } from './reader.ts';
import { type Argument, type Node, partsOf } from './syntax.ts';

/** Refuses an expression (which starts at `offset`) that does more with a secret than to pass it on. */
export function checkSecrets(reader: Reader, node: Node, offset: number): void {
  const name = findMisuse(node);
  if (name === undefined) return;
  reader.failAt(
    offset,
    `the secret ${name} is known at hand-over only: it can be passed on or joined with +, nothing else`,
  );
}

/** The name of a secret that is more than passed on. */
function findMisuse(node: Node): string | undefined {
  switch (node.kind) {
    case 'secret':
      return undefined;
    case 'list':
      return first(node.items, findMisuse);
    case 'object':
      return first(
        node.members.map(({ value }) => value),
        findMisuse,
      );
    case 'choice':
      return findSecret(node.test) ?? findMisuse(node.yes) ?? findMisuse(node.no);
    case 'logic':
      return first(node.operands, node.operator === '??' ? findMisuse : findSecret);
    case 'arithmetic': {
      const onlyJoins = node.rest.every(({ operator }) => operator === '+');
      return first([node.first, ...node.rest.map(({ operand }) => operand)], onlyJoins ? findMisuse : findSecret);
    }
    default:
      return findSecret(node);
  }
}

/** The name of a secret anywhere below. */
function findSecret(node: Argument): string | undefined {
  return node.kind === 'secret' ? node.name : first(partsOf(node), findSecret);
}

function first<Part extends Argument>(
  nodes: readonly Part[],
  find: (node: Part) => string | undefined,
): string | undefined {
  for (const node of nodes) {
    const name = find(node);
    if (name !== undefined) return name;
  }
  return undefined;
}
