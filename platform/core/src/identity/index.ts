export type { Identifier } from './identifier.js';
