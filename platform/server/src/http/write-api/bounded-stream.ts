import { pipeline, type Readable, Transform } from 'node:stream';
import { CdpError } from '@cdp/core/kernel';

/** What flows from the source, failing once that is more than `limit` bytes or was cut off by someone before. */
export function bounded(source: Readable, limit: number, wasCut: () => boolean = () => false): Readable {
  let bytes = 0;
  const tooLarge = (): CdpError => new CdpError('too_large', `A file may have ${limit} bytes; split it.`);
  const gate = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length;
      if (bytes > limit) done(tooLarge());
      else done(null, chunk);
    },
    flush(done) {
      done(wasCut() ? tooLarge() : null);
    },
  });
  // An error of either ends both; it reaches the reader through the last.
  return pipeline(source, gate, () => undefined);
}
