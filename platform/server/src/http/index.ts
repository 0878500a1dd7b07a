export { createFastify } from './fastify-server.js';
export { ProblemFilter } from './problem.filter.js';
export { addRequestHooks } from './request-hooks.js';
export { RouteTable } from './route-table.js';
export { sendProblem } from './send-problem.js';
export { invalidBy, validationPipe } from './validation.js';
