import { readFile } from 'node:fs/promises';
import { Public } from '@cdp/tenant-admin-api';
import { Controller, Get, Redirect, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { ReferencePages } from '../../openapi/reference-pages.js';

const FOLDER = new URL('../../../pages/', import.meta.url);

const TYPES = { html: 'text/html', css: 'text/css', js: 'text/javascript' };

/** Nothing from elsewhere, no inline script or style, no frames; what the page fetches comes from here. */
const CONTENT_SECURITY_POLICY = {
  useDefaults: false,
  directives: {
    defaultSrc: ["'none'"],
    styleSrc: ["'self'"],
    scriptSrc: ["'self'"],
    connectSrc: ["'self'"],
    imgSrc: ["'self'"],
    formAction: ["'self'"],
    baseUri: ["'none'"],
    frameAncestors: ["'none'"],
  },
};

/** The pages that people open in a browser: the way in and the API reference. */
@ApiExcludeController()
@Public()
@Controller()
export class PagesController {
  constructor(private readonly reference: ReferencePages) {}

  @Get('/')
  @Redirect('/admin/', 302)
  root(): void {}

  @Get('admin')
  home(@Res() reply: FastifyReply): Promise<void> {
    return sendFile(reply, 'admin.html', 'html');
  }

  @Get('admin/page.css')
  style(@Res() reply: FastifyReply): Promise<void> {
    return sendFile(reply, 'page.css', 'css');
  }

  @Get('admin/admin.js')
  script(@Res() reply: FastifyReply): Promise<void> {
    return sendFile(reply, 'admin.js', 'js');
  }

  @Get('docs')
  async docs(@Res() reply: FastifyReply): Promise<void> {
    await send(reply, await this.reference.html(), 'html');
  }
}

const sendFile = async (reply: FastifyReply, file: string, type: keyof typeof TYPES): Promise<void> =>
  send(reply, await readFile(new URL(file, FOLDER), 'utf8'), type);

async function send(reply: FastifyReply, text: string, type: keyof typeof TYPES): Promise<void> {
  // Over plain HTTP on a laptop, a promise to use TLS would lock the browser out; a TLS proxy in front makes it.
  await reply.helmet({ contentSecurityPolicy: CONTENT_SECURITY_POLICY, strictTransportSecurity: false });
  reply.header('content-type', `${TYPES[type]}; charset=utf-8`).header('cache-control', 'no-cache').send(text);
}
