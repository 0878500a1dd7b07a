export { DECLARATIONS, type ElasticHome, elasticHome } from './elastic-home.js';
export { type Happening, type Trouble, troubleBefore } from './trouble.js';
