export { type LinkKey, type LinkKind, type OpenedLink, SignedLinks, type SignedLinksOptions } from './link-token.js';
