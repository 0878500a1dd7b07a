export { EventDocuments } from './event-documents.js';
