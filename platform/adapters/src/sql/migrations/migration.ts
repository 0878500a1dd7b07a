/** One step of the schema: statements in the SQL that every engine takes, run once, in the order of the names. */
export interface Migration {
  /** `NNNN-<stage>`, as the file is named. Never renamed or edited after a release: the next change is the next file. */
  name: string;
  /** A CREATE TABLE that ends in a `clustered` comment is stored by its primary key where the engine offers the choice. */
  statements: readonly string[];
}
