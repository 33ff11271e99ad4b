import type { IncomingMessage } from 'node:http';

/**
 * Reads `text/event-stream`: bytes to events, as the HTML standard says, whatever the chunks look like.
 *
 * An event is given out only when it is whole, so that a connection that breaks inside one leaves no half of it.
 */
export interface StreamEvent {
  readonly event: string;
  /** The last id seen; '' where there was none. */
  readonly id: string;
  readonly data: string;
}

export async function* readEvents(source: AsyncIterable<Uint8Array> | IncomingMessage): AsyncGenerator<StreamEvent> {
  const decoder = new TextDecoder();
  const parser = new EventParser();
  for await (const chunk of source as AsyncIterable<Uint8Array>) {
    yield* parser.add(decoder.decode(chunk, { stream: true }));
  }
}

/** Characters of one event; a longer one breaks the stream rather than the program's memory. */
const eventLengthMax = 64 * 1024 * 1024;

class EventParser {
  #rest = '';
  #event = '';
  #id = '';
  #lines: string[] = [];

  *add(text: string): Generator<StreamEvent> {
    this.#rest += text;
    if (this.#rest.length > eventLengthMax)
      throw new RangeError(`an event is longer than ${eventLengthMax} characters`);
    // A CR at the very end may be the first half of CRLF: it waits for the next chunk.
    for (let match = this.#nextLine(); match !== undefined; match = this.#nextLine()) {
      const whole = this.#take(match);
      if (whole) yield whole;
    }
  }

  #nextLine(): string | undefined {
    const end = this.#rest.search(/\r\n|\n|\r(?!$)/);
    if (end === -1) return undefined;
    const line = this.#rest.slice(0, end);
    this.#rest = this.#rest.slice(end + (this.#rest.startsWith('\r\n', end) ? 2 : 1));
    return line;
  }

  #take(line: string): StreamEvent | undefined {
    if (line === '') return this.#finish();
    const colon = line.indexOf(':');
    const field = colon === -1 ? line : line.slice(0, colon);
    const value = colon === -1 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (field === 'event') this.#event = value;
    else if (field === 'data') this.#lines.push(value);
    else if (field === 'id' && !value.includes('\0')) this.#id = value;
    return undefined;
  }

  #finish(): StreamEvent | undefined {
    const whole = { event: this.#event || 'message', id: this.#id, data: this.#lines.join('\n') };
    const isEmpty = this.#lines.length === 0 && this.#event === '';
    this.#event = '';
    this.#lines = [];
    return isEmpty ? undefined : whole;
  }
}
