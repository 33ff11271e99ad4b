/** The smallest client: a call is a method, a path and a body; an answer is a status, headers and what the body says. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers freely
  readonly body: any;
}

export interface CallOptions {
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** Null sends no credential. */
  readonly token?: string | null;
  readonly signal?: AbortSignal;
}

export interface Caller {
  call(line: string, options?: CallOptions): Promise<Answer>;
  /** As `call`; rejects where the status is not 2xx. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers freely
  get(path: string): Promise<any>;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers freely
  post(path: string, body?: unknown, headers?: Readonly<Record<string, string>>): Promise<any>;
}

/** A text is sent as YAML, anything else as JSON. Lines are `GET /api/v1/…`; `get` and `post` take what follows `/api/v1/`. */
export function openCaller(url: string, adminToken: string): Caller {
  const caller: Caller = {
    async call(line, { body, headers = {}, token = adminToken, signal } = {}) {
      const [method = 'GET', path = '/'] = line.split(' ');
      const isText = typeof body === 'string';
      const response = await fetch(`${url}${path}`, {
        method,
        headers: {
          ...(token === null ? {} : { authorization: `Bearer ${token}` }),
          ...(body === undefined ? {} : { 'content-type': isText ? 'application/yaml' : 'application/json' }),
          ...headers,
        },
        ...(body === undefined ? {} : { body: isText ? body : JSON.stringify(body) }),
        ...(signal === undefined ? {} : { signal }),
      });
      const text = await response.text();
      const isJson = /json/.test(response.headers.get('content-type') ?? '');
      return {
        status: response.status,
        headers: response.headers,
        body: isJson && text !== '' ? JSON.parse(text) : text,
      };
    },
    get: async (path) => good(`GET /api/v1/${path}`, await caller.call(`GET /api/v1/${path}`)),
    post: async (path, body = {}, headers = {}) =>
      good(`POST /api/v1/${path}`, await caller.call(`POST /api/v1/${path}`, { body, headers })),
  };
  return caller;
}

function good(line: string, { status, body }: Answer): unknown {
  if (status >= 200 && status < 300) return body;
  throw new Error(`${line} answered ${status}: ${JSON.stringify(body)}`);
}
