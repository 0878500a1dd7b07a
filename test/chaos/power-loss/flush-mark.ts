import { closeSync, openSync, readSync } from 'node:fs';

/** The first page begins with a magic number; the page size stands 24 bytes behind it. */
const MAGIC = Buffer.from([0xde, 0xc0, 0xef, 0xbe]);
const LARGEST_PAGE = 65_536;

export const pageSizeOf = (data: Buffer): number => data.readUInt32LE(data.indexOf(MAGIC) + 24);

/** LMDB's mark of the last flush: it stands in the second half of the first page, and is written when the flush is done. */
export function flushMarkIn(data: Buffer): Buffer {
  const page = pageSizeOf(data);
  return data.subarray(page / 2, page);
}

/** The mark in a file as it is now. */
export function flushMarkOf(file: string): Buffer {
  const descriptor = openSync(file, 'r');
  try {
    const head = Buffer.alloc(LARGEST_PAGE);
    return flushMarkIn(head.subarray(0, readSync(descriptor, head, 0, head.length, 0)));
  } finally {
    closeSync(descriptor);
  }
}
