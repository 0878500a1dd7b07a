export { launchTo, MAIL, messagesByName } from './launch-to.js';
export { type MessagingHome, NOW, openMessagingHome, people, personId, SEGMENT } from './messaging-home.js';
export { openTestTenancy, type TestTenancy } from './open-test-tenancy.js';
export { answerByAddress, Recorder } from './recording-plugin.js';
export { chooseTestHome, openTestDatabase, type TestHome, testHome } from './test-home.js';
