import type { ConsentPolicy, ConsentStatement } from './consent-statement.js';

/** `denied`: the person said no. `missing`: the policy asks for a yes that was not given. */
export type ConsentDecision = 'allowed' | 'denied' | 'missing';

/**
 * Whether a channel may be used for a topic (the empty string: for no topic in particular).
 *
 * - A no to the whole channel holds for every topic, until a later yes to the topic or to the channel.
 * - A no to a topic holds for that topic alone, and a yes to the channel does not take it back.
 * - A topic without a policy of its own goes by the channel's; a channel without one goes by opt-out.
 * - A yes to the channel is enough for its topics, but for one whose own policy asks to opt in.
 */
export function decideConsent(
  policies: readonly ConsentPolicy[],
  statements: readonly ConsentStatement[],
  channel: string,
  topic: string,
): ConsentDecision {
  const ofChannel = statements.find((one) => one.channel === channel && one.topic === '');
  const ofTopic = topic === '' ? undefined : statements.find((one) => one.channel === channel && one.topic === topic);
  const last = ofTopic && ofChannel ? (ofTopic.at >= ofChannel.at ? ofTopic : ofChannel) : (ofTopic ?? ofChannel);
  if (ofTopic?.status === 'denied' || last?.status === 'denied') return 'denied';

  const topicPolicy = topic === '' ? undefined : policies.find((one) => one.channel === channel && one.topic === topic);
  const policy = topicPolicy ?? policies.find((one) => one.channel === channel && one.topic === '');
  if (policy?.mode !== 'opt_in') return 'allowed';
  if (ofTopic) return ofTopic.status === 'granted' ? 'allowed' : 'missing';
  return topicPolicy === undefined && ofChannel?.status === 'granted' ? 'allowed' : 'missing';
}
