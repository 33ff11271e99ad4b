/**
 * One request and the one right answer to it: a status, a code, and the place that the answer must name.
 *
 * Nothing here knows how the server answers a case; the tables that make the cases were written by hand.
 */
export interface BadRequest {
  readonly method: string;
  /** As it stands in the request line: never normalised. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
}

export interface Place {
  readonly code: string;
  /** JSON pointer into what was sent. */
  readonly pointer: string;
  readonly in?: 'body' | 'query' | 'path' | 'headers';
  /** Both count from 1. */
  readonly line?: number;
  readonly column?: number;
}

export interface RightAnswer {
  readonly status: number;
  /** Of the problem; where the answer as a whole is no problem, of what is refused in it. */
  readonly code: string;
  /** Where the mistake is: the answer tells this place, and beside it none but those of `beside`. */
  readonly place?: Place;
  readonly beside?: readonly string[];
  /** What the sentence for people must hold. Default: the last part of the place's pointer. */
  readonly names?: string;
}

export interface BadCase {
  readonly title: string;
  readonly request: BadRequest;
  readonly answer: RightAnswer;
}

/** The bytes of a request, as far as they tell it from another. */
export function fingerprintOf({ method, path, headers, body = '' }: BadRequest): string {
  const named = Object.entries(headers).map(([name, value]) => `${name.toLowerCase()}: ${value}`);
  return [`${method} ${path}`, ...named.sort(), '', typeof body === 'string' ? body : body.toString('base64')].join(
    '\n',
  );
}

/** Requests by one caller. */
export interface Writer {
  /** `GET /path`; further headers win. */
  bare(line: string, headers?: Readonly<Record<string, string>>): BadRequest;
  json(line: string, body: unknown, headers?: Readonly<Record<string, string>>): BadRequest;
  /** The body as it stands; JSON unless the type says otherwise. */
  raw(line: string, body: string | Buffer, type?: string): BadRequest;
}

export function openWriter(token: string): Writer {
  const write = (line: string, headers: Readonly<Record<string, string>>, body?: string | Buffer): BadRequest => {
    const space = line.indexOf(' ');
    const own = { authorization: `Bearer ${token}`, ...headers };
    const request = { method: line.slice(0, space), path: line.slice(space + 1), headers: own };
    return body === undefined ? request : { ...request, body };
  };
  return {
    bare: (line, headers = {}) => write(line, headers),
    json: (line, body, headers = {}) =>
      write(line, { 'content-type': 'application/json', ...headers }, JSON.stringify(body)),
    raw: (line, body, type = 'application/json') => write(line, { 'content-type': type }, body),
  };
}

/** A value of the request that does not fit its schema. */
export const unfit = (place: Place, names?: string): RightAnswer => ({
  status: 422,
  code: 'REQUEST_INVALID',
  place,
  ...(names === undefined ? {} : { names }),
});

/** A text for a title. */
export const shown = (value: unknown): string => (JSON.stringify(value) ?? 'nothing').slice(0, 60);
