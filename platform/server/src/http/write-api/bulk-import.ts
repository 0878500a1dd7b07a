import { Readable } from 'node:stream';
import { type FileStore, type ImportFormat, type ImportService, parseBody } from '@cdp/core/ingest';
import { CdpError, type Ids, invalid } from '@cdp/core/kernel';
import type { AppCredentials } from '@cdp/core/tenancy';
import multipart from '@fastify/multipart';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { ingestAppOf, requireServerApp } from './admit-app.js';
import { bounded } from './bounded-stream.js';
import { importView } from './import-view.js';
import { rowsOfJson } from './rows-of-json.js';
import { shownBy } from './shown-credentials.js';
import type { WriteApi } from './write-api.js';

export interface BulkImportApi extends Pick<WriteApi, 'authenticator' | 'config'> {
  imports: ImportService;
  files: FileStore;
  ids: Ids;
}

interface Upload {
  format: ImportFormat;
  mapping: unknown;
  content: Readable;
}

/** Small fields beside the file: the mapping, at the most. */
const MAX_FIELD_BYTES = 256 * 1024;

/** Files of events and users. They go from the socket to the disk; nothing here holds a whole one. */
export async function addBulkImport(scope: FastifyInstance, api: BulkImportApi): Promise<void> {
  const { authenticator, config, imports } = api;
  const serverApp = async (request: FastifyRequest): Promise<AppCredentials> => {
    const app = requireServerApp(await authenticator.authenticate(shownBy(request, undefined, undefined)));
    request.app = app;
    return app;
  };
  scope.removeAllContentTypeParsers();
  const json = { parseAs: 'buffer' as const, bodyLimit: config.maxRequestBytes };
  scope.addContentTypeParser('application/json', json, (_request, body, done) => done(null, body));
  for (const type of ['application/x-ndjson', 'application/jsonl', 'text/csv'])
    scope.addContentTypeParser(type, (_request, payload, done) => done(null, payload));
  await scope.register(multipart, {
    limits: { files: 1, fields: 10, fieldSize: MAX_FIELD_BYTES, fileSize: config.importMaxFileBytes },
    // Told by the stream itself, so that the part on the disk is taken away again.
    throwFileSizeLimit: false,
  });

  // The stream of a file is bounded by its own limit, not by that of a body in memory.
  scope.post(
    '/v1/bulk/import',
    { bodyLimit: config.importMaxFileBytes + MAX_FIELD_BYTES * 10 },
    async (request, reply) => {
      const app = await serverApp(request);
      reply.code(202);
      return importView(await receive(request, app, api));
    },
  );
  scope.get<{ Params: { id: string } }>('/v1/bulk/import/:id', async (request) => {
    const app = await serverApp(request);
    return importView(await imports.get(app.tenantId, request.params.id));
  });
  scope.get<{ Params: { id: string } }>('/v1/bulk/import/:id/rejected', async (request, reply) => {
    const app = await serverApp(request);
    const rows = await imports.rejectedRows(app.tenantId, request.params.id);
    return reply.header('content-type', 'application/x-ndjson').send(rows);
  });
}

function receive(request: FastifyRequest, app: AppCredentials, api: BulkImportApi) {
  if (request.isMultipart()) return receiveForm(request, app, api);
  const create = ({ format, mapping, content }: Upload) =>
    api.imports.create(ingestAppOf(app), format, mapping, content);
  const { body } = request;
  if (Buffer.isBuffer(body)) {
    const { rows, mapping } = rowsOfJson(parseBody(body));
    return create({ format: 'ndjson', mapping, content: Readable.from(rows) });
  }
  if (!(body instanceof Readable)) throw invalid('file', 'Send a file as multipart, as NDJSON, or rows as JSON.');
  if (request.headers['content-type']?.startsWith('text/csv'))
    throw invalid('mapping', 'A CSV file needs a mapping: send both as multipart fields `file` and `mapping`.');
  return create({
    format: 'ndjson',
    mapping: undefined,
    content: bounded(body, api.config.importMaxFileBytes),
  });
}

/** The mapping may come before the file or after it; only then is the file kept aside until it is known. */
async function receiveForm(
  request: FastifyRequest,
  app: AppCredentials,
  { imports, files, ids, config }: BulkImportApi,
) {
  const fields: Record<string, string> = {};
  let aside: { name: string; filename: string; mimetype: string } | undefined;
  try {
    for await (const part of request.parts()) {
      if (part.type === 'field') {
        fields[part.fieldname] = String(part.value);
        continue;
      }
      if (part.fieldname !== 'file') throw invalid(part.fieldname, 'The file is to be in the field `file`.');
      const content = bounded(part.file, config.importMaxFileBytes, () => part.file.truncated);
      if (fields.mapping !== undefined) {
        const format = formatOf(part.filename, part.mimetype, fields.format);
        const job = await imports.create(ingestAppOf(app), format, readMapping(fields.mapping), content);
        return job;
      }
      aside = { name: `uploads/${ids.next()}`, filename: part.filename, mimetype: part.mimetype };
      await files.write(app.tenantId, aside.name, content);
    }
    if (!aside) throw invalid('file', 'Send the file in the multipart field `file`.');
    const format = formatOf(aside.filename, aside.mimetype, fields.format);
    const mapping = fields.mapping === undefined ? undefined : readMapping(fields.mapping);
    return await imports.create(ingestAppOf(app), format, mapping, await files.read(app.tenantId, aside.name));
  } catch (error) {
    throw isOfParser(error) ? invalid('file', `The multipart body is broken: ${error.message}.`) : error;
  } finally {
    if (aside) await files.remove(app.tenantId, aside.name);
  }
}

/** The multipart parser throws plain errors with nothing but a message; those of disks and stores have a code. */
const isOfParser = (error: unknown): error is Error =>
  error instanceof Error && error.constructor === Error && !('code' in error);

function readMapping(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw invalid('mapping', 'Must be JSON.');
  }
}

function formatOf(filename: string, mimetype: string, asked: string | undefined): ImportFormat {
  if (asked === 'csv' || asked === 'ndjson') return asked;
  if (asked !== undefined) throw invalid('format', 'Must be csv or ndjson.');
  if (/\.(ndjson|jsonl)$/i.test(filename) || /ndjson|jsonl/.test(mimetype)) return 'ndjson';
  if (/\.(csv|tsv|txt)$/i.test(filename) || mimetype === 'text/csv') return 'csv';
  throw new CdpError(
    'invalid',
    'The format of the file is not known: name it .csv or .ndjson, or send the field `format`.',
    {
      errors: [{ path: 'format', message: 'Send csv or ndjson.' }],
    },
  );
}
