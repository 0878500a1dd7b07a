import type { Bytes } from './lmdb-state.js';
import { tenantKey } from './tenant-numbers.js';

interface Words {
  numbers: Map<string, number>;
  words: string[];
}

/** Numbers for the words that the documents of a tenant share: its segments and aggregates, a few thousand at the most. */
export class WordNumbers {
  readonly #database: Bytes;
  readonly #tenants = new Map<number, Words>();

  constructor(database: Bytes) {
    this.#database = database;
    for (const { key, value } of database.getRange({})) {
      const known = this.#wordsOf(key.readUInt32BE(0));
      const number = key.readUInt32BE(4);
      const word = value.toString();
      known.words[number] = word;
      known.numbers.set(word, number);
    }
  }

  /** The word's number, stored before any document that uses it, so that no crash parts them. */
  assign(tenant: number, word: string): number {
    const known = this.#wordsOf(tenant);
    const number = known.numbers.get(word);
    if (number !== undefined) return number;
    const next = known.words.length;
    this.#database.putSync(wordKey(tenant, next), Buffer.from(word));
    known.words.push(word);
    known.numbers.set(word, next);
    return next;
  }

  word(tenant: number, number: number): string {
    const word = this.#tenants.get(tenant)?.words[number];
    if (word === undefined) throw new Error(`A profile names word ${number}, which is not in the store.`);
    return word;
  }

  /** To be called within a write. */
  forget(tenant: number): void {
    const known = this.#tenants.get(tenant);
    if (!known) return;
    this.#tenants.delete(tenant);
    for (let number = 0; number < known.words.length; number++) void this.#database.remove(wordKey(tenant, number));
  }

  #wordsOf(tenant: number): Words {
    let known = this.#tenants.get(tenant);
    if (!known) {
      known = { numbers: new Map(), words: [] };
      this.#tenants.set(tenant, known);
    }
    return known;
  }
}

function wordKey(tenant: number, number: number): Buffer {
  const key = tenantKey(tenant, 4);
  key.writeUInt32BE(number, 4);
  return key;
}
