/** A unique or primary key refused a row. The store that meets it knows what that means and answers in the domain's words. */
export class DuplicateKeyError extends Error {
  constructor(cause: unknown) {
    super('A unique key refused the row.', { cause });
    this.name = 'DuplicateKeyError';
  }
}
