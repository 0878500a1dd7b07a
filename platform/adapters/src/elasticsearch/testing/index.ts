export { DECLARATIONS, type ElasticHome, elasticHome } from './elastic-home.js';
