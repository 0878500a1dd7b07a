import type { ProtocolRequest } from './kafkajs-internals.js';
import { WireReader, WireWriter } from './wire-buffer.js';

/** A request in fields, for what kafkajs has no fit one of. */
export function wireRequest<Answer>(
  api: { name: string; key: number; version: number; timeoutMs?: number },
  write: (to: WireWriter) => void,
  read: (from: WireReader) => Answer,
): ProtocolRequest<Answer> {
  const writer = new WireWriter();
  write(writer);
  const buffer = writer.written;
  return {
    request: {
      apiKey: api.key,
      apiVersion: api.version,
      apiName: api.name,
      encode: async () => ({ buf: buffer, buffer }),
    },
    response: { decode: async (payload) => read(new WireReader(payload)), parse: async (answer) => answer },
    ...(api.timeoutMs === undefined ? {} : { requestTimeout: api.timeoutMs }),
  };
}
