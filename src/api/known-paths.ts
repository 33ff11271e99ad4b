/** Which methods a path answers to: tells 405 from 404. Looked at only where no route was found. */
export interface KnownPaths {
  add(method: string, url: string): void;
  /** Methods in alphabetical order; none for a path that no route has. */
  methodsOf(path: string): readonly string[];
}

export function openKnownPaths(): KnownPaths {
  const known = new Map<string, { form: RegExp; methods: Set<string> }>();
  return {
    add(method, url) {
      const entry = known.get(url) ?? { form: formOf(url), methods: new Set<string>() };
      entry.methods.add(method);
      known.set(url, entry);
    },
    methodsOf(path) {
      const matching = [...known.values()].filter(({ form }) => form.test(path));
      return [...new Set(matching.flatMap(({ methods }) => [...methods]))].sort();
    },
  };
}

function formOf(url: string): RegExp {
  const parts = url.split('/').map((part) => (part.startsWith(':') ? '[^/]+' : part.replace(/\W/g, '\\$&')));
  return new RegExp(`^${parts.join('/')}$`);
}
