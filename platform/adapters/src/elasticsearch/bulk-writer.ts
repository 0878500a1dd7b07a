import { setTimeout as after, setImmediate as nextTurn } from 'node:timers/promises';
import { CdpError, type FieldError } from '@cdp/core/kernel';
import type { Elastic } from './elastic.js';
import { away, type ElasticCause, explain, isMissing, isOverloaded, missing } from './elastic-error.js';
import { Lanes } from './lanes.js';

/** One document to write or to delete. */
export interface BulkItem {
  /** `create` leaves a document that is there; `index` replaces it, where a condition is given only if that holds. */
  action: 'index' | 'create' | 'delete';
  index: string;
  id: string;
  routing?: string;
  /** Only over an older version, or as well over the same. */
  version?: { number: number; type: 'external' | 'external_gte' };
  /** Only over the very state of the document that was read. */
  seen?: { seqNo: number; primaryTerm: number };
  /** JSON of the document, except of `delete`. */
  source?: string;
  /** What the document is called in errors, instead of its id. */
  title?: string;
}

/**
 * - `done`: as the item says
 * - `conflict`: not done, since the condition does not hold or the document to create is there
 * - `missing`: the document to delete is not there
 */
export type BulkOutcome = 'done' | 'conflict' | 'missing';

export interface BulkWriterOptions {
  concurrency?: number | undefined;
  retryMs?: number | undefined;
}

interface Answer {
  items: Record<string, { status: number; error?: ElasticCause }>[];
}

/** Elastic advises requests of some megabytes: beyond that they only take memory on both sides. */
const MAX_BYTES = 4 * 1024 * 1024;
/** A batch of a partition is thus some requests, the first of which is under way while the others are being written. */
const MAX_ITEMS = 500;
const TRIES = 6;
const NAMED_REFUSALS = 20;

/**
 * Writes documents by `_bulk`, in requests of bounded size, a few at a time over all callers. Items of one call are written in no
 * certain order, so that it names a document once.
 */
export class BulkWriter {
  readonly #elastic: Elastic;
  readonly #lanes: Lanes;
  readonly #retryMs: number;

  constructor(elastic: Elastic, { concurrency = 4, retryMs = 100 }: BulkWriterOptions) {
    this.#elastic = elastic;
    this.#lanes = new Lanes(concurrency);
    this.#retryMs = retryMs;
  }

  /**
   * Answers what became of each item, when all are durable. Items are taken one by one as they are sent. What an overloaded cluster refuses is sent again a few times, and
   * then fails with `unavailable`. Documents that it refuses for what they are fail with `invalid`, which names them,
   * after all the others were written.
   */
  async write(items: Iterable<BulkItem>): Promise<BulkOutcome[]> {
    const outcomes: BulkOutcome[] = [];
    const refused: FieldError[] = [];
    const failures: unknown[] = [];
    const writing: Promise<unknown>[] = [];
    for (const part of cut(items)) {
      const written = this.#lanes.hold(() => this.#writePart(part, outcomes, refused));
      writing.push(written.catch((error: unknown) => failures.push(error)));
      // What was begun is on its way while the next is being made; once something failed, no more is begun.
      await nextTurn();
      if (failures.length > 0) break;
    }
    await Promise.all(writing);
    if (failures.length > 0) throw failures[0];
    if (refused.length > 0) throw refusal(refused);
    return outcomes;
  }

  async #writePart(part: Part, outcomes: BulkOutcome[], refused: FieldError[]): Promise<void> {
    let left = part;
    for (let attempt = 1; ; attempt++) {
      const answered = await this.#send(left);
      const again: Part = { places: [], names: [], lines: [] };
      left.places.forEach((place, at) => {
        const { status, error } = answered[at] as AnsweredItem;
        const name = left.names[at] as string;
        if (isOverloaded(status)) {
          again.places.push(place);
          again.names.push(name);
          again.lines.push(left.lines[at] as string);
        } else if (status < 300) outcomes[place] = 'done';
        else if (status === 409) outcomes[place] = 'conflict';
        else if (status === 404 && error === undefined) outcomes[place] = 'missing';
        else if (error && isMissing(error)) throw missing();
        else refused.push({ path: name, message: explain(error ?? {}) });
      });
      if (again.places.length === 0) return;
      if (attempt === TRIES)
        throw away(`Elasticsearch is overloaded: ${again.places.length} documents could not be written.`);
      await this.#pause(attempt);
      left = again;
    }
  }

  /** Status and error of each line. A request that is refused as a whole is as if each line were. */
  async #send({ lines }: Part): Promise<AnsweredItem[]> {
    const answer = await this.#elastic.work((client, bounds) =>
      client.transport.request<Answer>(
        {
          method: 'POST',
          path: '/_bulk',
          querystring: { filter_path: 'items.*.status,items.*.error.type,items.*.error.reason' },
          bulkBody: lines.join(''),
        },
        { ...bounds, meta: true, ignore: [413, 429] },
      ),
    );
    const { statusCode } = answer;
    if (statusCode === 429) return lines.map(() => ({ status: 429 }));
    if (statusCode === 413) {
      if (lines.length === 1) return [{ status: 413, error: { type: 'document_too_large' } }];
      throw away('A proxy before Elasticsearch refuses requests of 4 MiB: let it take them.');
    }
    return answer.body.items.map((item) => Object.values(item)[0] as AnsweredItem);
  }

  async #pause(attempt: number): Promise<void> {
    await after(this.#retryMs * 2 ** (attempt - 1) * (0.5 + Math.random() / 2));
  }
}

type AnsweredItem = { status: number; error?: ElasticCause };

/** A request: where in the call its items stand, what they are called, and what is sent for each. */
interface Part {
  places: number[];
  names: string[];
  lines: string[];
}

function* cut(items: Iterable<BulkItem>): Generator<Part> {
  let part: Part = { places: [], names: [], lines: [] };
  let place = 0;
  let bytes = 0;
  for (const item of items) {
    const line = linesOf(item);
    const more = Buffer.byteLength(line);
    if (part.lines.length === MAX_ITEMS || (part.lines.length > 0 && bytes + more > MAX_BYTES)) {
      yield part;
      part = { places: [], names: [], lines: [] };
      bytes = 0;
    }
    part.places.push(place++);
    part.names.push(item.title ?? item.id);
    part.lines.push(line);
    bytes += more;
  }
  if (part.lines.length > 0) yield part;
}

function linesOf({ action, index, id, routing, version, seen, source }: BulkItem): string {
  const head = JSON.stringify({
    [action]: {
      _index: index,
      _id: id,
      ...(routing !== undefined && { routing }),
      ...(version && { version: version.number, version_type: version.type }),
      ...(seen && { if_seq_no: seen.seqNo, if_primary_term: seen.primaryTerm }),
    },
  });
  return action === 'delete' ? `${head}\n` : `${head}\n${source}\n`;
}

function refusal(refused: readonly FieldError[]): CdpError {
  const errors = refused.slice(0, NAMED_REFUSALS);
  const [first] = errors;
  return new CdpError(
    'invalid',
    `Elasticsearch refused ${refused.length} of the documents, the first ${first?.path}: ${first?.message}.`,
    { errors },
  );
}
