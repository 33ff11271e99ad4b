/**
 * A map for what comes and goes all the time: its values stand in one list, whose places are given again.
 *
 * A `Map` gets a new table whenever it has grown, shrunk or been emptied, and the old table keeps its entries and points
 * to the new one. Once one of these tables is old enough for the long-lived part of the heap, so is, one after another,
 * everything that was ever in the map when its table changed: dead, and freed by none but the slowest collection.
 */
export class SlotMap<K, V> {
  readonly #places = new Map<K, number>();
  readonly #values: (V | undefined)[] = [];
  readonly #free: number[] = [];

  get size(): number {
    return this.#places.size;
  }

  has(key: K): boolean {
    return this.#places.has(key);
  }

  get(key: K): V | undefined {
    const place = this.#places.get(key);
    return place === undefined ? undefined : this.#values[place];
  }

  set(key: K, value: V): void {
    const place = this.#places.get(key);
    if (place !== undefined) {
      this.#values[place] = value;
      return;
    }
    const free = this.#free.pop() ?? this.#values.length;
    this.#values[free] = value;
    this.#places.set(key, free);
  }

  delete(key: K): boolean {
    const place = this.#places.get(key);
    if (place === undefined) return false;
    this.#places.delete(key);
    this.#values[place] = undefined;
    this.#free.push(place);
    return true;
  }

  clear(): void {
    for (const key of this.#places.keys()) this.delete(key);
  }

  /** Moves an entry behind all others, in the order in which they are gone through. */
  touch(key: K): void {
    const place = this.#places.get(key);
    if (place === undefined) return;
    this.#places.delete(key);
    this.#places.set(key, place);
  }

  /** In the order in which they were put in or last touched; what is put in on the way comes up as well. */
  *[Symbol.iterator](): Generator<[K, V]> {
    for (const [key, place] of this.#places) yield [key, this.#values[place] as V];
  }

  *values(): Generator<V> {
    for (const place of this.#places.values()) yield this.#values[place] as V;
  }
}
