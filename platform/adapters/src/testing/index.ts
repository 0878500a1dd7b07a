export { engineAddress } from './engine-address.js';
export { type OwnEngine, ownEngine } from './own-engine.js';
