import type { JsonObject } from '../kernel/index.js';

/** How messages are handed to delivery: rendered, with the links that go beside the content. */
export interface MessageBody {
  content: JsonObject;
  links: { unsubscribe?: string };
}

interface Packed extends MessageBody {
  /** Fields of the content that are packed. */
  packed: string[];
}

/**
 * Stands around the number of a piece; a text that has the character itself is kept as it is. It is plain ASCII that JSON does
 * not escape: anything else would double the memory of every string on the way.
 */
const MARK = '\x7f';
const EVERY_MARK = /\x7f([0-9a-z]+)\x7f/g;
const SHORTEST_PIECE = 16;

/**
 * What the contents of the messages of a run have in common, stored once for the run: a message keeps only what is its own, a
 * tenth as a rule. The pieces stand with the run and not with the code, so what was packed before an update opens after it.
 */
export class ContentSkeleton {
  readonly #pieces: Readonly<Record<string, readonly string[]>>;

  private constructor(pieces: Readonly<Record<string, readonly string[]>>) {
    this.#pieces = pieces;
  }

  /** Of texts that renderings are likely to contain, by field and in their order. Wrong guesses cost space, nothing else. */
  static of(texts: Readonly<Record<string, readonly string[]>>): ContentSkeleton {
    return new ContentSkeleton(
      Object.fromEntries(
        Object.entries(texts).map(([field, some]) => [
          field,
          some.map((text) => text.trim()).filter((text) => text.length >= SHORTEST_PIECE && !text.includes(MARK)),
        ]),
      ),
    );
  }

  static parse(text: string | undefined): ContentSkeleton {
    return new ContentSkeleton(text === undefined ? {} : (JSON.parse(text) as Record<string, string[]>));
  }

  toString(): string {
    return JSON.stringify(this.#pieces);
  }

  pack({ content, links }: MessageBody): string {
    const packed: string[] = [];
    const kept: JsonObject = {};
    for (const [field, value] of Object.entries(content)) {
      const pieces = this.#pieces[field];
      if (typeof value !== 'string' || !pieces || pieces.length === 0 || value.includes(MARK)) kept[field] = value;
      else {
        packed.push(field);
        kept[field] = packText(value, pieces);
      }
    }
    return JSON.stringify({ content: kept, links, packed });
  }

  unpack(text: string): MessageBody {
    const { content, links, packed } = JSON.parse(text) as Packed;
    for (const field of packed) {
      const pieces = this.#pieces[field] ?? [];
      content[field] = (content[field] as string).replace(
        EVERY_MARK,
        (_, index: string) => pieces[Number.parseInt(index, 36)] ?? '',
      );
    }
    return { content, links };
  }
}

function packText(text: string, pieces: readonly string[]): string {
  let packed = '';
  let at = 0;
  for (let i = 0; i < pieces.length; i++) {
    const piece = pieces[i] as string;
    const found = text.indexOf(piece, at);
    if (found < 0) continue;
    packed += text.slice(at, found) + MARK + i.toString(36) + MARK;
    at = found + piece.length;
  }
  return packed + text.slice(at);
}
