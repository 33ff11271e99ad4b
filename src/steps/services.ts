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
