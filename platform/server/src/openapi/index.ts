export { createDocument } from './document.js';
export { OpenApiController } from './openapi.controller.js';
export { toOpenApiPath } from './openapi-types.js';
export { ReferencePages } from './reference-pages.js';
