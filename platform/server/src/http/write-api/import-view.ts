import type { ImportJob } from '@cdp/core/ingest';

/** A job as the API shows it. */
export const importView = (
  { id, state, format, bytes, rows, accepted, rejected, problem, createdAt, finishedAt }: ImportJob,
  base = '/v1/bulk/import',
) => ({
  id,
  state,
  format,
  bytes,
  rows,
  accepted,
  rejected,
  ...(problem === undefined ? {} : { problem }),
  createdAt: new Date(createdAt).toISOString(),
  finishedAt: finishedAt === undefined ? null : new Date(finishedAt).toISOString(),
  /** NDJSON of the rows that were not taken, with the reason for each; once the job is finished. */
  rejectedRows: `${base}/${id}/rejected`,
});
