import { Public } from '@cdp/tenant-admin-api';
import { Controller, Get, Header, HttpCode, Res } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Health, type Readiness } from './health.js';
import { Metrics } from './metrics.js';

@ApiTags('operations')
@Public()
@Controller()
export class OperationsController {
  constructor(
    private readonly health: Health,
    private readonly metrics: Metrics,
  ) {}

  /** The process runs and its event loop turns. */
  @ApiOperation({ summary: 'Whether the process lives' })
  @Get('healthz')
  @HttpCode(200)
  @Header('cache-control', 'no-store')
  alive(): { status: 'ok' } {
    return { status: 'ok' };
  }

  /** It should get traffic: every store answers. */
  @ApiOperation({ summary: 'Whether the process takes work, and what its stores say' })
  @Get('readyz')
  @Header('cache-control', 'no-store')
  async ready(@Res({ passthrough: true }) reply: FastifyReply): Promise<Readiness> {
    const readiness = await this.health.readiness();
    reply.code(readiness.ready ? 200 : 503);
    return readiness;
  }

  @ApiOperation({ summary: 'Figures for Prometheus' })
  @Get('metrics')
  async scrape(@Res({ passthrough: true }) reply: FastifyReply): Promise<string> {
    reply.header('content-type', this.metrics.registry.contentType);
    return this.metrics.registry.metrics();
  }
}
