import { connectionOptions } from '../kafka-options.js';
import { withAdmin } from '../wire/kafkajs-admin.js';

/** Removes the topics and groups that a test made. */
export function removeTopics(brokers: readonly string[], prefix: string): Promise<void> {
  return withAdmin(brokers, connectionOptions({ brokers }, 10_000), async (admin) => {
    const groups = (await admin.listGroups()).groups.map(({ groupId }) => groupId);
    const ours = groups.filter((group) => group.startsWith(prefix));
    if (ours.length > 0) await admin.deleteGroups(ours);
    const topics = (await admin.listTopics()).filter((topic) => topic.startsWith(prefix));
    if (topics.length > 0) await admin.deleteTopics({ topics });
  });
}
