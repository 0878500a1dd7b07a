import { describe, expect, it } from '@jest/globals';
import type { ConsentPolicy, ConsentStatement } from './consent-statement.js';
import { decideConsent } from './decide-consent.js';

const said = (topic: string, status: ConsentStatement['status'], at: number): ConsentStatement => ({
  profileId: 'p',
  channel: 'email',
  topic,
  status,
  at,
  source: 'test',
});
const optIn = (topic: string): ConsentPolicy => ({ channel: 'email', topic, mode: 'opt_in' });
const optOut = (topic: string): ConsentPolicy => ({ channel: 'email', topic, mode: 'opt_out' });

describe('decideConsent', () => {
  it.each<[string, ConsentPolicy[], ConsentStatement[], string, string]>([
    ['no policy, nothing said', [], [], '', 'allowed'],
    ['opt-in, nothing said', [optIn('')], [], '', 'missing'],
    ['opt-in, asked and not yet answered', [optIn('')], [said('', 'pending', 1)], '', 'missing'],
    ['opt-in, agreed', [optIn('')], [said('', 'granted', 1)], '', 'allowed'],
    ['no policy, refused', [], [said('', 'denied', 1)], '', 'denied'],
    ['a topic goes by the policy of its channel', [optIn('')], [], 'news', 'missing'],
    ['a yes to the channel covers its topics', [optIn('')], [said('', 'granted', 1)], 'news', 'allowed'],
    ['but not one that asks by itself', [optIn('news')], [said('', 'granted', 1)], 'news', 'missing'],
    ['which a yes to the topic answers', [optIn('news')], [said('news', 'granted', 1)], 'news', 'allowed'],
    ['the policy of a topic goes before', [optIn(''), optOut('news')], [], 'news', 'allowed'],
    ['a no to one topic', [], [said('news', 'denied', 1)], 'news', 'denied'],
    [
      'that a yes to the channel does not take back',
      [],
      [said('news', 'denied', 1), said('', 'granted', 2)],
      'news',
      'denied',
    ],
    ['leaves the others', [], [said('news', 'denied', 1)], 'offers', 'allowed'],
    ['and the channel', [], [said('news', 'denied', 1)], '', 'allowed'],
    [
      'a no to the channel reaches every topic',
      [],
      [said('news', 'granted', 1), said('', 'denied', 2)],
      'news',
      'denied',
    ],
    ['until a later yes to the topic', [], [said('', 'denied', 1), said('news', 'granted', 2)], 'news', 'allowed'],
    ['which opens no other topic', [], [said('', 'denied', 1), said('news', 'granted', 2)], 'offers', 'denied'],
    ['another channel says nothing', [], [{ ...said('', 'denied', 1), channel: 'sms' }], '', 'allowed'],
  ])('%s', (_case, policies, statements, topic, decision) => {
    expect(decideConsent(policies, statements, 'email', topic)).toBe(decision);
  });
});
