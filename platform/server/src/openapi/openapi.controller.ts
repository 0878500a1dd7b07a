import { Controller, Get, Header } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { ReferencePages } from './reference-pages.js';

@ApiExcludeController()
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
