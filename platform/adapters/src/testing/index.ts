export { engineAddress } from './engine-address.js';
