import { emptyObject, type Json } from '../../kit/json.ts';

/**
 * A YAML document as the checks see it: values with their places, nothing of the YAML library.
 *
 * Keys are texts (a key written as a number or a boolean keeps its value in `keyValue`). Every value is plain JSON by
 * construction: no aliases, tags, infinities, NUL or lone surrogates, and no member named `__proto__`.
 */
export type Node = MapNode | ListNode | ScalarNode;

interface Ranged {
  /** First place in the text, in UTF-16 code units. */
  readonly start: number;
}

export interface MapNode extends Ranged {
  readonly kind: 'map';
  readonly entries: readonly Entry[];
}

export interface ListNode extends Ranged {
  readonly kind: 'list';
  readonly items: readonly Node[];
}

export interface ScalarNode extends Ranged {
  readonly kind: 'scalar';
  readonly value: string | number | boolean | null;
  readonly style: 'plain' | 'single' | 'double' | 'literal' | 'folded';
  /** The place after its last character. */
  readonly end: number;
}

export interface Entry {
  readonly key: string;
  readonly keyValue: string | number | boolean | null;
  readonly keyStart: number;
  readonly value: Node;
}

/** A node and the way to it; the pointer is written only when a problem needs it. */
export interface Spot<N extends Node = Node> {
  readonly node: N;
  readonly parent?: Spot;
  readonly key: string | number;
}

export const rootSpot = (node: Node): Spot => ({ node, key: '' });

export const entrySpot = (parent: Spot, entry: Entry): Spot => ({ node: entry.value, parent, key: entry.key });

export const itemSpots = (parent: Spot<ListNode>): Spot[] =>
  parent.node.items.map((node, index) => ({ node, parent, key: index }));

export function isMap(spot: Spot): spot is Spot<MapNode> {
  return spot.node.kind === 'map';
}

export function isList(spot: Spot): spot is Spot<ListNode> {
  return spot.node.kind === 'list';
}

/** The text of a scalar that is one. */
export function textOf(spot: Spot): string | undefined {
  return spot.node.kind === 'scalar' && typeof spot.node.value === 'string' ? spot.node.value : undefined;
}

export function findEntry(spot: Spot, key: string): Spot | undefined {
  const entry = spot.node.kind === 'map' ? spot.node.entries.find((each) => each.key === key) : undefined;
  return entry && entrySpot(spot, entry);
}

/** What messages call the value: its field, or its place in the list that the field is. */
export function nameOf({ key, parent }: Spot): string {
  return typeof key === 'number' && parent !== undefined ? `${nameOf(parent)}[${key}]` : String(key);
}

/** JSON pointer (RFC 6901) from the document's root. */
export function pointerOf(spot: Spot): string {
  return spot.parent === undefined ? '' : `${pointerOf(spot.parent)}/${pointerPart(spot.key)}`;
}

export const pointerPart = (key: string | number): string => String(key).replaceAll('~', '~0').replaceAll('/', '~1');

/** The spot that a pointer below `spot` leads to, or the last one on the way that exists. */
export function spotAt(spot: Spot, pointer: string): Spot {
  let found = spot;
  for (const part of pointer.split('/').slice(1)) {
    const key = part.replaceAll('~1', '/').replaceAll('~0', '~');
    const next = isList(found) ? itemSpots(found)[Number(key)] : findEntry(found, key);
    if (next === undefined) return found;
    found = next;
  }
  return found;
}

/** The plain value of a node, in objects without prototype. */
export function jsonOf(node: Node): Json {
  if (node.kind === 'scalar') return node.value;
  if (node.kind === 'list') return node.items.map(jsonOf);
  const members = emptyObject();
  for (const entry of node.entries) members[entry.key] = jsonOf(entry.value);
  return members;
}

/** What a reader would call the node. */
export function describe(node: Node): string {
  if (node.kind === 'map') return 'an object';
  if (node.kind === 'list') return 'a list';
  if (node.value === null) return 'empty';
  if (typeof node.value !== 'string') return `the ${typeof node.value} ${node.value}`;
  return `the text ${JSON.stringify(shorten(node.value))}`;
}

export const shorten = (text: string): string => (text.length > 60 ? `${text.slice(0, 57)}…` : text);
