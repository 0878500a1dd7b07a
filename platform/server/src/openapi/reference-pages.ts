import type { INestApplication } from '@nestjs/common';

/** The API reference as JSON and as a page, made when first asked for and then kept. */
export class ReferencePages {
  #app: INestApplication | undefined;
  #json: Promise<string> | undefined;
  #html: Promise<string> | undefined;

  /** The application that is described; known only after it was built. */
  describe(app: INestApplication): void {
    this.#app = app;
  }

  json(): Promise<string> {
    this.#json ??= this.#makeJson();
    return this.#json;
  }

  html(): Promise<string> {
    this.#html ??= this.#makeHtml();
    return this.#html;
  }

  async #makeJson(): Promise<string> {
    // Imported late: a start does not wait for what few requests need.
    const { createDocument } = await import('./document.js');
    if (!this.#app) throw new Error('The reference was asked for before the application was built.');
    return JSON.stringify(createDocument(this.#app));
  }

  async #makeHtml(): Promise<string> {
    const { renderReference } = await import('./render-reference.js');
    return renderReference(JSON.parse(await this.json()));
  }
}
