import { Public } from '@cdp/tenant-admin-api';
import { Controller, Get, Header } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { ReferencePages } from './reference-pages.js';

@ApiExcludeController()
@Public()
@Controller()
export class OpenApiController {
  constructor(private readonly pages: ReferencePages) {}

  @Get('openapi.json')
  @Header('content-type', 'application/json; charset=utf-8')
  @Header('access-control-allow-origin', '*')
  document(): Promise<string> {
    return this.pages.json();
  }
}
