/** HTTP services that the configuration names; steps call them by name and see nothing of their credentials. */
export type Services = Readonly<Record<string, Service>>;

export interface Service {
  /** `https://host/path`, without query or fragment; endpoints stay below it. */
  readonly baseUrl: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly auth?: Credentials;
  /** Of one request; a step's own timeout counts too. */
  readonly timeoutMs?: number;
}

/** Exactly one of these. */
export interface Credentials {
  readonly bearer?: string;
  readonly basic?: { readonly username: string; readonly password: string };
  /** Default header: X-API-Key. */
  readonly apiKey?: { readonly header?: string; readonly value: string };
}

/** What keeps a text from being an address of the configuration; undefined where nothing does. */
export function addressFault(text: string, { takesQuery = false } = {}): string | undefined {
  if (!URL.canParse(text) || !/^https?:$/.test(new URL(text).protocol)) return 'is no address like https://host/path';
  const { username, password, search, hash } = new URL(text);
  if (username + password !== '') return 'must hold no user or password: credentials go into "auth"';
  return takesQuery || search + hash === '' ? undefined : 'must hold no query or fragment';
}
