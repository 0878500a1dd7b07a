export { AudienceDocuments } from './audience-documents.js';
