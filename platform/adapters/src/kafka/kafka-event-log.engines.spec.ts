import { describeEventLogContract } from '@cdp/core/log/contract';
import { kafkaHome } from './testing/index.js';

/** What the contract names. */
const TOPICS = [
  'bytes',
  'spread',
  'order',
  'offsets',
  'silent',
  'again',
  'full',
  'odd',
  'closed',
  'in',
  'middle',
  'out',
];

describeEventLogContract('Kafka', () => kafkaHome(TOPICS));
