import { errors } from '@elastic/elasticsearch';
import type { Elastic } from './elastic.js';

/** Makes an index as its template has it. Answers false when it is there, such as by another process that was first. */
export async function createIndex(elastic: Elastic, index: string): Promise<boolean> {
  return elastic.work(async (client, bounds) => {
    try {
      await client.indices.create({ index, wait_for_active_shards: 1 }, bounds);
      return true;
    } catch (error) {
      if (error instanceof errors.ResponseError && error.message.includes('resource_already_exists')) return false;
      throw error;
    }
  });
}
