import { connect } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import { engineAddress } from './index.js';

/** Connects and answers the first bytes that come back after sending `request`. */
async function firstBytes(address: string, request?: string | Uint8Array): Promise<Buffer> {
  const { hostname, port } = new URL(address.includes('://') ? address : `tcp://${address}`);
  return new Promise((resolve, reject) => {
    const socket = connect({ host: hostname, port: Number(port) }, () => request && socket.write(request));
    socket.once('error', reject);
    socket.once('data', (data) => {
      socket.destroy();
      resolve(data);
    });
  });
}

describe('the engines at hand', () => {
  it('has a MySQL or MariaDB that greets', async () => {
    expect((await firstBytes(engineAddress('CDP_MYSQL_URL')))[4]).toBe(10);
  });

  it('has a Redis that answers a ping', async () => {
    expect((await firstBytes(engineAddress('CDP_REDIS_URL'), 'PING\r\n')).toString()).toBe('+PONG\r\n');
  });

  it('has a Kafka that answers which versions it speaks', async () => {
    const apiVersions = Buffer.from([0, 0, 0, 10, 0, 18, 0, 0, 0, 0, 0, 7, 0xff, 0xff]);
    expect((await firstBytes(engineAddress('CDP_KAFKA_BROKERS'), apiVersions)).readUInt32BE(4)).toBe(7);
  });

  it('has an Elasticsearch in good health', async () => {
    const response = await fetch(`${engineAddress('CDP_ELASTICSEARCH_URL')}/_cluster/health`);
    expect((await response.json()) as { status: string }).toMatchObject({
      status: expect.stringMatching(/green|yellow/),
    });
  });
});
