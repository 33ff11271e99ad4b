/** What a name of a proto is; throws for anything else. Names become members of objects, and could become code. */
export function requireName(name: string): string {
  if (/^[A-Za-z_]\w{0,255}$/.test(name) && name !== '__proto__') return name;
  throw new Error(`"${name.slice(0, 80)}" is no name`);
}
