export { channelContract } from './channel-contract.js';
export type { Account, Behaviour, CallbackFixture, ChannelFixture, ProviderDouble } from './fixture.js';
export { type TestHost, type TestHostOptions, testHost } from './test-host.js';
