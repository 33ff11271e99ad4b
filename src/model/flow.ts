import { checkGraph } from './flow/graph.ts';
import { checkLinks, findHandlers } from './flow/links.ts';
import { checkOutline, outlineOf } from './flow/outline.ts';
import { checkSequence } from './flow/sequence.ts';
import { checkStreams } from './flow/stream.ts';
import { checkReferences } from './flow/visibility.ts';
import type { Sink } from './sink.ts';
import { type DraftList, isGraph } from './steps/draft.ts';

/**
 * What can be said about a flow before it runs: names that lead nowhere, steps that nothing leads to, cycles, jumps back,
 * expressions that read what is not there. It judges drafts, so that a document with other problems gets these too.
 *
 * Answers the names of the handlers: steps that are never fallen into.
 */
export function analyseFlow(root: DraftList, sink: Sink): ReadonlySet<string> {
  const outline = outlineOf(root);
  checkOutline(outline, sink);
  checkLinks(outline, sink);
  const handlers = findHandlers(outline, sink);
  for (const list of outline.lists) {
    if (isGraph(list.draft)) checkGraph(list, sink);
    else checkSequence(list, { outline, handlers, sink });
    checkStreams(list, sink);
  }
  checkReferences(outline, sink);
  return handlers;
}
