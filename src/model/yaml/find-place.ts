import { indexLines, type Place } from './place.ts';
import { readSource } from './source.ts';
import type { Node } from './tree.ts';

/**
 * Where a JSON pointer leads in a text: to the key of a member, to the beginning of an item; where something on the way
 * is not there, to the last thing that is. For whoever finds a problem after the text was read.
 */
export function placesIn(text: string): (document: number, pointer: string) => Place {
  let source: ReturnType<typeof readSource> | undefined;
  const placeAt = indexLines(text);
  return (document, pointer) => {
    source ??= readSource(text);
    const root = source.documents[document]?.root;
    return placeAt(root === undefined ? 0 : offsetOf(root, pointer));
  };
}

function offsetOf(root: Node, pointer: string): number {
  let node = root;
  let offset = root.start;
  for (const part of pointer.split('/').slice(1)) {
    const key = part.replaceAll('~1', '/').replaceAll('~0', '~');
    if (node.kind === 'list') {
      const item = node.items[Number(key)];
      if (item === undefined) return offset;
      [node, offset] = [item, item.start];
    } else {
      const entry = node.kind === 'map' ? node.entries.find((each) => each.key === key) : undefined;
      if (entry === undefined) return offset;
      [node, offset] = [entry.value, entry.keyStart];
    }
  }
  return offset;
}
