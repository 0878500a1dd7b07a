/** An event of a stream; those without data only say where to go on. */
export interface SourceEvent {
  id?: string;
  event?: string;
  // biome-ignore lint/suspicious/noExplicitAny: a test looks into data by its documented names.
  data?: any;
}

/** Reads server-sent events one after another, as a browser does, and waits for the next as long as it takes. */
export class EventSource {
  readonly #reader: ReadableStreamDefaultReader<string>;
  readonly #abort: AbortController;
  #text = '';

  private constructor(reader: ReadableStreamDefaultReader<string>, abort: AbortController) {
    this.#reader = reader;
    this.#abort = abort;
  }

  /** Throws with the answer where that is no stream. */
  static async open(url: string, headers: Record<string, string> = {}): Promise<EventSource> {
    const abort = new AbortController();
    const answer = await fetch(url, { headers, signal: abort.signal });
    if (!answer.headers.get('content-type')?.startsWith('text/event-stream') || !answer.body)
      throw new Error(`${answer.status}: ${await answer.text()}`);
    return new EventSource(answer.body.pipeThrough(new TextDecoderStream()).getReader(), abort);
  }

  /** The next event; undefined when the stream has ended. */
  async next(): Promise<SourceEvent | undefined> {
    for (;;) {
      const end = this.#text.indexOf('\n\n');
      if (end < 0) {
        const { done, value } = await this.#reader.read();
        if (done) return undefined;
        this.#text += value;
        continue;
      }
      const lines = this.#text.slice(0, end).split('\n');
      this.#text = this.#text.slice(end + 2);
      const fields = lines.flatMap((line) => {
        const [, name, value] = /^(id|event|data): (.*)$/.exec(line) ?? [];
        return name === undefined || value === undefined ? [] : [[name, name === 'data' ? JSON.parse(value) : value]];
      });
      if (fields.length > 0) return Object.fromEntries(fields) as SourceEvent;
    }
  }

  /** The next that carries something. */
  async nextData(): Promise<SourceEvent | undefined> {
    for (;;) {
      const event = await this.next();
      if (event === undefined || event.data !== undefined) return event;
    }
  }

  close(): void {
    this.#abort.abort();
  }
}
