export { type MessagingHome, NOW, openMessagingHome, people, personId, SEGMENT } from './messaging-home.js';
export { openTestDatabase } from './open-test-database.js';
export { openTestTenancy, type TestTenancy } from './open-test-tenancy.js';
export { answerByAddress, Recorder } from './recording-plugin.js';
