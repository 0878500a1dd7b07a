export { addCallbacks } from './callbacks.js';
export { addLinks } from './links.js';
