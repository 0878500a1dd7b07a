import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startTestServer, type TestServer } from '../testing/test-server.js';
import { createDocument } from './document.js';
import { type OpenApiDocument, toOpenApiPath } from './openapi-types.js';

/** Pages for people and the document itself; no part of the API. */
const PAGES = new Set(['/', '/admin', '/admin/page.css', '/admin/admin.js', '/docs', '/openapi.json']);

let server: TestServer;
let document: OpenApiDocument;
beforeAll(async () => {
  server = await startTestServer();
  document = createDocument(server.app);
});
afterAll(() => server.dispose());

describe('the API reference', () => {
  it('is the checked-in docs/reference/openapi.json; write it with: npm run docs', async () => {
    const file = new URL('../../../../docs/reference/openapi.json', import.meta.url);
    expect(JSON.parse(await readFile(file, 'utf8'))).toEqual(document);
  });

  it('describes every route, and nothing that is not there', () => {
    const routed = server.routes
      .all()
      .filter(({ method, url }) => !['HEAD', 'OPTIONS'].includes(method) && !PAGES.has(url))
      .map(({ method, url }) => `${method} ${toOpenApiPath(url)}`);
    const described = Object.entries(document.paths).flatMap(([path, operations]) =>
      Object.keys(operations).map((method) => `${method.toUpperCase()} ${path}`),
    );
    expect([...new Set(described)].sort()).toEqual([...new Set(routed)].sort());
  });

  it('says of every operation what it does', () => {
    const silent = Object.entries(document.paths).flatMap(([path, operations]) =>
      Object.entries(operations).flatMap(([method, { summary }]) => (summary ? [] : [`${method} ${path}`])),
    );
    expect(silent).toEqual([]);
  });

  it('names every operation once, and refers to no schema that is not there', () => {
    const ids = Object.values(document.paths).flatMap((operations) =>
      Object.values(operations).map(({ operationId }) => operationId),
    );
    expect(new Set(ids).size).toBe(ids.length);
    const refs = [...JSON.stringify(document).matchAll(/"\$ref":"([^"]+)"/g)].map(([, ref = '']) => ref);
    const known = Object.keys(document.components.schemas).map((name) => `#/components/schemas/${name}`);
    expect(refs.filter((ref) => !known.includes(ref))).toEqual([]);
  });

  it('is served, and as a page that loads nothing from elsewhere', async () => {
    const served = await fetch(`${server.url}/openapi.json`);
    expect(await served.json()).toEqual(document);
    const page = await fetch(`${server.url}/docs`);
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
    const html = await page.text();
    expect(html).toContain('/v1/track');
    expect([...html.matchAll(/(?:src|href)="(https?:)?\/\//g)]).toEqual([]);
  });
});
